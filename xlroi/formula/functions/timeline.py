"""Words that read along the timeline."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function("PRIOR", "timeline", (1, 1), "the line's value one step earlier; at step 0 its opening", shape="previous"),
    Function("CUMULATIVE", "timeline", (1, 1), "the line's sum from step 0 to the present step", shape="running"),
    Function(
        "FIRST",
        "timeline",
        (1, 1),
        "the first step at which the flag is 1; #N/A if it never is",
        shape="timeline",
        units="any",
        kinds=("flag",),
        implied=("month",),
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
    Function("EDATE", "timeline", (2, 2), "the date a whole number of months later", units="date", excel="EDATE"),
)
