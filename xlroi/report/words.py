"""Sentences that follow the numbers: a loss is called a loss, a payback that never comes is said never to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xlroi.analysis.simulate import OutputSummary, Simulation
from xlroi.analysis.swing import Swing
from xlroi.api import Result
from xlroi.model.case import Case
from xlroi.model.model import Model, Scenario
from xlroi.report.figures import figure, with_unit
from xlroi.values import NA, CellValue

__all__ = ["headline", "in_sentence", "joined", "of_case", "of_scenarios", "of_simulation", "of_swings", "output_like"]


def in_sentence(label: str) -> str:
    """A label inside a sentence: its first letter small, unless it begins with an abbreviation.

    >>> in_sentence("Net present value"), in_sentence("GPU hours")
    ('net present value', 'GPU hours')
    """
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def joined(names: Sequence[str], most: int = 12) -> str:
    """Names as a sentence lists them.

    >>> joined(["a", "b", "c"]), joined(["a", "b", "c"], 1)
    ('a, b and c', 'a and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def output_like(model: Model, name: str) -> str | None:
    """The single output of that name, or the first whose name goes on with ``_of_``: ``npv``, ``npv_of_owning``."""
    ids = [o.id for o in model.outputs if o.table is None and model.system.lines[o.id].type.kind != "text"]
    return name if name in ids else next((id for id in ids if id.startswith(f"{name}_of_")), None)


def headline(model: Model) -> str | None:
    """The figure that a memo is about: the net present value among the headlines, or the first that is a number."""
    numbers = [h for h in model.headlines if model.system.lines[h].type.kind == "number"]
    return next((h for h in numbers if h.startswith("npv")), next(iter(numbers), None))


def of_case(result: Result) -> Iterator[str]:
    """Net present value, payback and rate of return of one evaluation, each where the model has it."""
    case, model = result.case, result.case.model
    npv, profit = _of(result, "npv"), _of(result, "net_profit")
    if npv:
        yield _npv(result, *npv)
        if profit and _above(profit[1]) and _below(npv[1]):
            text = with_unit(profit[1], "money", case.currency)
            yield f"The undiscounted profit of {text} does not earn the discount rate."
    yield from _paybacks(result, model)
    yield from _rates(result)


def _of(result: Result, name: str) -> tuple[str, CellValue] | None:
    id = output_like(result.case.model, name)
    return (id, result.values.cell(id)) if id else None


def _above(value: CellValue) -> bool:
    return isinstance(value, float) and value > 0


def _below(value: CellValue) -> bool:
    return isinstance(value, float) and value < 0


def _label(result: Result, id: str) -> str:
    return in_sentence(result.case.model.texts[id].label)


def _npv(result: Result, id: str, value: CellValue) -> str:
    case, label = result.case, _label(result, id)
    if not isinstance(value, float):
        return f"The {label} has no value ({value})."
    at = ""
    if "discount_rate" in case.inputs:
        at = f" at a discount rate of {with_unit(_discount(result), '%', case.currency, given=True)} a year"
    if value == 0:
        return f"The {label} is exactly zero{at}."
    sign = "positive" if value > 0 else "negative"
    return f"The {label} is {sign}: {with_unit(value, case.model.texts[id].unit_text, case.currency)}{at}."


def _discount(result: Result) -> float:
    return result.case.inputs["discount_rate"].value(result.scenario)


def _paybacks(result: Result, model: Model) -> Iterator[str]:
    plain, discounted = _of(result, "payback_month"), _of(result, "discounted_payback_month")
    horizon = result.values.cell("horizon")
    within = f"within {with_unit(horizon, model.step, '')}" if isinstance(horizon, float) else "in time"
    if plain:
        yield _payback(plain[1], "The payback", within, model)
    if discounted and not (plain and plain[1] == NA):  # what is never paid back is not at present value either
        yield _payback(discounted[1], "Discounted, the payback", within, model)


def _payback(value: CellValue, who: str, within: str, model: Model) -> str:
    if value == NA:
        return f"{who} is never reached {within}."
    if not isinstance(value, float):
        return f"{who} has no value ({value})."
    return f"{who} is reached in {model.step} {figure(value, 'month')}."


def _rates(result: Result) -> Iterator[str]:
    found = _of(result, "irr") or _of(result, "xirr")
    if found is None:
        return
    id, value = found
    label, lines = _label(result, id), result.case.model.system.lines
    changes = result.values.cell("sign_changes") if "sign_changes" in lines else None
    if isinstance(value, float):
        said = f"The {label} is {figure(value, '%')} a year"
        if "discount_rate" in result.case.inputs and changes == 1:
            rate = _discount(result)
            than = "above" if value > rate else "below" if value < rate else "equal to"
            said += f", {than} the discount rate"
        yield said + "."
    elif changes == 0:
        yield f"There is no {label} ({value}): the cash flows never change sign."
    elif value == NA:
        yield f"No {label} is reported ({value}): the flows have none, or nearly all is lost."
    else:
        yield f"There is no {label} ({value})."
    if isinstance(changes, float) and changes > 1:
        times = with_unit(changes, "1", "")
        yield (
            f"The cash flows change sign {times} times, so that several rates of return may exist: "
            "the net present value decides, not the rate."
        )


def of_scenarios(results: Mapping[Scenario, Result], id: str) -> str:
    """Whether the sign of a figure holds in every scenario, and where it does not."""
    first = next(iter(results.values()))
    label, unit = _label(first, id), first.case.model.texts[id].unit_text
    values = {s: r.values.cell(id) for s, r in results.items()}
    bare = [s for s, v in values.items() if not isinstance(v, float)]
    if bare:
        return f"The {label} has no value in the {joined(bare)} scenario."
    below = [s for s, v in values.items() if _below(v)]
    if not below:
        return f"In none of the three scenarios is the {label} negative."
    if len(below) == len(values):
        return f"In each of the three scenarios the {label} is negative."
    said = joined([f"{s} ({with_unit(values[s], unit, first.case.currency)})" for s in below])
    return f"The {label} is negative in the {'scenarios' if len(below) > 1 else 'scenario'} {said}."


def of_swings(case: Case, id: str, found: Sequence[Swing], now: CellValue) -> Iterator[str]:
    """What the inputs that matter most do to a figure, both ends in words."""
    text = case.model.texts[id]

    def end(value: CellValue) -> str:
        return with_unit(value, text.unit_text, case.currency)

    for s in found:
        unit = case.model.inputs[s.id].unit_text
        low, high = (with_unit(v, unit, case.currency, given=True) for v in (s.low, s.high))
        label = in_sentence(text.label)
        said = f"{s.label}: at {low} the {label} is {end(s.pessimistic)}, at {high} {end(s.optimistic)}"
        if text.unit_text == "money" and _above(now) and _below(s.pessimistic):
            said += "; the pessimistic end alone turns it negative"
        elif text.unit_text == "money" and _below(now) and _above(s.optimistic):
            said += "; the optimistic end alone turns it positive"
        yield said + "."


def of_simulation(found: Simulation, currency: str) -> Iterator[str]:
    """How probable it is that each figure is above 0, and how often a payback or a rate is missing."""
    yield (
        f"{found.trials:,} draws of {len(found.inputs)} uncertain inputs (seed {found.seed}). "
        "The inputs are drawn within their ranges; what the model leaves out is not drawn."
    )
    for o in found.outputs:
        yield from _probabilities(o, found.trials, currency)
    for best in found.best:
        shares = joined([f"{name} {share:.1%}" for name, share in best.shares.items()])
        yield f"{best.label}, by share of the draws: {shares}."


def _probabilities(o: OutputSummary, trials: int, currency: str) -> Iterator[str]:
    label, missing = in_sentence(o.target.label), o.missing / trials
    if o.target.never:
        said = f"is not reached in {missing:.1%} of the draws" if o.missing else "is reached in every draw"
        yield f"The {label} {said}."
        return
    if o.missing:
        yield f"The {label} has no value in {missing:.1%} of the draws."
    if o.target.unit_text == "money" and o.missing < trials:
        low, high = (with_unit(o.percentiles[p], "money", currency) for p in (10, 90))
        share = {0.0: "in none", 1.0: "in each"}.get(o.above_zero, f"in {o.above_zero:.1%}")
        yield f"The {label} is above 0 {share} of the draws; eight in ten lie between {low} and {high}."
