"""Tables of a template: rows by name, typed columns, and the lines that every table brings along.

A number column is a leaf (what the user gives) and a line (what formulas read): a blank becomes ``#N/A`` there, loudly,
and the scenario's factor is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xlroi.formula.parse import parse
from xlroi.formula.scope import Cross, Declaration, Step, did_you_mean, name_of
from xlroi.formula.system import Draft
from xlroi.formula.tree import Call, FormulaError, Kind, Name, Type, walk
from xlroi.formula.units import DIMENSIONLESS, Unit
from xlroi.model.loading import KeyPath
from xlroi.model.model import Check, Column, Input, Period, Scenario, Series, Table
from xlroi.model.numbers import number_from
from xlroi.model.shape import ColumnShape, TableShape
from xlroi.model.timeline import PERIOD_LINES

__all__ = [
    "Parts",
    "cross_of",
    "duplicates",
    "picked",
    "scale_input",
    "series_lines",
    "table_of",
    "table_parts",
]


@dataclass
class Parts:
    """What tables and series add to a model: leaves, lines with their labels and units, factors, checks."""

    leaves: list[Declaration] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    scales: list[Input] = field(default_factory=list)
    checks: list[tuple[Check, str]] = field(default_factory=list)
    periods: dict[Period, None] = field(default_factory=dict)

    def line(self, draft: Draft, label: str, unit_text: str) -> None:
        """Add a line with what a reader sees of it."""
        self.drafts.append(draft)
        self.labels[draft.id] = (label, unit_text)


def scale_input(id: str, label: str, group: str, factors: Mapping[Scenario, float]) -> Input:
    """The factor by which a scenario scales a column or a series; 1 in the base."""
    return Input(
        f"{id}.scale",
        f"{label}: factor",
        group,
        "factor",
        DIMENSIONLESS,
        1.0,
        minimum=0.0,
        maximum=100.0,
        factors=factors,
        help="Multiplies every value; 1 leaves them as they are",
        source="By the scenario",
    )


def _scaled(id: str, formula: str, *, scaled: bool, maximum: float | None) -> str:
    if not scaled:
        return formula
    return f"MIN(1, {formula} * {id}.scale)" if maximum == 1 else f"{formula} * {id}.scale"


def series_lines(parts: Parts, series: Series, *, scaled: bool) -> None:
    """A series of its own: the line that runs along the timeline, and the check that it reaches the horizon."""
    number = PERIOD_LINES[series.period][0]
    parts.periods[series.period] = None
    parts.leaves.append(Declaration(f"{series.id}.values", Type(unit=series.unit), "input"))
    formula = _scaled(series.id, f"PERIOD({series.id}.values, {number})", scaled=scaled, maximum=series.maximum)
    line = Draft(series.id, formula, month=True, unit=series.unit, totalled="rate")
    parts.line(line, series.label, series.unit_text)
    check = Check(f"{series.id}_reaches", f"{series.label}: the series reaches the horizon", "error", "")
    parts.checks.append((check, f"FILLED({series.id}.values) >= LAST({number})"))


def cross_of(id: str, shape: TableShape, problem: Callable[[KeyPath, str], None], tables: list[str]) -> Cross | None:
    """What a cross table is made of, ``options as a``."""
    if shape.cross is None:
        return None
    parts = [text.split(" as ") for text in shape.cross]
    path: KeyPath = ("tables", id, "cross")
    if len(parts) != 2 or any(len(p) != 2 for p in parts):
        problem(path, "expected two tables with a key each, as [options as a, options as b]")
        return None
    (left, a), (right, b) = ((t.strip(), k.strip()) for t, k in parts)
    for table in (left, right):
        if table not in tables:
            problem(path, f"{table!r} is no table" + did_you_mean(table, tables))
    if shape.where not in ("", f"{a} before {b}"):
        problem((*path[:-1], "where"), f"expected '{a} before {b}' or nothing (got {shape.where!r})")
    if shape.where and left != right:
        problem((*path[:-1], "where"), "'before' compares rows of one table")
    return Cross(a, left, b, right, before=bool(shape.where))


def _ledger_shape(shape: TableShape, path: KeyPath, problem: Callable[[KeyPath, str], None]) -> None:
    """Refuse what a ledger has no use for: its rows are many, alike, and only summed."""
    if any([shape.rows, shape.row_sums, shape.cross, shape.optional, "spare" in shape.model_fields_set]):
        problem((*path, "ledger"), "a ledger has columns only: its rows are given by the case, as CSV")
    for name, column in shape.columns.items():
        if any((column.choices, column.key, column.series, column.range, column.default, column.sums_to)):
            problem((*path, "columns", name), "a column of a ledger is a number with a 'unit', or 'text: true'")
    if shape.label and (len(shape.label) > 31 or set(r"[]:*?/\'") & set(shape.label)):
        problem((*path, "label"), r"it names a sheet: at most 31 characters, and none of [ ] : * ? / \ '")
    labels = [column.label or name.replace("_", " ").capitalize() for name, column in shape.columns.items()]
    for label in duplicates(labels):
        problem((*path, "columns"), f"the label {label!r} stands twice: heads of an Excel table differ")


def table_of(
    id: str,
    shape: TableShape,
    cross: Cross | None,
    unit: Callable[[str, KeyPath], Unit],
    problem: Callable[[KeyPath, str], None],
    count: Callable[[Period], int],
    tables: list[str],
    step: Step,
) -> Table:
    """A table with its columns, checked."""
    path: KeyPath = ("tables", id)
    if cross is None and not shape.columns:
        problem(path, "a table has columns")
    if cross is not None and (shape.columns or shape.rows):
        problem(path, "a cross table has no columns or rows of its own; its lines say 'per: " + id + "'")
    if shape.ledger:
        _ledger_shape(shape, path, problem)
    if shape.optional and (cross is not None or shape.spare == 0):
        problem((*path, "optional"), "a table that may be empty has spare rows, and no cross table has any")
    columns = {
        name: _column(id, name, c, unit, problem, count, tables, step)
        for name, c in shape.columns.items()
        if name != "name"
    }
    for name, column in columns.items():
        if column.begins and (column.begins not in columns or columns[column.begins].kind != "number"):
            hint = did_you_mean(column.begins, list(columns))
            problem((*path, "columns", name, "begins"), f"{column.begins!r} is no column with a number{hint}")
    if shape.ledger:
        columns = {name: replace(column, in_ledger=True) for name, column in columns.items()}
    if "name" in shape.columns:
        problem((*path, "columns", "name"), "every table has a column 'name' already: the names of its rows")
    label = shape.label or id.replace("_", " ").capitalize()
    extra = (
        []
        if cross or shape.ledger
        else [f"{id}.same", *(f"{c.path}.astray" for c in columns.values() if c.kind in ("key", "choice"))]
    )
    extra += [f"{c.path}.short" for c in columns.values() if c.period]
    for number, names in enumerate(shape.row_sums):
        extra.append(f"{id}.sum{number + 1}")
        for name in names:
            if name not in columns or columns[name].kind != "number" or columns[name].period:
                problem((*path, "row_sums", number), f"{name!r} is no column with one number a row")
    extra += [] if cross or shape.ledger else [f"{id}.wrong"]
    sums = tuple(tuple(names) for names in shape.row_sums)
    return Table(
        id,
        label,
        shape.note,
        columns,
        shape.rows,
        0 if cross or shape.ledger else shape.spare,
        cross,
        tuple(extra),
        sums,
        shape.optional,
        shape.ledger,
    )


def _column(
    table: str,
    id: str,
    shape: ColumnShape,
    unit: Callable[[str, KeyPath], Unit],
    problem: Callable[[KeyPath, str], None],
    count: Callable[[Period], int],
    tables: list[str],
    step: Step,
) -> Column:
    path: KeyPath = ("tables", table, "columns", id)
    kinds = [shape.choices is not None, shape.key is not None, shape.text, shape.unit is not None]
    if sum(kinds) != 1:
        problem(
            path, "a column is a number with a 'unit', or has 'choices', or a 'key' into a table, or is 'text: true'"
        )
    if shape.key is not None and shape.key not in tables:
        problem((*path, "key"), f"{shape.key!r} is no table" + did_you_mean(shape.key, tables))
    if shape.series and shape.unit is None:
        problem((*path, "series"), "only a number can be a series")
    if shape.begins and shape.series != step:
        problem((*path, "begins"), f"belongs to a series with a value a {step}, the step of the template")

    def number(value: Any, key: str) -> float | None:
        try:
            return None if value is None else number_from(value)
        except ValueError as error:
            problem((*path, key), str(error))
            return None

    default: Any = shape.default
    if shape.unit is not None and default is not None:
        default = (
            tuple(number(v, "default") or 0.0 for v in default)
            if isinstance(default, list)
            else number(default, "default")
        )
    return Column(
        id,
        table,
        shape.label or id.replace("_", " ").capitalize(),
        "choice" if shape.choices else "key" if shape.key else "text" if shape.text else "number",
        shape.unit or "text",
        unit(shape.unit or "text", path),
        default,
        number(shape.min, "min"),
        number(shape.max, "max"),
        shape.integer,
        shape.unit == "date",
        shape.decision,
        tuple(shape.choices or ()),
        shape.key or "",
        shape.series,
        count(shape.series) if shape.series else 1,
        shape.begins,
        number(shape.sums_to, "sums_to"),
        shape.help,
        shape.all_or_nothing,
    )


def table_parts(parts: Parts, table: Table, shape: TableShape) -> None:
    """The leaves, lines, factors and checks of one table."""
    id, name = table.id, name_of(table.id)
    text = Type(id, kind="text")
    if table.cross:
        cross = table.cross
        for key, source in ((cross.left, cross.left_table), (cross.right, cross.right_table)):
            draft = Draft(f"{id}.{key}", f'SLOT({name_of(source)}, "{id}.{key}")', id, guarded=False)
            parts.line(draft, f"{table.label}: {key}", "text")
        both = f'OR({id}.{cross.left} = "", {id}.{cross.right} = "")'
        joined = f'IF({both}, "", {id}.{cross.left} & " – " & {id}.{cross.right})'
        parts.line(Draft(name, joined, id, guarded=False), table.label, "text")
        return
    parts.leaves.append(Declaration(name, text, "column"))
    if table.ledger:
        for column in table.columns.values():
            kind: Kind = "number" if column.kind == "number" else "text"
            parts.leaves.append(Declaration(column.path, Type(id, unit=column.unit, kind=kind), "column"))
        return
    for column in table.columns.values():
        _column_parts(parts, table, column, shape.columns[column.id])
    parts.line(Draft(f"{id}.same", f"SAME({name})", id), "Rows of this name", "1")
    for number, names in enumerate(table.row_sums, 1):
        formula = f"ABS({' + '.join(f'{id}.{name}' for name in names)} - 1) > check_tolerance"
        parts.line(Draft(f"{id}.sum{number}", formula, id), "Shares do not sum to 100%", "flag")
    wrong = [f"({id}.same > 1)", *table.extra[1:-1]]
    parts.line(Draft(f"{id}.wrong", " + ".join(wrong), id, unit=DIMENSIONLESS), "What is wrong with the row", "1")
    label = f"{table.label}: names are unique, keys and choices known, series filled, shares complete"
    check = Check(f"{id}_rows", label, "error", "")
    parts.checks.append((check, f"SUM({id}.wrong) = 0"))
    for column in table.columns.values():
        if column.sums_to is not None and column.period is None:
            label = f"{table.label}: {column.label} sums to {column.sums_to:g}"
            check = Check(f"{id}_{column.id}_sum", label, "error", "")
            parts.checks.append((check, f"ABS(SUM({column.path}) - {column.sums_to:g}) <= check_tolerance"))


def picked(formula: str) -> Iterator[tuple[str, str]]:
    """The lines among whose rows a formula picks the best, each with MIN or MAX.

    >>> list(picked("PICK_MIN(cost, vans.name)"))
    [('cost', 'MIN')]
    """
    try:
        tree = parse(formula)
    except FormulaError:
        return  # the check of the formulas will say so
    for call in walk(tree):
        if isinstance(call, Call) and call.function in ("PICK_MIN", "PICK_MAX"):
            value = call.arguments[0]
            if isinstance(value, Name):
                yield value.id, call.function[5:]


def _column_parts(parts: Parts, table: Table, column: Column, shape: ColumnShape) -> None:
    path, id = column.path, table.id
    if column.kind != "number":
        parts.leaves.append(Declaration(path, Type(id, kind="text"), "column"))
        if column.kind == "key":
            astray = f"SUM({name_of(column.key)} = {path}) <> 1"
        elif column.kind == "choice":
            astray = " + ".join(f'({path} = "{choice}")' for choice in column.choices) + " = 0"
        else:
            return
        parts.line(Draft(f"{path}.astray", astray, id), f"{column.label} unknown", "flag")
        return
    parts.leaves.append(Declaration(column.leaf, Type(id, unit=column.unit), "column"))
    if shape.range:
        factors: dict[Scenario, float] = {"optimistic": shape.range.optimistic, "pessimistic": shape.range.pessimistic}
        parts.scales.append(scale_input(path, f"{table.label}, {column.label}", "Factors of tables", factors))
    if column.begins:
        own = f"{id}.{column.begins}.own"
        if own not in parts.labels:
            count = Draft(own, f"{column.period} - {id}.{column.begins} + 1", id, month=True, totalled="rate")
            parts.line(count, f"{str(column.period).capitalize()} since its own start", "1")
        inside = f"IF(AND({own} >= 1, {own} <= last_step), PERIOD({column.leaf}, {own}), 0)"
        formula = _scaled(path, inside, scaled=bool(shape.range), maximum=column.maximum)
        line = Draft(path, formula, id, month=True, unit=column.unit, totalled="rate")
        parts.line(line, column.label, column.unit_text)
        parts.line(Draft(f"{path}.short", f"FILLED({column.leaf}) = 0", id), f"{column.label} empty", "flag")
        return
    if column.period:
        number = PERIOD_LINES[column.period][0]
        parts.periods[column.period] = None
        formula = _scaled(path, f"PERIOD({column.leaf}, {number})", scaled=bool(shape.range), maximum=column.maximum)
        line = Draft(path, formula, id, month=True, unit=column.unit, totalled="rate")
        parts.line(line, column.label, column.unit_text)
        short = Draft(f"{path}.short", f"FILLED({column.leaf}) < LAST({number})", id)
        parts.line(short, f"{column.label} too short", "flag")
        return
    value = _scaled(path, column.leaf, scaled=bool(shape.range), maximum=column.maximum)
    parts.line(
        Draft(path, f"IF(ISNUMBER({column.leaf}), {value}, NA())", id, unit=column.unit), column.label, column.unit_text
    )


def duplicates(names: list[str]) -> Iterator[str]:
    """Names that stand twice, regardless of case.

    >>> list(duplicates(["Own", "own", "Cloud"]))
    ['own']
    """
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            yield name
        seen.add(name.casefold())
