"""Words that take an axis away: over the members of a table, or (SUM) over time. Inactive rows count nowhere."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function("SUM", "aggregates", (1, None), "sum", shape="aggregate", dead="all", excel="SUM", zero_when_dead=True),
    Function(
        "SUMPRODUCT",
        "aggregates",
        (1, 4),
        "sum of the products of its arguments",
        shape="macro",
        expands="SUM(a * b)",
    ),
    Function("MIN", "aggregates", (1, None), "smallest", shape="aggregate", dead="all", excel="MIN"),
    Function("MAX", "aggregates", (1, None), "largest", shape="aggregate", dead="all", excel="MAX"),
    Function("AVERAGE", "aggregates", (1, None), "arithmetic mean", shape="aggregate", dead="all", excel="AVERAGE"),
    Function("MEDIAN", "aggregates", (1, None), "the middle value", shape="aggregate", dead="all", excel="MEDIAN"),
    Function(
        "PRODUCT", "aggregates", (1, 1), "product", shape="aggregate", units="pure", dead="first", excel="PRODUCT"
    ),
    Function("COUNT", "aggregates", (1, 1), "how many", shape="aggregate", units="any", excel="COUNT"),
    Function(
        "PERCENTILE",
        "aggregates",
        (2, 2),
        "the value below which a share of the values lies, interpolated",
        shape="aggregate",
        units="first",
        excel="PERCENTILE",
        parameters=1,
    ),
    Function(
        "LARGE",
        "aggregates",
        (2, 2),
        "the k-th largest",
        shape="aggregate",
        units="first",
        excel="LARGE",
        parameters=1,
    ),
    Function(
        "SMALL",
        "aggregates",
        (2, 2),
        "the k-th smallest",
        shape="aggregate",
        units="first",
        excel="SMALL",
        parameters=1,
    ),
)
