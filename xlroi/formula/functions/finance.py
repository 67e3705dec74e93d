"""Present values, rates of return, loans and depreciation."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function


def _flows(name: str, arity: int, summary: str, like: int, series: tuple[int, ...], *, rate: bool) -> Function:
    return Function(
        name,
        "finance",
        (arity, arity),
        summary,
        shape="timeline",
        units="rate" if rate else "like",
        zero_when_dead=True,
        series=series,
        like=(like,),
    )


def _plain(name: str, least: int, most: int, summary: str, like: tuple[int, ...], *, rate: bool = False) -> Function:
    return Function(name, "finance", (least, most), summary, units="rate" if rate else "like", excel=name, like=like)


FUNCTIONS = (
    _flows("NPV", 2, "Excel's NPV: present value with the first flow already one step away", 1, (1,), rate=False),
    _flows("XNPV", 3, "present value of dated flows on the first date, 365 days a year", 1, (1, 2), rate=False),
    _flows("IRR", 2, "rate per step at which the flows are worth 0 today, searched from a guess", 0, (0,), rate=True),
    _flows(
        "XIRR",
        3,
        "yearly rate at which the dated flows are worth 0 on the first date, searched from a guess; "
        "#N/A where the first flow is 0",
        0,
        (0, 1),
        rate=True,
    ),
    _plain("PMT", 3, 5, "the level payment of a loan: rate, periods, present value", (2, 3)),
    _plain("IPMT", 4, 6, "the interest in a period's payment: rate, period, periods, present value", (3, 4)),
    _plain("PPMT", 4, 6, "the repayment in a period's payment: rate, period, periods, present value", (3, 4)),
    _plain("FV", 3, 5, "the future value of level payments: rate, periods, payment", (2, 3)),
    _plain("PV", 3, 5, "the present value of level payments: rate, periods, payment", (2, 3)),
    _plain("NPER", 3, 5, "how many level payments repay a loan: rate, payment, present value", (1, 2, 3), rate=True),
    _plain("RATE", 3, 5, "the rate of a loan: periods, level payment, present value", (1, 2, 3), rate=True),
    _plain("SLN", 3, 3, "straight-line depreciation of a period: cost, salvage, life", (0, 1)),
    _plain("SYD", 4, 4, "sum-of-years' digits depreciation: cost, salvage, life, period", (0, 1)),
    _plain("DB", 4, 5, "fixed declining balance: cost, salvage, life, period, months of the first year", (0, 1)),
    _plain("DDB", 4, 5, "double declining balance: cost, salvage, life, period, factor", (0, 1)),
    _plain("VDB", 5, 7, "declining balance, then straight line: cost, salvage, life, from, to", (0, 1)),
)
