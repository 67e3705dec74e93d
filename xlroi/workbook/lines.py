"""The lines that only a workbook has: live inputs, totals, what changed since the build, checks and their master."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xlroi.formula.scope import Declaration, name_of
from xlroi.formula.system import Draft
from xlroi.formula.tree import Type
from xlroi.formula.units import DATE, parse_unit
from xlroi.model.model import SCENARIOS, Check, Model, Scenario

__all__ = [
    "BUILT_ON",
    "ITEM",
    "OTHERS",
    "SCENARIO",
    "SHOWN",
    "SIDE",
    "Additions",
    "as_shown",
    "bounds",
    "built",
    "changes",
    "checks",
    "chosen",
    "dated_of",
    "end_of",
    "high_of",
    "in_words",
    "live_inputs",
    "low_of",
    "number_of",
    "price_ages",
    "raw",
    "said_of",
    "shift_of",
    "totals",
]

SCENARIO = "book.scenario"
"""The leaf of the scenario switch: Base, Optimistic or Pessimistic."""

SHOWN = "book.shown"
"""The input cell of the What-If table on Scenarios: a scenario's number there wins over the switch; 0 at rest."""

ITEM = "book.item"
"""The input cells of the tornado: which input takes an end of its range, and which end; 0 at rest."""
SIDE = "book.side"

OTHERS: tuple[Scenario, ...] = SCENARIOS[1:]


@dataclass
class Additions:
    """Lines, leaves and checks that a workbook adds to its model."""

    drafts: list[Draft] = field(default_factory=list)
    leaves: list[Declaration] = field(default_factory=list)
    checks: list[tuple[Check, str]] = field(default_factory=list)

    def sum_down(self, terms: Mapping[str, str]) -> str:
        """Sums down a list, each line the one above it and its own term; the last of them, or 0."""
        so_far = "0"
        for id, term in terms.items():
            self.drafts.append(Draft(id, f"{so_far} + {term}"))
            so_far = id
        return so_far


def raw(id: str, scenario: Scenario) -> str:
    """The leaf that holds an input's value under a scenario, before the switch chooses."""
    return f"{id}.{scenario}"


def built(leaf: str) -> str:
    """The leaf that holds what an input cell held when the book was built."""
    return f"built.{leaf}"


def as_shown(scenario: Scenario) -> str:
    """A scenario as the switch shows it."""
    return scenario.capitalize()


def chosen(id: str) -> str:
    """The line with an input's value under the chosen scenario."""
    return f"chosen.{id}"


def number_of(id: str) -> str:
    """The leaf with an input's number in the tornado."""
    return f"number.{id}"


def end_of(id: str, scenario: Scenario) -> str:
    """The line with an end of an input's range: its own value under the scenario, or its chosen one."""
    return f"{scenario}.{id}"


def shift_of(id: str) -> str:
    """What a What-If table adds to an input; 0 at rest."""
    return f"shift.{id}"


def live_inputs(model: Model, *, what_if: bool) -> Additions:
    """Per input one leaf a scenario, its value under the chosen one, and the live line that What-If tables move.

    A scenario without a value of its own uses the base.
    """
    found = Additions(leaves=[Declaration(SCENARIO, Type(kind="text"), "input")])
    for scenario, sign in zip(OTHERS, ("= 2", "> 2"), strict=True):
        switch = f'{SCENARIO} = "{as_shown(scenario)}"'
        if what_if:
            switch = f"IF({SHOWN} > 0, {SHOWN} {sign}, {switch})"
        found.drafts.append(Draft(f"book.{scenario}", switch))
    for id, declared in model.inputs.items():
        found.leaves += [Declaration(raw(id, s), Type(unit=declared.unit), "input") for s in SCENARIOS]
        formula = raw(id, "base")
        for scenario in reversed(OTHERS):
            own = raw(id, scenario)
            formula = f"IF(AND(book.{scenario}, ISNUMBER({own})), {own}, {formula})"
        if not what_if or declared.is_date:
            found.drafts.append(Draft(id, formula, unit=declared.unit))
            continue
        found.drafts.append(Draft(chosen(id), formula, unit=declared.unit))
        for scenario in OTHERS:
            own = raw(id, scenario)
            found.drafts.append(
                Draft(end_of(id, scenario), f"IF(ISNUMBER({own}), {own}, {chosen(id)})", unit=declared.unit)
            )
        # The ends stand in cells of their own that no table touches: LibreOffice leaves a cell that depends on one
        # input cell of a two-way table at the table's last value.
        ends = f"IF({SIDE} = 2, {end_of(id, 'optimistic')}, {end_of(id, 'pessimistic')})"
        live = f"IF({ITEM} = {number_of(id)}, {ends}, {chosen(id)}) + {shift_of(id)}"
        found.drafts.append(Draft(id, live, unit=declared.unit))
    return found


def bounds(model: Model) -> Additions:
    """Live inputs inside their bounds, which stand beside them; a validation stops typing, but not pasting."""
    found, outside = Additions(), {}
    for id, declared in model.inputs.items():
        ends = [(low_of(id), declared.minimum, ">="), (high_of(id), declared.maximum, "<=")]
        given = [(leaf, sign) for leaf, value, sign in ends if value is not None]
        if not given:
            continue
        found.leaves += [Declaration(leaf, Type(unit=declared.unit), "constant") for leaf, _ in given]
        inside = ", ".join(f"{id} {sign} {leaf}" for leaf, sign in given)
        found.drafts.append(Draft(f"inside.{id}", f"AND({inside})"))
        outside[f"outside.{id}"] = f"(1 - inside.{id})"
    if outside:
        check = Check("inputs_inside", "Every input lies inside its bounds", "error", "See the right of Inputs")
        found.checks.append((check, f"{found.sum_down(outside)} = 0"))
    return found


BUILT_ON = "book.built_on"
"""The leaf with the day of the build; prices grow old against it."""


def price_ages(model: Model, limit: int) -> Additions:
    """Which dated prices were old at the build, and the alert that says so."""
    found = Additions(leaves=[Declaration(BUILT_ON, Type(unit=DATE), "input")])
    found.leaves.append(Declaration("book.price_age", Type(unit=parse_unit("day")), "constant"))
    prices = [id for id, declared in model.inputs.items() if declared.is_price]
    for id in prices:
        dated = dated_of(id)
        found.leaves.append(Declaration(dated, Type(unit=DATE), "input"))
        old = f"({BUILT_ON} - {dated} > book.price_age) * 1"
        found.drafts.append(Draft(f"old.{id}", f"IF(ISNUMBER({dated}), {old}, 0)"))
    label = f"Dated prices were at most {limit} days old at the build"
    check = Check("prices_young", label, "alert", "Sources and Inputs tell the date of each; look the price up again")
    found.checks.append((check, f"{found.sum_down({f'olds.{id}': f'old.{id}' for id in prices})} = 0"))
    return found


def in_words(model: Model) -> Additions:
    """Headlines that name a step which may never come, in words; and the words for never."""
    found = Additions()
    for id in model.headlines:
        text, step = model.texts[id], model.step
        if "#N/A" not in text.may_be or text.unit_text != "month":
            continue
        if not found.drafts:
            found.drafts.append(Draft("book.never", f'"not within " & FIXED(horizon, 0) & " {step}s"'))
        found.drafts.append(Draft(said_of(id), f'IF(ISNUMBER({id}), "{step} " & FIXED({id}, 0), book.never)'))
    return found


def said_of(id: str) -> str:
    """The line that says a headline in words."""
    return f"said.{id}"


def dated_of(id: str) -> str:
    """The leaf with the date of a price."""
    return f"dated.{id}"


def low_of(id: str) -> str:
    """The leaf with the least value of an input."""
    return f"least.{id}"


def high_of(id: str) -> str:
    """The leaf with the largest value of an input."""
    return f"most.{id}"


def totals(model: Model) -> list[Draft]:
    """Flows and flags sum, balances take the value at the horizon."""
    found = []
    for line in model.system.lines.values():
        if line.totalled in ("flow", "flag"):
            found.append(Draft(f"total.{line.id}", f"SUM({line.id})", line.type.table))
        elif line.totalled == "balance":
            found.append(Draft(f"total.{line.id}", f"LAST({line.id})", line.type.table))
    return found


def changes(model: Model) -> Additions:
    """What each input cell held as built, which inputs differ from it, and how many do."""
    found, terms = Additions(), {}
    for id, formula, leaves in _changed(model):
        found.leaves += [Declaration(built(leaf), of, "input") for leaf, of in leaves]
        table = None if _in_ledger(model, id) else leaves[0][1].table
        found.drafts.append(Draft(f"changed.{id}", formula, table, guarded=table is None))
        terms[f"changes.{id}"] = f"SUM(changed.{id})" if table else f"changed.{id}"
    found.drafts.append(Draft("book.changed", found.sum_down(terms)))
    said = 'FIXED(book.changed, 0) & IF(book.changed = 1, " input", " inputs") & " changed since build"'
    found.drafts.append(Draft("book.says_changed", f'IF(book.changed = 0, "As built", {said})'))
    found.drafts.append(Draft("book.stale", 'IF(book.changed = 0, "current", "STALE: inputs changed since build")'))
    return found


def _in_ledger(model: Model, id: str) -> bool:
    table = model.tables.get(id.partition(".")[0])
    return table is not None and table.ledger


def _changed(model: Model) -> Iterator[tuple[str, str, list[tuple[str, Type]]]]:
    """Id, formula and leaves of every input, series and row; a row counts once, however many of its cells changed."""

    def differ(leaves: list[str]) -> str:
        return "MIN(1, " + " + ".join(f"DIFFERS({leaf}, {built(leaf)})" for leaf in leaves) + ")"

    yield SCENARIO, f"DIFFERS({SCENARIO}, {built(SCENARIO)})", [(SCENARIO, Type(kind="text"))]
    for id, declared in model.inputs.items():
        leaves = [raw(id, s) for s in SCENARIOS]
        yield id, differ(leaves), [(leaf, Type(unit=declared.unit)) for leaf in leaves]
    for id, series in model.series.items():
        leaf = f"{id}.values"
        yield id, f"MIN(1, CHANGES({leaf}, {built(leaf)}))", [(leaf, Type(unit=series.unit))]
    for table in model.tables.values():
        if table.cross:
            continue
        if table.ledger:
            for column in table.columns.values():
                of = Type(table.id, unit=column.unit, kind="number" if column.kind == "number" else "text")
                yield column.path, f"CHANGES({column.leaf}, {built(column.leaf)})", [(column.leaf, of)]
            continue
        name = name_of(table.id)
        single = [(name, Type(table.id, kind="text"))]
        for column in table.columns.values():
            of = Type(table.id, unit=column.unit, kind="number" if column.kind == "number" else "text")
            if column.period:
                yield column.path, f"MIN(1, CHANGES({column.leaf}, {built(column.leaf)}))", [(column.leaf, of)]
            else:
                single.append((column.leaf, of))
        for start in range(0, len(single), _WIDEST):  # so that the formula stays short
            part = single[start : start + _WIDEST]
            number = f".part{start // _WIDEST + 1}" if len(single) > _WIDEST else ""
            yield f"{table.id}{number}", differ([leaf for leaf, _ in part]), part


_WIDEST = 6


def checks(model: Model, more: list[Check]) -> list[Draft]:
    """Per check: holds (an error holds not), status, and how many failed down to it, per kind; then the master."""
    found: list[Draft] = []
    failed = {"error": "0", "alert": "0"}
    for check in (*model.checks, *more):
        id = check.line
        found.append(Draft(f"holds.{id}", f"IF(ISNUMBER({id}), {id}, 0)"))
        bad = "CHECK" if check.kind == "error" else "ALERT"
        found.append(Draft(f"status.{id}", f'IF(holds.{id}, "OK", "{bad}")'))
        for kind, so_far in list(failed.items()):
            step = f" + (1 - holds.{id})" if kind == check.kind else ""
            found.append(Draft(f"{kind}s.{id}", so_far + step))
            failed[kind] = f"{kind}s.{id}"
    found.append(Draft("book.errors", failed["error"]))
    found.append(Draft("book.alerts", failed["alert"]))
    found.append(Draft("book.says_good", 'IF(book.alerts = 0, "All checks OK", "No errors")'))
    fail = 'IF(book.errors = 1, " CHECK FAILS", " CHECKS FAIL") & ": see Checks"'
    found.append(Draft("book.says_errors", f"IF(book.errors = 0, book.says_good, FIXED(book.errors, 0) & {fail})"))
    many = '"; " & FIXED(book.alerts, 0) & IF(book.alerts = 1, " alert", " alerts")'
    found.append(Draft("book.says_alerts", f'IF(book.alerts = 0, "", {many})'))
    found.append(Draft("book.master", "book.says_errors & book.says_alerts"))
    found.append(
        Draft(
            "book.says_scenario",
            f'IF(book.optimistic + book.pessimistic = 0, "", "Scenario: " & {SCENARIO} & "; ")',
        )
    )
    found.append(Draft("book.says_state", "book.says_scenario & book.says_changed"))
    return found
