"""Words that read along the timeline."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function("PRIOR", "timeline", (1, 1), "the line's value one step earlier; at step 0 its opening", shape="previous"),
    Function(
        "LAG",
        "timeline",
        (2, 2),
        "the line's value a number of steps (1 or more) earlier; 0 before step 0",
        shape="previous",
        units="first",
        implied=("step",),
    ),
    Function("CUMULATIVE", "timeline", (1, 1), "the line's sum from step 0 to the present step", shape="running"),
    Function(
        "VINTAGE",
        "timeline",
        (3, 4),
        "what is left to each step when every earlier amount is spread over its own years by a table of yearly shares; "
        "years of age, or with a line of years those that it counts",
        shape="running",
        units="first",
        implied=("month",),
    ),
    Function(
        "FIRST",
        "timeline",
        (1, 1),
        "the first step at which the flag is 1; #N/A if it never is",
        shape="timeline",
        units="any",
        kinds=("flag",),
        series=(0,),
    ),
    Function(
        "LAST",
        "timeline",
        (1, 1),
        "the line's value at the horizon",
        shape="timeline",
        units="same",
        kinds=("any",),
        result="branch",
        implied=("horizon",),
        series=(0,),
    ),
    Function(
        "RAMP",
        "timeline",
        (1, 1),
        "grows in equal steps from the decision and is 1 from that month on; 1 at once for 0",
        shape="macro",
        expands="IF(a = 0, 1, MIN(1, month / a))",
    ),
    Function(
        "GROWTH",
        "timeline",
        (1, 1),
        "smooth growth by a yearly rate; 1 in the first step",
        shape="macro",
        expands="(1 + a) ^ (MAX(month - step_months, 0) / 12)",
    ),
    Function(
        "GROWTH_STEPPED",
        "timeline",
        (1, 1),
        "growth by a yearly rate on anniversaries; 1 in the first year",
        shape="macro",
        expands="(1 + a) ^ INT(MAX(month - step_months, 0) / 12)",
    ),
    Function("EDATE", "timeline", (2, 2), "the date a whole number of months later", units="date", excel="EDATE"),
    Function(
        "EOMONTH",
        "timeline",
        (2, 2),
        "the last day of the month a whole number of months later",
        units="date",
        excel="EOMONTH",
    ),
    Function("YEAR", "timeline", (1, 1), "the calendar year of a date", units="any", excel="YEAR"),
    Function("MONTH", "timeline", (1, 1), "the calendar month of a date, 1 to 12", units="any", excel="MONTH"),
)
