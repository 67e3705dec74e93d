"""What a template's author wants to know: units, what feeds what, what nobody reads, what fails at the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlroi.engine.run import Engine
from xlroi.formula.check import ANY_UNIT
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.model.model import Model
from xlroi.values import ExcelError

__all__ = ["Findings", "inspect"]


@dataclass(frozen=True, slots=True)
class Findings:
    """``units`` maps a line to what its formula derives; ``feeds`` an output to the lines and inputs behind it.

    ``unused`` are inputs and lines that no output, check, chart or answer needs. At the template's own figures,
    ``failing`` are checks that do not hold and ``errors`` lines that are an error without declaring it.
    """

    units: dict[str, str]
    feeds: dict[str, list[str]]
    unused: list[str]
    failing: list[str]
    errors: list[str]


def inspect(model: Model) -> Findings:
    """Everything about a template that reads well in a terminal."""
    system = model.system
    own = [id for section in model.sections[1:] for id in section.lines]
    units = {}
    for id in own:
        found = system.lines[id].node.type
        units[id] = found.kind if found.kind != "number" else str(found.unit if found.unit != ANY_UNIT else "any")
    leaves = {*model.inputs, *model.constants, *(f"{s}.values" for s in model.series)}
    feeds = {}
    for output in model.outputs:
        lines = system.needed([output.id])
        read = {name for line in lines for name in system.lines[line].reads}
        feeds[output.id] = [id for id in own if id in lines and id != output.id] + sorted(read & leaves)
    wanted = [*(o.id for o in model.outputs), *model.headlines, model.answer, *(c.line for c in model.checks)]
    wanted += [id for chart in model.charts for id in (*chart.lines, *([chart.marker] if chart.marker else []))]
    wanted += [id for lines in model.profit_and_loss.values() for id in lines]
    if choice := model.optimise:
        wanted += [choice.admitted, choice.worth, *(id for limit in choice.limits for id in (limit.flow, limit.limit))]
    needed = system.needed(wanted)
    read = {name for line in needed for name in system.lines[line].reads}
    built_in = {
        "fiscal_year_end",
        model.start,
        "check_tolerance",
        "last_step",
        *(id for section in model.sections[:1] for id in section.lines),
    }
    unused = [id for id in (*model.inputs, *model.constants) if id not in read and id not in built_in]
    unused += [id for id in own if id not in needed]
    case = case_from(parse_yaml(f"model: {model.id}\n", "the template's own figures"), model)
    values = Engine(system, model.steps).evaluate(case.values())
    failing = [c.line for c in model.checks if values.cell(c.line) != 1.0]
    errors = []
    for id in own:
        kinds = {str(e) for (name, _, _), e in values.errors.items() if name == id}
        texts: Any = values.arrays[id]
        kinds |= {str(v) for v in texts.flat if isinstance(v, ExcelError)}
        if kinds - set(model.texts[id].may_be):
            errors.append(f"{id} is {', '.join(sorted(kinds))}")
    return Findings(units, feeds, unused, failing, errors)
