"""All figures of a bill at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlroi.finops.bills import Bills
from xlroi.finops.facts import Allocation
from xlroi.finops.figures.anomalies import Anomalies, anomalies
from xlroi.finops.figures.kpis import Kpi, Rate, allocation_coverage, kpis
from xlroi.finops.figures.lines import Line, behind
from xlroi.finops.figures.rules import Assumptions
from xlroi.finops.figures.savings import Saving, savings
from xlroi.finops.figures.spending import Mover, allocated, movers, spending
from xlroi.finops.figures.usage import UnitCost, Usage, unit_costs
from xlroi.finops.ledger import Measure
from xlroi.finops.overview import look_over
from xlroi.finops.profile import Verdict, verdicts

__all__ = ["Figures", "figures"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a bill says, and what it does not let one say (``remarks``)."""

    verdicts: tuple[Verdict, ...]
    kpis: tuple[Kpi, ...]
    movers: tuple[Mover, ...]
    allocated: tuple[tuple[str, Rate], ...]
    """The share of each month's cost that has an owner, where there is an allocation."""
    unit_costs: tuple[UnitCost, ...]
    anomalies: Anomalies
    savings: tuple[Saving, ...]
    evidence: tuple[tuple[str, Line], ...]
    """Names of findings and the lines behind them."""
    remarks: tuple[str, ...]


def figures(
    bills: Bills,
    *,
    tag: str = "",
    allocation: Allocation | None = None,
    usage: Sequence[Usage] = (),
    days: int = 7,
    least: Decimal = Decimal(1),
    assumptions: Assumptions | None = None,
    evidence: bool = False,
    keep_repeated: bool = False,
) -> Figures:
    """Figures of opened bills; raises :class:`InputError` where a total would be wrong.

    ``tag`` says whose a charge is; where there is an ``allocation`` of the same bills, that says what a team's units
    cost, shared cost included. ``assumptions`` ask for savings, ``evidence`` for the lines behind every finding.
    ``days`` and ``least`` are of :func:`anomalies`.
    """
    groups = look_over(bills, [Measure("undated", "bad_charge_start", "count")], keep_repeated=keep_repeated)
    undated = [(group.file, "bad_charge_start") for group in groups if group.values["undated"]]
    if undated and (error := bills.refused(dict.fromkeys(undated))):
        raise error
    judged = verdicts(groups)
    spent = spending(bills, judged, tag)
    odd = anomalies(bills, judged, days=days, least=least)
    found, remarks = savings(bills, judged, assumptions) if assumptions else ((), [])
    lines: list[tuple[str, Line]] = []
    if evidence:
        lines += [(f"anomaly {at.day} {at.service}", line) for at, line in behind(bills, judged, odd.found)]
        lines += [(saving.rule.id, line) for saving in found for line in saving.claim.lines]
    if odd.long_rows:
        remarks.append(
            f"not looked at for unusual days: {odd.long_rows:,} rows of usage that are for more than a day, or none"
        )
    if not odd.judged:
        remarks.append("no service has the four weeks of daily history by which days are judged")
    months, moved = kpis(bills, judged, spent), movers(spent)
    latest = {(m.provider, m.currency, m.month) for m in moved}
    remarks += [
        f"{k.provider}: the bill has {k.month} in part; what moved compares the part with a month"
        for k in months
        if not k.whole and (k.provider, k.currency, k.month) in latest
    ]
    return Figures(
        judged,
        months,
        moved,
        tuple(allocation_coverage(allocation)) if allocation else (),
        unit_costs(usage, allocated(allocation) if allocation else spent.cells),
        odd,
        found,
        tuple(lines),
        tuple(remarks),
    )
