"""The tree of lines behind a number, down to inputs and their sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from xlroi.engine.run import Values
from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.case import Case
from xlroi.model.model import Scenario
from xlroi.values import CellValue

__all__ = ["Explained", "explain", "rendered"]


@dataclass(frozen=True, slots=True)
class Explained:
    """One line, input or constant, and what it reads. A monthly line shows its sum or its value at the horizon.

    ``again`` marks a line whose ingredients were shown further up.
    """

    id: str
    label: str
    formula: str
    value: CellValue
    unit: str
    how: str
    source: str
    reads: tuple[Explained, ...]
    again: bool = False

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        value = str(self.value) if isinstance(self.value, str) else self.value
        return {
            "id": self.id,
            "label": self.label,
            "formula": self.formula,
            "value": value,
            "unit": self.unit,
            "shows": self.how,
            "source": self.source,
            "reads": [r.as_data() for r in self.reads],
        }


def explain(values: Values, case: Case, id: str, scenario: Scenario) -> Explained:
    """The tree behind a line, each line's ingredients shown once; raises :class:`InputError` for an unknown name."""
    model = case.model
    if id not in model.system.lines:
        known = [*model.system.lines]
        raise InputError(f"{id!r} is not a line of model {model.id!r}{did_you_mean(id, known)}")
    seen: set[str] = set()
    horizon = values.cell("horizon")

    def _value(name: str, member: int) -> tuple[str, CellValue]:
        """What a line shows of itself in one row of its table, and how."""
        line = model.system.lines[name]
        if not line.type.month:
            return "", values.cell(name, member)
        last = int(horizon) if isinstance(horizon, float) else 0
        row = values.row(name, member)[: last + 1]
        if line.totalled in ("flow", "flag") and all(isinstance(v, float) for v in row):
            return "sum over the period", sum(v for v in row if isinstance(v, float))
        return "at the horizon", row[-1]

    def _given(name: str) -> Explained:
        """What a user gave for a column of a table, row by row, or for a series."""
        id = name.removesuffix(".values")
        if id in model.series:
            series = case.series[id]
            about = ", ".join(p for p in (series.source or "no source stated", str(series.as_of or "")) if p)
            said = "; ".join(f"{v:,.10g}" for v in series.values)
            return Explained(id, model.series[id].label, "", said, model.series[id].unit_text, "series", about, ())
        table, _, column = id.partition(".")
        rows = case.tables[table]
        sources = dict.fromkeys(row.source or "no source stated" for row in rows)
        if column == "name":
            said, label, unit = "; ".join(row.name for row in rows), model.tables[table].label, "text"
        elif model.tables[table].ledger:
            declared = model.tables[table].columns[column]
            said, label, unit = f"{len(rows):,} rows of a ledger", declared.label, declared.unit_text
        else:
            declared = model.tables[table].columns[column]
            said = "; ".join(f"{row.name} {_shown(row.values[column])}" for row in rows)
            label, unit = declared.label, declared.unit_text
        return Explained(id, label, "", said, unit, "table", "; ".join(sources), ())

    def visit(name: str) -> Explained:
        if name in model.inputs:
            given = case.inputs[name]
            about = ", ".join(p for p in (given.source or "no source stated", str(given.as_of or "")) if p)
            declared = model.inputs[name]
            return Explained(name, declared.label, "", given.value(scenario), declared.unit_text, "input", about, ())
        if name in model.constants:
            constant = model.constants[name]
            return Explained(
                name, constant.label, "", constant.value, constant.unit_text, "constant", constant.source, ()
            )
        if name not in model.system.lines:
            return _given(name)
        line, text = model.system.lines[name], model.texts[name]
        if line.type.table is None:
            how, value = _value(name, 0)
        else:
            names = values.row_names(line.type.table)
            found = [(row, *_value(name, member)) for member, row in enumerate(names) if row]
            how = ", ".join(dict.fromkeys(h for _, h, _ in found if h))
            value = "; ".join(f"{row} {v:,.10g}" if isinstance(v, float) else f"{row} {v}" for row, _, v in found)
        again = name in seen
        seen.add(name)
        reads = () if again else tuple(visit(r) for r in line.reads if r != name)
        return Explained(name, text.label, text.formula, value, text.unit_text, how, "", reads, again)

    return visit(id)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_shown(v) for v in value)})"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def rendered(tree: Explained, shown: Callable[[CellValue, str], str], depth: int = 0) -> Iterator[str]:
    """The tree as indented lines."""
    how = f" ({tree.how})" if tree.how and tree.formula else ""
    head = f"{'  ' * depth}{tree.label} [{tree.id}] = {shown(tree.value, tree.unit)} {tree.unit}{how}"
    if tree.formula:
        head += f"  ← {tree.formula}"
    elif tree.how:
        head += f"  ← {tree.how}: {tree.source}"
    yield head.rstrip() + (" (see above)" if tree.again and tree.formula else "")
    for read in tree.reads:
        yield from rendered(read, shown, depth + 1)
