"""Present values and rates of return over a row of flows."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function(
        "NPV",
        "finance",
        (2, 2),
        "Excel's NPV: present value with the first flow already one step away",
        shape="timeline",
        units="second",
        zero_when_dead=True,
        series=(1,),
    ),
    Function(
        "IRR",
        "finance",
        (2, 2),
        "rate per step at which the flows are worth 0 today, searched from a guess",
        shape="timeline",
        units="rate",
        zero_when_dead=True,
        series=(0,),
    ),
    Function(
        "XIRR",
        "finance",
        (3, 3),
        "yearly rate at which the dated flows are worth 0 on the first date, searched from a guess; "
        "#N/A where the first flow is 0",
        shape="timeline",
        units="rate",
        zero_when_dead=True,
        series=(0, 1),
    ),
)
