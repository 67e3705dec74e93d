"""A case as a memo: the question, the answer, what moves it, what may go wrong, and how far it is proven."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, Literal

from xlroi.analysis.simulate import Simulation
from xlroi.analysis.swing import Swing, swings
from xlroi.api import Result, run
from xlroi.model.case import Case
from xlroi.model.model import SCENARIOS, Scenario
from xlroi.report import charts, tables, words
from xlroi.report.content import Block, Chart, Items, Memo, Paragraph, Section, Table
from xlroi.report.figures import with_unit
from xlroi.report.proving import Proven
from xlroi.version import __version__

__all__ = ["LAYOUTS", "Layout", "memo_of"]

Layout = Literal["board", "tei"]
LAYOUTS: Final[tuple[Layout, ...]] = ("board", "tei")

_MOVERS: Final = 8
_IN_WORDS: Final = 3


def memo_of(
    case: Case,
    day: date,
    layout: Layout = "board",
    *,
    proof: Proven | None = None,
    simulation: Simulation | None = None,
    settings: Sequence[str] = (),
) -> Memo:
    """The memo of a case under its own scenario; without ``proof`` it says that it is not proven.

    ``settings`` is what ``--set`` changed in the case, which the head of the memo names.

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> memo = memo_of(case_from(parse_yaml("model: roi", "case.yaml")), date(2026, 11, 21))
    >>> [section.title for section in memo.sections][:3]
    ['Question and answer', 'Figures', 'What moves the answer']
    """
    source = _Source(case, day, proof, simulation, tuple(settings))
    own = source.board() if layout == "board" else source.tei()
    kind = {"board": "Board memo", "tei": "Total economic impact"}[layout]
    return Memo(kind, case.title, source.facts(), (*own, *source.appendices()), case.owner or "xlroi", day.isoformat())


@dataclass
class _Source:
    """One run of a case under each scenario, from which every section takes its figures."""

    case: Case
    day: date
    proof: Proven | None
    simulation: Simulation | None
    settings: tuple[str, ...]

    @cached_property
    def results(self) -> dict[Scenario, Result]:
        return {s: run(self.case, s) for s in SCENARIOS}

    @property
    def result(self) -> Result:
        return self.results[self.case.scenario]

    @cached_property
    def figure(self) -> str | None:
        return words.headline(self.case.model)

    @cached_property
    def swings(self) -> list[Swing]:
        return swings(self.case, self.figure)[:_MOVERS] if self.figure else []

    def facts(self) -> tuple[tuple[str, str], ...]:
        case, model = self.case, self.case.model
        hashes = ", ".join(
            f"{what} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
            for what, text in (("case", case.text), ("template", model.text))
        )
        changed = (("Changed on the command line", ", ".join(self.settings)),) if self.settings else ()
        return (
            ("Date", self.day.isoformat()),
            ("Owner", case.owner or "not stated"),
            ("Version", case.version),
            ("Scenario", case.scenario.capitalize()),
            ("Currency", case.currency),
            ("Model", f"{model.id} {model.version}, by xlroi {__version__}"),
            ("Hashes", hashes),
            *changed,
        )

    # ---- layouts --------------------------------------------------------------------------------------------------

    def board(self) -> Iterator[Section]:
        yield Section("Question and answer", (*self.question(), *self.warnings(), *self.answer()))
        yield Section(
            "Figures", (tables.figures(self.result, self.case.model.headlines), *self.options(), *self.charts())
        )
        yield Section("What moves the answer", tuple(self.movers()))
        yield Section("Risks", (Items(tuple(self.risks())),))
        yield Section("Limits and proof", tuple(self.limits()))

    def tei(self) -> Iterator[Section]:
        """Forrester's order: benefits, costs, flexibility, risk, then the financial summary."""
        yield Section("Executive summary", (*self.question(), *self.warnings(), *self.answer()))
        yield Section("Benefits", tuple(self.flow("benefit", "total_benefit")))
        yield Section("Costs", tuple(self.flow("cost", "total_cost")))
        yield Section("Flexibility", tuple(self.named("flexibility", "future options (flexibility)")))
        yield Section("Risk", (*self.risk_adjusted(), Items(tuple(self.risks()))))
        yield Section("Financial summary", (*self.summary(), *self.options(), *self.charts()))
        yield Section("What moves the result", tuple(self.movers()))
        yield Section("Limits and proof", tuple(self.limits()))

    def appendices(self) -> Iterator[Section]:
        yield Section("Appendix A: all results", tuple(tables.all_results(self.result)), appendix=True)
        said = (
            "Value: as the scenario of this memo has it. Pessimistic and optimistic: where they differ from the base. "
            "Given by: the case, the house's standards, the command line, or the template's default."
        )
        yield Section(
            "Appendix B: assumptions", (Paragraph(said, "note"), *tables.assumptions(self.case)), appendix=True
        )

    # ---- what was asked, and the answer -----------------------------------------------------------------------------

    def question(self) -> Iterator[Block]:
        yield Paragraph(self.case.model.question)

    def answer(self) -> Iterator[Block]:
        yield Paragraph(str(self.result.values.cell(self.case.model.answer)), "lead")
        said = [*words.of_case(self.result)]
        if self.figure:
            said.append(words.of_scenarios(self.results, self.figure))
        yield Items(tuple(said))
        if self.case.description.strip():
            yield Paragraph(self.case.description)

    def warnings(self) -> Iterator[Block]:
        """An error of the model itself comes before the answer."""
        wrong = [c.label for c in self.result.failing() if c.kind == "error"]
        if wrong:
            said = words.joined(wrong)
            yield Paragraph(f"The model's own checks fail, so its figures must not be relied on: {said}.", "warning")

    # ---- figures ----------------------------------------------------------------------------------------------------

    def options(self) -> Iterator[Table]:
        """What the template compares row by row, as the options of a choice."""
        compared = self.case.model.compared
        yield from tables.by_member(self.result, [o for o in self.case.model.outputs if o.id in compared])

    def charts(self) -> Iterator[Chart]:
        yield from charts.declared(self.result)

    def movers(self) -> Iterator[Block]:
        if self.figure is None:
            yield Paragraph("The model has no headline that is a number, so nothing can be said to move it.")
            return
        label = words.in_sentence(self.case.model.texts[self.figure].label)
        now = self.result.values.cell(self.figure)
        if self.swings:
            said = [*words.of_swings(self.case, self.figure, self.swings[:_IN_WORDS], now)]
            yield Items(tuple(said))
            yield tables.swung(self.case, self.figure, self.swings)
        else:
            yield Paragraph(f"No input has a range that moves the {label}.")
        yield tables.scenarios(self.results, self.case.model.headlines)
        if tornado := charts.tornado(self.result, self.figure, self.swings):
            yield tornado
        yield charts.scenario_columns(self.results, self.figure)
        if self.simulation:
            yield from self.simulated(self.simulation)

    def simulated(self, found: Simulation) -> Iterator[Block]:
        yield Items(tuple(words.of_simulation(found, self.case.currency)))
        yield tables.simulated(found, self.case.currency)
        of_figure = next((o for o in found.outputs if o.target.path == self.figure), None)
        if of_figure and (chart := charts.histogram(self.result, of_figure)):
            yield chart

    # ---- what may go wrong ------------------------------------------------------------------------------------------

    def risks(self) -> Iterator[str]:
        case = self.case
        for check in self.result.failing():
            help_text = f" {check.help}." if check.help else ""
            yield f"{'Error' if check.kind == 'error' else 'Alert'}: this does not hold: {check.label}.{help_text}"
        if old := case.old_prices(self.day):
            said = words.joined([f"{case.model.inputs[id].label} ({as_of})" for id, as_of in old])
            yield f"Prices older than {case.max_price_age} days: {said}."
        if defaults := [s.label for s in self.swings if case.inputs[s.id].origin == "template"]:
            yield (
                f"Of the {len(self.swings)} inputs that matter most, {len(defaults)} "
                f"{'stands' if len(defaults) == 1 else 'stand'} at the template's default and not at a figure of this "
                f"case: {words.joined(defaults)}."
            )
        if unstated := self.unstated():
            yield f"The case states no source for {words.joined(unstated)}."
        if not self.proof:
            yield "The workbook of this case was not proven for this memo."
        if case.model.limitations.strip():
            yield f"The model's limitations: {case.model.limitations}"

    def unstated(self) -> list[str]:
        case, model = self.case, self.case.model
        found = [model.inputs[id].label for id, g in case.inputs.items() if g.origin == "case" and not g.source]
        found += [model.series[id].label for id, s in case.series.items() if s.origin == "case" and not s.source]
        for id, label, row in case.facts():
            if not (row.source or tables.is_default(model.tables[id.partition("[")[0]], row)):
                found.append(label)
        return found

    # ---- what TEI asks for ------------------------------------------------------------------------------------------

    def flow(self, flow: str, total: str) -> Iterator[Block]:
        found = tables.parts(self.result, flow, words.output_like(self.case.model, total))
        if found is None:
            yield Paragraph(f"The model has no total of {flow}s by month.")
            return
        yield found
        if flow == "cost":
            yield from self.line("pv_cost")
        else:
            yield Paragraph("Nominal amounts; the model has no present value of the benefits alone.", "note")

    def line(self, id: str) -> Iterator[Block]:
        if id in self.case.model.texts and id in self.case.model.system.lines:
            yield tables.figures(self.result, [id])

    def named(self, name: str, said: str) -> Iterator[Block]:
        if id := words.output_like(self.case.model, name):
            yield tables.figures(self.result, [id])
        else:
            yield Paragraph(f"The model has no figure for {said}.")

    def risk_adjusted(self) -> Iterator[Block]:
        if id := words.output_like(self.case.model, "risk_adjusted"):
            yield tables.figures(self.result, [id])
            return
        said = "The model has no risk-adjusted figure as TEI defines it."
        if self.figure:
            text, value = self.case.model.texts[self.figure], self.results["pessimistic"].values.cell(self.figure)
            shown = with_unit(value, text.unit_text, self.case.currency)
            label = words.in_sentence(text.label)
            said += f" Under the pessimistic scenario the {label} is {shown}."
        yield Paragraph(said)

    def summary(self) -> Iterator[Block]:
        model = self.case.model
        wanted = {
            "return on investment at present value": "discounted_roi",
            "return on investment": "roi",
            "net present value": "npv",
            "internal rate of return": "irr",
            "payback": "payback_month",
            "payback at present value": "discounted_payback_month",
        }
        ids = {said: words.output_like(model, name) for said, name in wanted.items()}
        present = [id for id in ids.values() if id]
        if present:
            yield tables.figures(self.result, present)
        if missing := [said for said, id in ids.items() if id is None]:
            yield Paragraph(f"The model has no figure for: {words.joined(missing)}.", "note")

    # ---- how far it may be trusted ----------------------------------------------------------------------------------

    def limits(self) -> Iterator[Block]:
        if self.proof is None:
            yield Paragraph("Not proven: the workbook of this case was not recalculated for this memo.", "warning")
        else:
            p = self.proof
            yield Paragraph(
                f"Proven on {self.day.isoformat()}: the workbook of this case was recalculated by {p.engine} "
                f"{p.version}, which xlroi did not write. {p.cells:,} formula cells agree in {p.states} states "
                "(scenarios, bounds of the inputs, spare rows, random inputs); the worst accepted difference is "
                f"{p.worst:.1e}, relative."
            )
        yield Paragraph(
            "A proof says that the workbook computes what the model says, not that the inputs are right or the model "
            "complete. Microsoft Excel was not tested."
        )
