"""A template file to a checked model; every problem of the file at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from xlroi.errors import InputError, Problem
from xlroi.formula.scope import Declaration, check_name, did_you_mean
from xlroi.formula.system import Draft, Refused, System, build_system
from xlroi.formula.tree import FormulaError, Type
from xlroi.formula.units import Unit, parse_unit
from xlroi.model.blocks import with_blocks
from xlroi.model.choice import choice_of
from xlroi.model.loading import Document, KeyPath, load_yaml, parse_yaml
from xlroi.model.model import (
    Chart,
    Check,
    Constant,
    Goal,
    Input,
    LineText,
    Matrix,
    Model,
    Output,
    Period,
    Scenario,
    Section,
    Series,
    Table,
    marker_height,
)
from xlroi.model.numbers import number_from
from xlroi.model.quantities import QUANTITIES, refused_input
from xlroi.model.schema import validated
from xlroi.model.shape import ConstantShape, GroupShape, InputShape, LineShape, SectionShape, TemplateShape
from xlroi.model.tables import Parts, cross_of, picked, scale_input, series_lines, table_of, table_parts
from xlroi.model.timeline import CHECK_TOLERANCE, FISCAL_YEAR_END, PERIOD_LINES, STEP_CONSTANTS, timeline_section
from xlroi.resources import templates

__all__ = ["load_model", "load_template", "model_from", "model_names"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def model_names() -> list[str]:
    """The models that come with xlroi."""
    return sorted(p.name.removesuffix(".yaml") for p in templates().joinpath("models").iterdir())


@cache
def load_model(name: str) -> Model:
    """A model of the package by name, read once; raises :class:`InputError` with the nearest names.

    >>> load_model("roi").outputs[0].id
    'total_cost'
    """
    if name not in model_names():
        hint = did_you_mean(name, model_names())
        raise InputError(f"unknown model {name!r}{hint}; 'xlroi models' lists them")
    text = templates().joinpath("models", f"{name}.yaml").read_text(encoding="utf-8")
    return model_from(parse_yaml(text, f"{name}.yaml"))


def load_template(path: str | Path) -> Model:
    """A model from a template file of the user's own."""
    return model_from(load_yaml(path))


def model_from(document: Document) -> Model:
    """A checked model from a template document."""
    whole = with_blocks(document)
    return _Builder(whole, validated(TemplateShape, whole)).model()


class _Builder:
    """Collects names, units and formulas, and every problem on the way."""

    def __init__(self, document: Document, template: TemplateShape) -> None:
        self.document, self.template = document, template
        self.problems: list[Problem] = []
        self.seen: dict[str, KeyPath] = {}
        self.taken: dict[str, str] = {}  # measured quantities, each by the input that takes it

    def model(self) -> Model:
        t = self.template
        parts = Parts()
        inputs = {i.id: i for i in self._inputs(parts)}
        series = self._series(parts)
        tables = self._tables(parts)
        inputs |= {scale.id: scale for scale in parts.scales}
        constants = {c.id: c for c in self._constants(parts)}
        leaves = [Declaration(i.id, Type(unit=i.unit), "input") for i in inputs.values()]
        leaves += [Declaration(c.id, Type(unit=c.unit), "constant") for c in constants.values()]
        for key in ("horizon", "start"):
            if (name := getattr(t, key)) not in inputs:
                self._problem((key,), f"{name!r} is not an input" + did_you_mean(name, list(inputs)))
        drafts, texts, kept = self._lines(self._sections(parts))
        for draft in parts.drafts:
            label, unit_text = parts.labels[draft.id]
            texts[draft.id] = LineText(draft.id, label, "Tables", unit_text, str(draft.formula))
        along = tuple(draft.id for draft in parts.drafts if draft.month)
        if along:
            kept.insert(1, Section("Series", along, "Values of the periods, month by month"))
        system = self._system([*leaves, *parts.leaves], [*parts.drafts, *drafts], tables)
        self._known(system)
        if self.problems or system is None:
            raise InputError(self.problems)
        choice = None if t.optimise is None else choice_of(t.optimise, tables, inputs, system, self._problem)
        if self.problems:
            raise InputError(self.problems)
        texts = {id: _with_unit(text, system) for id, text in texts.items()}
        checks = [Check(id, c.label, c.kind, c.help) for id, c in t.checks.items()]
        return Model(
            id=t.model,
            title=t.title,
            version=t.version,
            question=t.question,
            description=t.description.strip(),
            limitations=t.limitations.strip(),
            last_step=t.columns,
            horizon=t.horizon,
            start=t.start,
            step=t.step,
            inputs=inputs,
            series=series,
            tables=tables,
            constants=constants,
            sections=tuple(kept),
            texts=texts,
            outputs=tuple(
                Output(o, texts[o].label, texts[o].unit_text, texts[o].note, system.lines[o].type.table)
                for o in t.outputs
            ),
            headlines=tuple(t.headlines or [o for o in t.outputs if system.lines[o].type.table is None][:5]),
            answer=t.answer,
            checks=(*checks, *(check for check, _ in parts.checks)),
            matrices=tuple(Matrix(m.title, tuple(m.lines)) for m in t.matrices),
            charts=tuple(Chart(c.type, c.title, tuple(c.lines), c.marker) for c in t.charts),
            profit_and_loss={title: tuple(lines) for title, lines in t.profit_and_loss.items()},
            compared=tuple(t.compared),
            two_way=(t.two_way.across, t.two_way.down) if t.two_way else None,
            goals=tuple(Goal(g.input, g.output, number_from(g.target)) for g in t.goals),
            optimise=choice,
            system=system,
            text=self.document.text,
        )

    def _sections(self, parts: Parts) -> list[SectionShape]:
        """The timeline, the template's own sections, and the checks."""
        t = self.template
        timeline = validated(SectionShape, parse_yaml(timeline_section(t.step, t.horizon, t.start), "timeline"))
        for period in parts.periods:
            id, label, formula = PERIOD_LINES[period]
            timeline.lines[id] = LineShape(formula=formula, label=label, unit="1", per="month", totalled="rate")
        lines: dict[str, LineShape | str] = {
            id: LineShape(formula=c.formula, label=c.label, unit="flag", note=c.help) for id, c in t.checks.items()
        }
        self._ties(parts, lines)
        for check, formula in parts.checks:
            lines[check.line] = LineShape(formula=formula, label=check.label, unit="flag")
        checks = SectionShape(title="Checks", lines=lines, note="1 where the check holds")
        return [timeline, *t.sections, *self._heights(), *([checks] if lines else [])]

    def _heights(self) -> Iterator[SectionShape]:
        """How high a chart marks a step: at 0, or #N/A where there is no such step, so that nothing is drawn."""
        markers = dict.fromkeys(chart.marker for chart in self.template.charts if chart.marker)
        lines: dict[str, LineShape | str] = {
            marker_height(id): LineShape(
                formula=f"IF(ISNUMBER({id}), {id} - {id}, NA())", label="Height of the mark", may_be="#N/A"
            )
            for id in markers
        }
        if lines:
            note = "0 where there is something to mark; #N/A is not drawn"
            yield SectionShape(title="Marks on charts", lines=lines, note=note)

    def _ties(self, parts: Parts, lines: dict[str, LineShape | str]) -> None:
        """Where a line names the best row, an alert when another row is as good."""
        for section in self.template.sections:
            for id, given in section.lines.items():
                line = LineShape(formula=given) if isinstance(given, str) else given
                if "month" in (line.per or section.per):
                    continue
                for value, best in picked(line.formula):
                    label = line.label or _label(id)
                    lines[f"{id}_best"] = LineShape(formula=f"{best}({value})", label=f"{label}: its value")
                    help_text = "Of rows that are equally good the first one is named"
                    check = Check(f"{id}_tie", f"{label}: one row alone is best", "alert", help_text)
                    parts.checks.append((check, f"SUM({value} = {id}_best) <= 1"))

    def _problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def _named(self, id: str, path: KeyPath) -> None:
        try:
            check_name(id)
        except FormulaError as error:
            self._problem(path, error.message)
        if id in self.seen:
            self._problem(path, f"the name {id!r} is taken by {'.'.join(str(p) for p in self.seen[id])}")
        self.seen[id] = path

    def _unit(self, text: str, path: KeyPath) -> Unit:
        try:
            return parse_unit(text)
        except ValueError as error:
            self._problem((*path, "unit"), str(error))
            return Unit()

    def _number(self, value: Any, path: KeyPath) -> float:
        try:
            return number_from(value)
        except ValueError as error:
            self._problem(path, str(error))
            return 0.0

    def _inputs(self, parts: Parts) -> Iterator[Input]:
        own = GroupShape(title="Reporting", items={"fiscal_year_end": FISCAL_YEAR_END})
        for g, group in enumerate([*self.template.inputs, own]):
            for id, item in group.items.items():
                path: KeyPath = ("inputs", g, "items", id)
                self._named(id, path)
                if item.series:
                    if item.range:
                        parts.scales.append(scale_input(id, item.label, group.title, self._factors(item) or {}))
                    continue
                if isinstance(item.default, list):
                    self._problem((*path, "default"), "a list belongs to an input with 'series:'")
                    continue
                declared = Input(
                    id,
                    item.label,
                    group.title,
                    item.unit,
                    self._unit(item.unit, path),
                    self._number(item.default, (*path, "default")),
                    None if item.min is None else self._number(item.min, (*path, "min")),
                    None if item.max is None else self._number(item.max, (*path, "max")),
                    item.integer,
                    self._factors(item),
                    item.help,
                    item.source,
                    item.measured,
                )
                self._measured(declared, path)
                yield declared

    def _measured(self, declared: Input, path: KeyPath) -> None:
        """The quantity that an input takes is known, in the input's unit, and taken by no other input."""
        quantity = declared.measured
        if quantity and quantity not in QUANTITIES:
            hint = did_you_mean(quantity, list(QUANTITIES))
            self._problem((*path, "measured"), f"{quantity!r} is no measured quantity{hint}")
        elif quantity and (why := refused_input(quantity, declared)):
            self._problem((*path, "measured"), why)
        elif quantity and quantity in self.taken:
            self._problem((*path, "measured"), f"{quantity!r} is taken by the input {self.taken[quantity]!r}")
        self.taken[quantity] = declared.id

    def _factors(self, item: InputShape) -> dict[Scenario, float] | None:
        if item.range is None:
            return None
        return {"optimistic": item.range.optimistic, "pessimistic": item.range.pessimistic}

    def _series(self, parts: Parts) -> dict[str, Series]:
        found = {}
        for g, group in enumerate(self.template.inputs):
            for id, item in group.items.items():
                path: KeyPath = ("inputs", g, "items", id)
                if item.series is None:
                    continue
                given = item.default if isinstance(item.default, list) else [item.default]
                found[id] = Series(
                    id,
                    item.label,
                    group.title,
                    item.unit,
                    self._unit(item.unit, path),
                    tuple(self._number(v, (*path, "default")) for v in given),
                    item.series,
                    self._count(item.series),
                    None if item.min is None else self._number(item.min, (*path, "min")),
                    None if item.max is None else self._number(item.max, (*path, "max")),
                    item.integer,
                    item.help,
                    item.source,
                )
                series_lines(parts, found[id], scaled=item.range is not None)
        return found

    def _count(self, period: Period) -> int:
        """How many periods the columns reach at most."""
        months = self.template.columns * _MONTHS[self.template.step]
        length = {"month": 1, "quarter": 3, "year": 12, "fiscal_year": 12}[period]
        return -(-months // length) + (period == "fiscal_year")

    def _tables(self, parts: Parts) -> dict[str, Table]:
        shapes = self.template.tables
        found = {}
        for id, shape in shapes.items():
            self._named(id, ("tables", id))
            for column in shape.columns:
                try:
                    check_name(column)
                except FormulaError as error:
                    self._problem(("tables", id, "columns", column), error.message)
            cross = cross_of(id, shape, self._problem, list(shapes))
            found[id] = table_of(
                id, shape, cross, self._unit, self._problem, self._count, list(shapes), self.template.step
            )
            table_parts(parts, found[id], shape)
        return found

    def _constants(self, parts: Parts) -> Iterator[Constant]:
        given: dict[str, ConstantShape] = {**self.template.constants, "check_tolerance": CHECK_TOLERANCE}
        step = self.template.step
        given["last_step"] = ConstantShape(
            value=self.template.columns,
            unit="month" if step == "month" else "step",
            source="Template: the number of columns",
            label=f"Last {step} with a column",
        )
        if step != "month":
            given["step_months"] = STEP_CONSTANTS["step_months"][self.template.step]  # type: ignore[index]
        if "quarter" in parts.periods:
            given["months_per_quarter"] = STEP_CONSTANTS["months_per_quarter"]  # type: ignore[assignment]
        for id, constant in given.items():
            path: KeyPath = ("constants", id)
            self._named(id, path)
            value, unit = self._number(constant.value, (*path, "value")), self._unit(constant.unit, path)
            yield Constant(id, constant.label or _label(id), value, constant.unit, unit, constant.source)

    def _lines(self, sections: list[SectionShape]) -> tuple[list[Draft], dict[str, LineText], list[Section]]:
        drafts: list[Draft] = []
        texts: dict[str, LineText] = {}
        kept: list[Section] = []
        for s, section in enumerate(sections):
            for id, given in section.lines.items():
                line = LineShape(formula=given) if isinstance(given, str) else given
                path: KeyPath = ("sections", s - 1, "lines", id) if section.title != "Checks" else ("checks", id)
                self._named(id, path)
                table, month = self._per(line.per or section.per, (*path, "per"))
                unit_text = line.unit or section.unit
                unit = None if unit_text is None else self._unit(unit_text, path)
                totalled = line.totalled or (section.totalled if month else None)
                if month and totalled is None:
                    self._problem(path, "a monthly line says how it is totalled: flow, balance, rate or flag")
                drafts.append(Draft(id, line.formula, table, month, unit, totalled, line.opening, line.handles_errors))
                may_be = (line.may_be,) if isinstance(line.may_be, str) else tuple(line.may_be)
                texts[id] = LineText(
                    id,
                    line.label or _label(id),
                    section.title,
                    unit_text or "",
                    line.formula,
                    line.note,
                    may_be,
                    self._place(path),
                )
            kept.append(Section(section.title, tuple(section.lines), section.note))
        return drafts, texts, kept

    def _place(self, path: KeyPath) -> str:
        line = self.document.line(path)
        return f"{self.document.file}:{line}" if line else self.document.file

    def _per(self, per: str, path: KeyPath) -> tuple[str | None, bool]:
        """The table and whether the line runs along the timeline, from ``options, month``."""
        table, month = None, False
        for axis in (a.strip() for a in per.split(",")):
            if axis == "month":
                month = True
            elif axis in self.template.tables and table is None:
                table = axis
                if self.template.tables[axis].ledger:
                    self._problem(path, f"{axis!r} is a ledger: it has no lines of its own, its rows are only summed")
            elif axis != "none":
                known = ["month", "none", *self.template.tables]
                why = "a line has one table" if axis in known else f"{axis!r} is no axis"
                self._problem(
                    path, f"{why}; one of {', '.join(known)}, or a table and month" + did_you_mean(axis, known)
                )
        return table, month

    def _system(self, leaves: list[Declaration], drafts: list[Draft], tables: dict[str, Table]) -> System | None:
        try:
            return build_system(
                leaves,
                drafts,
                {t.id: t.cross for t in tables.values()},
                self.template.step,
                [t.id for t in tables.values() if t.ledger],
            )
        except Refused as refused:
            for problem in refused.problems:
                path = self.seen.get(problem.id, ("tables", *problem.id.split(".")[:1]))
                self._problem((*path, "formula"), problem.error.message)
            return None

    def _known(self, system: System | None) -> None:
        if system is None:
            return
        t, lines = self.template, list(system.lines)
        named = [(("outputs", i), n) for i, n in enumerate(t.outputs)]
        named += [(("headlines", i), n) for i, n in enumerate(t.headlines)] + [(("answer",), t.answer)]  # type: ignore[list-item]
        for i, chart in enumerate(t.charts):
            named += [(("charts", i), n) for n in (*chart.lines, *([chart.marker] if chart.marker else []))]
        matrices = [(("matrices", i), n) for i, matrix in enumerate(t.matrices) for n in matrix.lines]
        for place, name in matrices:
            if name in system.lines and not system.lines[name].type.month:
                self._problem(place, f"{name!r} is a single value; a line that runs along the timeline belongs here")
        for i, name in enumerate(t.outputs):
            if name in system.lines and system.lines[name].type.month:
                self._problem(("outputs", i), f"{name!r} runs along the timeline; one value (a row) belongs here")
        for path, name in [*named, *matrices]:
            if name not in system.lines:
                self._problem(path, f"{name!r} is not a line" + did_you_mean(name, lines))
            elif path[0] in ("headlines", "answer") and system.lines[name].type != Type(
                unit=system.lines[name].type.unit, kind=system.lines[name].type.kind
            ):
                self._problem(path, f"{name!r} runs along {system.lines[name].type.axes}; a single value belongs here")
        for title, names in t.profit_and_loss.items():
            for name in names:
                if name not in system.lines or not system.lines[name].type.month or system.lines[name].type.table:
                    self._problem(("profit_and_loss", title), f"{name!r} is not a monthly line without a table")
        self._what_ifs(system)
        for id in t.checks:
            if system.lines[id].type.kind != "flag":
                self._problem(("checks", id), "a check is a condition: compare, as ABS(a - b) <= tolerance")

    def _what_ifs(self, system: System) -> None:
        """Scenarios compares outputs of tables; the two-way table and the break-evens vary inputs that are numbers."""
        t, inputs = self.template, [id for id in system.scope.names if id in self.seen and id not in system.lines]
        for i, name in enumerate(t.compared):
            if name not in t.outputs or system.lines[name].type.table is None:
                self._problem(("compared", i), f"{name!r} is not an output of a table")
        named = [] if t.two_way is None else [(("two_way", k), getattr(t.two_way, k)) for k in ("across", "down")]
        named += [(("goals", i, "input"), goal.input) for i, goal in enumerate(t.goals)]  # type: ignore[misc]
        for path, name in named:
            if name not in inputs or system.scope.names[name].type.kind != "number":
                self._problem(path, f"{name!r} is not an input" + did_you_mean(name, inputs))
        for i, goal in enumerate(t.goals):
            if goal.output not in t.outputs:
                self._problem(("goals", i, "output"), f"{goal.output!r} is not an output")
            self._number(goal.target, ("goals", i, "target"))


def _with_unit(text: LineText, system: System) -> LineText:
    if text.unit_text or system.lines[text.id].type.kind == "text":
        return text
    unit = system.lines[text.id].type.unit
    return LineText(text.id, text.label, text.section, str(unit), text.formula, text.note, text.may_be, text.place)


def _label(id: str) -> str:
    return id.replace("_", " ").capitalize()
