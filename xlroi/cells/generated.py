"""Worksheet functions, generated from workbook_templates/functions.yaml: do not edit.

python tools/worksheet_functions.py --write  writes this module; a test compares it with the catalogue.
Importing it loads the standard library alone.
"""

# ruff: noqa: ARG005, E501, N802
from __future__ import annotations

from typing import Any

from xlroi.cells import routines
from xlroi.cells import words as xl
from xlroi.cells.runtime import Parameter, Spec, call, within

__all__ = [
    "AI_AMORTISED_TRAINING_COST",
    "AI_API_COST",
    "AI_BREAKEVEN_HOURS",
    "AI_BREAKEVEN_UTILISATION",
    "AI_CASE",
    "AI_CHECKPOINT_INTERVAL",
    "AI_CROSSOVER",
    "AI_DEPRECIATION",
    "AI_ERLANG_C",
    "AI_GPU_HOUR_COST",
    "AI_IRR",
    "AI_NPV",
    "AI_PAYBACK",
    "AI_PAYBACK_FLOWS",
    "AI_PRICE",
    "AI_PRICE_DATE",
    "AI_PRICE_SOURCE",
    "AI_RESERVED_BREAKEVEN",
    "AI_RESERVED_RATE",
    "AI_RESIDUAL",
    "AI_RETRAIN_INTERVAL",
    "AI_REVIEWERS",
    "AI_RISK_ADJUSTED",
    "AI_ROI",
    "AI_SAVINGS_RATE",
    "AI_SCHEDULE",
    "AI_SERVING_SERVERS",
    "AI_SIMULATE",
    "AI_SPOT_PRICE",
    "AI_TCO",
    "AI_TOKEN_COST",
    "AI_TORNADO",
    "AI_TRAINING_COST",
    "AI_TRAINING_ENERGY_COST",
    "AI_TRAINING_FLOPS",
    "AI_TRAINING_GPU_HOURS",
    "AI_XIRR",
    "AI_XNPV",
    "SPECS",
]


hours_per_year = 8760.0  # h/year: 365 days of 24 hours
hours_per_mean_year = 8766.0  # h/year: 365.25 days of 24 hours, as Cottier et al. 2024 count
seconds_per_hour = 3600.0  # s/h: definition
flop_per_tflop = 1000000000000.0  # FLOP/TFLOP: definition
tokens_per_mtok = 1000000.0  # token/Mtok: definition
flop_per_parameter_token = 6.0  # FLOP/(parameter token): Kaplan et al. 2020: 2 forward, 4 backward
one_year = 1.0  # year: to take a year's unit from a rate a year


def _ai_tco(
    acquisition: float,
    monthly_operation: float,
    months: float,
    disposal: float,
    annual_rate: float,
    annual_growth: float,
) -> float:
    ratio = xl.power(xl.divide(1.0 + annual_growth, 1.0 + annual_rate), xl.divide(1.0, 12.0))
    first_month = xl.divide(monthly_operation, xl.power(1.0 + annual_rate, xl.divide(1.0, 12.0)))
    return (
        acquisition
        + first_month
        * (
            months
            if xl.compare(ratio, "=", 1.0)
            else xl.divide(
                (
                    months
                    * xl.ln(ratio)
                    * (
                        1.0
                        + xl.divide(months * xl.ln(ratio), 2.0)
                        * (1.0 + xl.divide(months * xl.ln(ratio), 3.0) * (1.0 + xl.divide(months * xl.ln(ratio), 4.0)))
                    )
                    if xl.compare(abs(months * xl.ln(ratio)), "<", 0.001)
                    else xl.power(ratio, months) - 1.0
                ),
                ratio - 1.0,
            )
        )
        + xl.divide(disposal, xl.power(1.0 + annual_rate, xl.divide(months, 12.0)))
    )


_AI_TCO = Spec(
    "AI_TCO",
    "Lifecycle",
    "Total (present) cost of owning - acquisition, monthly operation and disposal. Without a rate nothing is discounted; with one, costs of a month count at its end.",
    (
        Parameter("acquisition", "number", "Paid today", required=True),
        Parameter("monthly_operation", "number", "Cost of the first month, paid at its end", required=True),
        Parameter("months", "number", "How many months", required=True, whole=True, bounds=within((">=", 0.0))),
        Parameter("disposal", "number", "Cost of disposal at the end; a residual value is negative", default=0.0),
        Parameter("annual_rate", "number", "Discount rate, effective a year", default=0.0, bounds=within((">", -1.0))),
        Parameter(
            "annual_growth",
            "number",
            "Growth of the monthly cost a year, smooth",
            default=0.0,
            bounds=within((">", -1.0)),
        ),
    ),
    _ai_tco,
)


def AI_TCO(
    acquisition: Any,
    monthly_operation: Any,
    months: Any,
    disposal: Any = None,
    annual_rate: Any = None,
    annual_growth: Any = None,
) -> Any:
    """Total (present) cost of owning - acquisition, monthly operation and disposal. Without a rate nothing is discounted; with one, costs of a month count at its end.

    acquisition: Paid today, money
    monthly_operation: Cost of the first month, paid at its end, money/month
    months: How many months, month
    disposal: Cost of disposal at the end; a residual value is negative, money (default 0)
    annual_rate: Discount rate, effective a year, % (default 0)
    annual_growth: Growth of the monthly cost a year, smooth, % (default 0)

    >>> f"{AI_TCO(150000, 15000, 24):.8g}"
    '510000'

    Source of the example: Deep Learning ROI Calculator, example 1.
    """
    return call(
        _AI_TCO,
        (
            acquisition,
            monthly_operation,
            months,
            disposal,
            annual_rate,
            annual_growth,
        ),
    )


def _ai_roi(total_benefit: float, total_cost: float) -> float:
    return xl.divide(total_benefit - total_cost, total_cost)


_AI_ROI = Spec(
    "AI_ROI",
    "Return",
    "Return on investment, (benefit - cost) / cost.",
    (
        Parameter("total_benefit", "number", "All benefits", required=True),
        Parameter("total_cost", "number", "All costs", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_roi,
)


def AI_ROI(total_benefit: Any, total_cost: Any) -> Any:
    """Return on investment, (benefit - cost) / cost.

    total_benefit: All benefits, money
    total_cost: All costs, money

    >>> f"{AI_ROI(1080000, 510000):.8g}"
    '1.1176471'

    Source of the example: Deep Learning ROI Calculator, example 1.
    """
    return call(
        _AI_ROI,
        (
            total_benefit,
            total_cost,
        ),
    )


def _ai_payback(initial: float, monthly_net: float, ramp_months: float) -> float:
    paid = xl.divide(initial, monthly_net) if xl.compare(monthly_net, ">", 0.0) else 0.0
    ramped = xl.whole(ramp_months)
    earned = xl.divide(
        xl.divide(ramped * (ramped + 1.0), 2.0), (ramp_months if xl.compare(ramp_months, ">", 1.0) else 1.0)
    )
    whole = xl.whole(xl.divide(xl.sqrt(1.0 + 8.0 * paid * ramp_months) - 1.0, 2.0))
    return (
        0.0
        if xl.compare(initial, "=", 0.0)
        else (
            xl.not_available()
            if xl.compare(monthly_net, "<=", 0.0)
            else (
                whole + xl.divide(paid * ramp_months - xl.divide(whole * (whole + 1.0), 2.0), whole + 1.0)
                if xl.compare(paid, "<=", earned)
                else ramped + paid - earned
            )
        )
    )


_AI_PAYBACK = Spec(
    "AI_PAYBACK",
    "Return",
    "Months until the monthly net benefit has paid the initial cost back, interpolated inside the month; #N/A if never. With a ramp month m earns m/ramp of the full benefit.",
    (
        Parameter("initial", "number", "Initial cost", required=True, bounds=within((">=", 0.0))),
        Parameter("monthly_net", "number", "Full net benefit of a month", required=True),
        Parameter("ramp_months", "number", "Months until the full benefit", default=0.0, bounds=within((">=", 0.0))),
    ),
    _ai_payback,
)


def AI_PAYBACK(initial: Any, monthly_net: Any, ramp_months: Any = None) -> Any:
    """Months until the monthly net benefit has paid the initial cost back, interpolated inside the month; #N/A if never. With a ramp month m earns m/ramp of the full benefit.

    initial: Initial cost, money
    monthly_net: Full net benefit of a month, money/month
    ramp_months: Months until the full benefit, month (default 0)

    >>> f"{AI_PAYBACK(150000, 30000):.8g}"
    '5'

    Source of the example: 150,000 / (45,000 - 15,000).
    """
    return call(
        _AI_PAYBACK,
        (
            initial,
            monthly_net,
            ramp_months,
        ),
    )


_AI_PAYBACK_FLOWS = Spec(
    "AI_PAYBACK_FLOWS",
    "Return",
    "Months until the cumulative flow becomes and stays 0 or more, interpolated inside the month; the first flow is today's. #N/A if never.",
    (Parameter("flows", "numbers", "Net flow of month 0, 1, 2 and so on", required=True),),
    routines.payback_flows,
)


def AI_PAYBACK_FLOWS(flows: Any) -> Any:
    """Months until the cumulative flow becomes and stays 0 or more, interpolated inside the month; the first flow is today's. #N/A if never.

    flows: Net flow of month 0, 1, 2 and so on, money

    >>> f"{AI_PAYBACK_FLOWS([-1000, 400, 400, 400]):.8g}"
    '2.5'

    Source of the example: 1,000 = 400 + 400 + half of 400.
    """
    return call(_AI_PAYBACK_FLOWS, (flows,))


_AI_NPV = Spec(
    "AI_NPV",
    "Return",
    "Present value of monthly flows at an effective annual rate. As in Excel's NPV the first flow is one month away: add today's flow apart.",
    (
        Parameter(
            "annual_rate", "number", "Discount rate, effective a year", required=True, bounds=within((">", -1.0))
        ),
        Parameter("monthly_flows", "numbers", "Flow at the end of month 1, 2 and so on", required=True),
    ),
    routines.npv,
)


def AI_NPV(annual_rate: Any, monthly_flows: Any) -> Any:
    """Present value of monthly flows at an effective annual rate. As in Excel's NPV the first flow is one month away: add today's flow apart.

    annual_rate: Discount rate, effective a year, %
    monthly_flows: Flow at the end of month 1, 2 and so on, money

    >>> f"{AI_NPV(2.138428376721, [-10000, 3000, 4200, 6800]):.8g}"
    '1188.4434'

    Source of the example: Microsoft's NPV example, 10% a step, here a month.
    """
    return call(
        _AI_NPV,
        (
            annual_rate,
            monthly_flows,
        ),
    )


_AI_XNPV = Spec(
    "AI_XNPV",
    "Return",
    "Present value of dated flows on the first date, 365 days a year; rates from -100% on, where Excel's refuses negative ones.",
    (
        Parameter("rate", "number", "Discount rate, effective a year", required=True, bounds=within((">", -1.0))),
        Parameter("flows", "numbers", "The flows", required=True),
        Parameter("dates", "dates", "A date for each flow, none before the first", required=True),
    ),
    routines.xnpv,
)


def AI_XNPV(rate: Any, flows: Any, dates: Any) -> Any:
    """Present value of dated flows on the first date, 365 days a year; rates from -100% on, where Excel's refuses negative ones.

    rate: Discount rate, effective a year, %
    flows: The flows, money
    dates: A date for each flow, none before the first, date

    >>> f"{AI_XNPV(0.09, [-10000, 2750, 4250, 3250, 2750], [39448, 39508, 39751, 39859, 39904]):.8g}"
    '2086.6476'

    Source of the example: Microsoft's XNPV example.
    """
    return call(
        _AI_XNPV,
        (
            rate,
            flows,
            dates,
        ),
    )


_AI_XIRR = Spec(
    "AI_XIRR",
    "Return",
    "Yearly rate at which dated flows are worth 0. #NUM! where no rate or more than one does it; Excel's XIRR then gives 0 or any of them.",
    (
        Parameter("flows", "numbers", "The flows", required=True),
        Parameter("dates", "dates", "A date for each flow, none before the first", required=True),
    ),
    routines.xirr,
)


def AI_XIRR(flows: Any, dates: Any) -> Any:
    """Yearly rate at which dated flows are worth 0. #NUM! where no rate or more than one does it; Excel's XIRR then gives 0 or any of them.

    flows: The flows, money
    dates: A date for each flow, none before the first, date

    >>> f"{AI_XIRR([-10000, 2750, 4250, 3250, 2750], [39448, 39508, 39751, 39859, 39904]):.8g}"
    '0.37336253'

    Source of the example: Microsoft's XIRR example.
    """
    return call(
        _AI_XIRR,
        (
            flows,
            dates,
        ),
    )


_AI_IRR = Spec(
    "AI_IRR",
    "Return",
    "Rate a step at which flows are worth 0 today. #NUM! where no rate or more than one does it.",
    (Parameter("flows", "numbers", "Flow of step 0, 1, 2 and so on", required=True),),
    routines.irr,
)


def AI_IRR(flows: Any) -> Any:
    """Rate a step at which flows are worth 0 today. #NUM! where no rate or more than one does it.

    flows: Flow of step 0, 1, 2 and so on, money

    >>> f"{AI_IRR([-70000, 12000, 15000, 18000, 21000, 26000]):.8g}"
    '0.086630948'

    Source of the example: Microsoft's IRR example.
    """
    return call(_AI_IRR, (flows,))


def _ai_risk_adjusted(value: float, risk: float, is_cost: bool) -> float:
    return value * (1.0 + risk) if is_cost else value * (1.0 - risk)


_AI_RISK_ADJUSTED = Spec(
    "AI_RISK_ADJUSTED",
    "Return",
    "A benefit lowered, or a cost raised, by its risk (Forrester TEI).",
    (
        Parameter("value", "number", "Benefit or cost", required=True),
        Parameter(
            "risk",
            "number",
            "Risk adjustment, probability times impact",
            required=True,
            bounds=within((">=", 0.0), ("<=", 1.0)),
        ),
        Parameter("is_cost", "flag", "TRUE for a cost", default=False),
    ),
    _ai_risk_adjusted,
)


def AI_RISK_ADJUSTED(value: Any, risk: Any, is_cost: Any = None) -> Any:
    """A benefit lowered, or a cost raised, by its risk (Forrester TEI).

    value: Benefit or cost, money
    risk: Risk adjustment, probability times impact, %
    is_cost: TRUE for a cost (default 0)

    >>> f"{AI_RISK_ADJUSTED(100000, 0.198):.8g}"
    '80200'

    Source of the example: Forrester TEI: 66% x 30% takes 19.8% off.
    """
    return call(
        _AI_RISK_ADJUSTED,
        (
            value,
            risk,
            is_cost,
        ),
    )


def _ai_crossover(
    own_upfront: float, own_monthly: float, rent_monthly: float, own_annual_growth: float, rent_annual_growth: float
) -> float:
    own_ratio = xl.power(1.0 + own_annual_growth, xl.divide(1.0, 12.0))
    rent_ratio = xl.power(1.0 + rent_annual_growth, xl.divide(1.0, 12.0))

    def holds(month_of_it: float) -> bool:
        return xl.compare(
            own_upfront
            + own_monthly
            * (
                month_of_it
                if xl.compare(own_ratio, "=", 1.0)
                else xl.divide(
                    (
                        month_of_it
                        * xl.ln(own_ratio)
                        * (
                            1.0
                            + xl.divide(month_of_it * xl.ln(own_ratio), 2.0)
                            * (
                                1.0
                                + xl.divide(month_of_it * xl.ln(own_ratio), 3.0)
                                * (1.0 + xl.divide(month_of_it * xl.ln(own_ratio), 4.0))
                            )
                        )
                        if xl.compare(abs(month_of_it * xl.ln(own_ratio)), "<", 0.001)
                        else xl.power(own_ratio, month_of_it) - 1.0
                    ),
                    own_ratio - 1.0,
                )
            ),
            "<=",
            rent_monthly
            * (
                month_of_it
                if xl.compare(rent_ratio, "=", 1.0)
                else xl.divide(
                    (
                        month_of_it
                        * xl.ln(rent_ratio)
                        * (
                            1.0
                            + xl.divide(month_of_it * xl.ln(rent_ratio), 2.0)
                            * (
                                1.0
                                + xl.divide(month_of_it * xl.ln(rent_ratio), 3.0)
                                * (1.0 + xl.divide(month_of_it * xl.ln(rent_ratio), 4.0))
                            )
                        )
                        if xl.compare(abs(month_of_it * xl.ln(rent_ratio)), "<", 0.001)
                        else xl.power(rent_ratio, month_of_it) - 1.0
                    ),
                    rent_ratio - 1.0,
                )
            ),
        )

    month_of_it = 1.0 if xl.compare(own_upfront, "<=", 0.0) else xl.first_whole(1.0, 1200, holds)
    dearer = (
        own_upfront
        + own_monthly
        * (
            month_of_it - 1.0
            if xl.compare(own_ratio, "=", 1.0)
            else xl.divide(
                (
                    (month_of_it - 1.0)
                    * xl.ln(own_ratio)
                    * (
                        1.0
                        + xl.divide((month_of_it - 1.0) * xl.ln(own_ratio), 2.0)
                        * (
                            1.0
                            + xl.divide((month_of_it - 1.0) * xl.ln(own_ratio), 3.0)
                            * (1.0 + xl.divide((month_of_it - 1.0) * xl.ln(own_ratio), 4.0))
                        )
                    )
                    if xl.compare(abs((month_of_it - 1.0) * xl.ln(own_ratio)), "<", 0.001)
                    else xl.power(own_ratio, month_of_it - 1.0) - 1.0
                ),
                own_ratio - 1.0,
            )
        )
        - rent_monthly
        * (
            month_of_it - 1.0
            if xl.compare(rent_ratio, "=", 1.0)
            else xl.divide(
                (
                    (month_of_it - 1.0)
                    * xl.ln(rent_ratio)
                    * (
                        1.0
                        + xl.divide((month_of_it - 1.0) * xl.ln(rent_ratio), 2.0)
                        * (
                            1.0
                            + xl.divide((month_of_it - 1.0) * xl.ln(rent_ratio), 3.0)
                            * (1.0 + xl.divide((month_of_it - 1.0) * xl.ln(rent_ratio), 4.0))
                        )
                    )
                    if xl.compare(abs((month_of_it - 1.0) * xl.ln(rent_ratio)), "<", 0.001)
                    else xl.power(rent_ratio, month_of_it - 1.0) - 1.0
                ),
                rent_ratio - 1.0,
            )
        )
    )
    gained = rent_monthly * xl.power(rent_ratio, month_of_it - 1.0) - own_monthly * xl.power(
        own_ratio, month_of_it - 1.0
    )
    return 0.0 if xl.compare(own_upfront, "<=", 0.0) else month_of_it - 1.0 + xl.divide(dearer, gained)


_AI_CROSSOVER = Spec(
    "AI_CROSSOVER",
    "Own or rent",
    "First month at which the cumulative cost of owning falls to that of renting, undiscounted, linear inside the month (with growth they may part again); #N/A if never within 1,200 months.",
    (
        Parameter("own_upfront", "number", "Paid today for owning", required=True),
        Parameter("own_monthly", "number", "Running cost of owning in the first month", required=True),
        Parameter("rent_monthly", "number", "Rent of the first month", required=True),
        Parameter(
            "own_annual_growth",
            "number",
            "Growth of the running cost a year, smooth",
            default=0.0,
            bounds=within((">", -1.0)),
        ),
        Parameter(
            "rent_annual_growth", "number", "Growth of the rent a year, smooth", default=0.0, bounds=within((">", -1.0))
        ),
    ),
    _ai_crossover,
)


def AI_CROSSOVER(
    own_upfront: Any, own_monthly: Any, rent_monthly: Any, own_annual_growth: Any = None, rent_annual_growth: Any = None
) -> Any:
    """First month at which the cumulative cost of owning falls to that of renting, undiscounted, linear inside the month (with growth they may part again); #N/A if never within 1,200 months.

    own_upfront: Paid today for owning, money
    own_monthly: Running cost of owning in the first month, money/month
    rent_monthly: Rent of the first month, money/month
    own_annual_growth: Growth of the running cost a year, smooth, % (default 0)
    rent_annual_growth: Growth of the rent a year, smooth, % (default 0)

    >>> f"{AI_CROSSOVER(833806, 635.1, 71773.6):.8g}"
    '11.720883'

    Source of the example: Lenovo LP2225 at 730 hours a month: 833,806 / (71,773.60 - 635.10).
    """
    return call(
        _AI_CROSSOVER,
        (
            own_upfront,
            own_monthly,
            rent_monthly,
            own_annual_growth,
            rent_annual_growth,
        ),
    )


def _ai_breakeven_hours(capex: float, own_hourly: float, rent_hourly: float) -> float:
    return xl.divide(
        capex, (rent_hourly - own_hourly if xl.compare(rent_hourly, ">", own_hourly) else xl.not_available())
    )


_AI_BREAKEVEN_HOURS = Spec(
    "AI_BREAKEVEN_HOURS",
    "Own or rent",
    "Hours of use after which owning is cheaper than renting; #N/A if never.",
    (
        Parameter("capex", "number", "Price of the machine", required=True, bounds=within((">=", 0.0))),
        Parameter("own_hourly", "number", "Running cost of an hour", required=True, bounds=within((">=", 0.0))),
        Parameter("rent_hourly", "number", "Rent of an hour", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_breakeven_hours,
)


def AI_BREAKEVEN_HOURS(capex: Any, own_hourly: Any, rent_hourly: Any) -> Any:
    """Hours of use after which owning is cheaper than renting; #N/A if never.

    capex: Price of the machine, money
    own_hourly: Running cost of an hour, money/h
    rent_hourly: Rent of an hour, money/h

    >>> f"{AI_BREAKEVEN_HOURS(833806, 0.87, 98.32):.8g}"
    '8556.2442'

    Source of the example: Lenovo Press LP2225, 2025-05-23.
    """
    return call(
        _AI_BREAKEVEN_HOURS,
        (
            capex,
            own_hourly,
            rent_hourly,
        ),
    )


def _ai_breakeven_utilisation(annual_owned_cost: float, gpus: float, rent_gpu_hour: float) -> float:
    return xl.divide(annual_owned_cost, gpus * hours_per_year * rent_gpu_hour)


_AI_BREAKEVEN_UTILISATION = Spec(
    "AI_BREAKEVEN_UTILISATION",
    "Own or rent",
    "Share of all hours that owned GPUs must be used for to cost no more than renting; above 1 owning never pays.",
    (
        Parameter("annual_owned_cost", "number", "Cost of owning a year", required=True, bounds=within((">=", 0.0))),
        Parameter("gpus", "number", "Number of GPUs", required=True, bounds=within((">=", 0.0))),
        Parameter("rent_gpu_hour", "number", "Rent of a GPU-hour", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_breakeven_utilisation,
)


def AI_BREAKEVEN_UTILISATION(annual_owned_cost: Any, gpus: Any, rent_gpu_hour: Any) -> Any:
    """Share of all hours that owned GPUs must be used for to cost no more than renting; above 1 owning never pays.

    annual_owned_cost: Cost of owning a year, money/year
    gpus: Number of GPUs, GPU
    rent_gpu_hour: Rent of a GPU-hour, money/(GPU h)

    >>> f"{AI_BREAKEVEN_UTILISATION(1000000, 64, 3):.8g}"
    '0.5945586'

    Source of the example: 1,000,000 / (64 x 8,760 x 3).
    """
    return call(
        _AI_BREAKEVEN_UTILISATION,
        (
            annual_owned_cost,
            gpus,
            rent_gpu_hour,
        ),
    )


def _ai_gpu_hour_cost(
    capex: float, residual: float, years: float, annual_opex: float, gpus: float, utilisation: float, annual_rate: float
) -> float:
    factor = xl.divide(1.0, 1.0 + annual_rate)
    capital = capex - residual * xl.power(factor, xl.divide(years, one_year))
    recovered = xl.divide(
        xl.divide(
            capital,
            factor
            * (
                xl.divide(years, one_year)
                if xl.compare(factor, "=", 1.0)
                else xl.divide(
                    (
                        xl.divide(years, one_year)
                        * xl.ln(factor)
                        * (
                            1.0
                            + xl.divide(xl.divide(years, one_year) * xl.ln(factor), 2.0)
                            * (
                                1.0
                                + xl.divide(xl.divide(years, one_year) * xl.ln(factor), 3.0)
                                * (1.0 + xl.divide(xl.divide(years, one_year) * xl.ln(factor), 4.0))
                            )
                        )
                        if xl.compare(abs(xl.divide(years, one_year) * xl.ln(factor)), "<", 0.001)
                        else xl.power(factor, xl.divide(years, one_year)) - 1.0
                    ),
                    factor - 1.0,
                )
            ),
        ),
        one_year,
    )
    return xl.divide(recovered + annual_opex, gpus * hours_per_year * utilisation)


_AI_GPU_HOUR_COST = Spec(
    "AI_GPU_HOUR_COST",
    "Own or rent",
    "Cost of a useful hour of an owned GPU by capital recovery.",
    (
        Parameter(
            "capex", "number", "Price of all GPUs with what they need", required=True, bounds=within((">=", 0.0))
        ),
        Parameter("residual", "number", "Value at the end", required=True, bounds=within((">=", 0.0))),
        Parameter("years", "number", "Years of use", required=True, bounds=within((">", 0.0))),
        Parameter("annual_opex", "number", "Running cost a year", required=True, bounds=within((">=", 0.0))),
        Parameter("gpus", "number", "Number of GPUs", required=True, bounds=within((">", 0.0))),
        Parameter(
            "utilisation", "number", "Useful share of all hours", required=True, bounds=within((">=", 0.0), ("<=", 1.0))
        ),
        Parameter("annual_rate", "number", "Cost of capital a year", default=0.0, bounds=within((">", -1.0))),
    ),
    _ai_gpu_hour_cost,
)


def AI_GPU_HOUR_COST(
    capex: Any, residual: Any, years: Any, annual_opex: Any, gpus: Any, utilisation: Any, annual_rate: Any = None
) -> Any:
    """Cost of a useful hour of an owned GPU by capital recovery.

    capex: Price of all GPUs with what they need, money
    residual: Value at the end, money
    years: Years of use, year
    annual_opex: Running cost a year, money/year
    gpus: Number of GPUs, GPU
    utilisation: Useful share of all hours, %
    annual_rate: Cost of capital a year, % (default 0)

    >>> f"{AI_GPU_HOUR_COST(2560000, 0, 5, 347093.76, 64, 0.7, 0.1):.8g}"
    '2.6052249'

    Source of the example: 64 GPUs at 40,000, recovery factor 0.26379748, 300,000 + 0.12 an hour.
    """
    return call(
        _AI_GPU_HOUR_COST,
        (
            capex,
            residual,
            years,
            annual_opex,
            gpus,
            utilisation,
            annual_rate,
        ),
    )


def _ai_spot_price(
    spot_price: float, mtbf_hours: float, checkpoint_hours: float, restart_hours: float, interval: float
) -> float:
    writing = 0.0 if xl.compare(checkpoint_hours, "=", 0.0) else xl.divide(checkpoint_hours, interval)
    return spot_price * (1.0 + writing + xl.divide(xl.divide(interval, 2.0) + restart_hours, mtbf_hours))


_AI_SPOT_PRICE = Spec(
    "AI_SPOT_PRICE",
    "Own or rent",
    "Price of a useful hour on interruptible capacity: checkpoints, lost work and restarts included (Young).",
    (
        Parameter("spot_price", "number", "Price of an hour", required=True, bounds=within((">=", 0.0))),
        Parameter("mtbf_hours", "number", "Mean time between interruptions", required=True, bounds=within((">", 0.0))),
        Parameter(
            "checkpoint_hours", "number", "Time to write a checkpoint", required=True, bounds=within((">=", 0.0))
        ),
        Parameter("restart_hours", "number", "Time to restart", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "interval",
            "number",
            "Time between checkpoints; Young's if left out",
            default=lambda spot_price, mtbf_hours, checkpoint_hours, restart_hours: xl.sqrt(
                2.0 * checkpoint_hours * mtbf_hours
            ),
            bounds=within((">=", 0.0)),
        ),
    ),
    _ai_spot_price,
)


def AI_SPOT_PRICE(
    spot_price: Any, mtbf_hours: Any, checkpoint_hours: Any, restart_hours: Any, interval: Any = None
) -> Any:
    """Price of a useful hour on interruptible capacity: checkpoints, lost work and restarts included (Young).

    spot_price: Price of an hour, money/h
    mtbf_hours: Mean time between interruptions, h
    checkpoint_hours: Time to write a checkpoint, h
    restart_hours: Time to restart, h
    interval: Time between checkpoints; Young's if left out, h

    >>> f"{AI_SPOT_PRICE(2, 50, 0.04, 0.5):.8g}"
    '2.1'

    Source of the example: interval 2 h: 2 x (1 + 0.02 + 1.5/50).
    """
    return call(
        _AI_SPOT_PRICE,
        (
            spot_price,
            mtbf_hours,
            checkpoint_hours,
            restart_hours,
            interval,
        ),
    )


def _ai_checkpoint_interval(checkpoint: float, mtbf: float) -> float:
    return xl.sqrt(2.0 * checkpoint * mtbf)


_AI_CHECKPOINT_INTERVAL = Spec(
    "AI_CHECKPOINT_INTERVAL",
    "Own or rent",
    "Time between checkpoints that loses least, in the unit of the arguments (Young 1974).",
    (
        Parameter("checkpoint", "number", "Time to write a checkpoint", required=True, bounds=within((">=", 0.0))),
        Parameter("mtbf", "number", "Mean time between failures", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_checkpoint_interval,
)


def AI_CHECKPOINT_INTERVAL(checkpoint: Any, mtbf: Any) -> Any:
    """Time between checkpoints that loses least, in the unit of the arguments (Young 1974).

    checkpoint: Time to write a checkpoint, h
    mtbf: Mean time between failures, h

    >>> f"{AI_CHECKPOINT_INTERVAL(10, 6000):.8g}"
    '346.41016'

    Source of the example: Young 1974.
    """
    return call(
        _AI_CHECKPOINT_INTERVAL,
        (
            checkpoint,
            mtbf,
        ),
    )


def _ai_reserved_rate(upfront: float, recurring_hourly: float, hours: float) -> float:
    return xl.divide(upfront, hours) + recurring_hourly


_AI_RESERVED_RATE = Spec(
    "AI_RESERVED_RATE",
    "Own or rent",
    "Effective hourly price of a commitment with an upfront part.",
    (
        Parameter("upfront", "number", "Paid at the start", required=True, bounds=within((">=", 0.0))),
        Parameter("recurring_hourly", "number", "Paid each hour", required=True, bounds=within((">=", 0.0))),
        Parameter("hours", "number", "Hours of the term", required=True, bounds=within((">", 0.0))),
    ),
    _ai_reserved_rate,
)


def AI_RESERVED_RATE(upfront: Any, recurring_hourly: Any, hours: Any) -> Any:
    """Effective hourly price of a commitment with an upfront part.

    upfront: Paid at the start, money
    recurring_hourly: Paid each hour, money/h
    hours: Hours of the term, h

    >>> f"{AI_RESERVED_RATE(648.24, 0, 8760):.8g}"
    '0.074'

    Source of the example: 648.24 a year.
    """
    return call(
        _AI_RESERVED_RATE,
        (
            upfront,
            recurring_hourly,
            hours,
        ),
    )


def _ai_reserved_breakeven(on_demand: float, upfront: float, recurring_hourly: float, hours: float) -> float:
    return xl.divide(xl.divide(upfront, hours) + recurring_hourly, on_demand)


_AI_RESERVED_BREAKEVEN = Spec(
    "AI_RESERVED_BREAKEVEN",
    "Own or rent",
    "Share of the term that a commitment must be used for to cost no more than on demand.",
    (
        Parameter("on_demand", "number", "On-demand price of an hour", required=True, bounds=within((">=", 0.0))),
        Parameter("upfront", "number", "Paid at the start", required=True, bounds=within((">=", 0.0))),
        Parameter("recurring_hourly", "number", "Paid each hour", required=True, bounds=within((">=", 0.0))),
        Parameter("hours", "number", "Hours of the term", required=True, bounds=within((">", 0.0))),
    ),
    _ai_reserved_breakeven,
)


def AI_RESERVED_BREAKEVEN(on_demand: Any, upfront: Any, recurring_hourly: Any, hours: Any) -> Any:
    """Share of the term that a commitment must be used for to cost no more than on demand.

    on_demand: On-demand price of an hour, money/h
    upfront: Paid at the start, money
    recurring_hourly: Paid each hour, money/h
    hours: Hours of the term, h

    >>> f"{AI_RESERVED_BREAKEVEN(0.126, 648.24, 0, 8760):.8g}"
    '0.58730159'

    Source of the example: 0.074 / 0.126 = 58.73%.
    """
    return call(
        _AI_RESERVED_BREAKEVEN,
        (
            on_demand,
            upfront,
            recurring_hourly,
            hours,
        ),
    )


def _ai_savings_rate(contracted: float, effective: float) -> float:
    return xl.divide(contracted - effective, contracted)


_AI_SAVINGS_RATE = Spec(
    "AI_SAVINGS_RATE",
    "Own or rent",
    "Effective savings rate, (contracted - effective) / contracted (FinOps Foundation).",
    (
        Parameter("contracted", "number", "Cost at contracted prices", required=True, bounds=within((">=", 0.0))),
        Parameter("effective", "number", "Cost after commitments", required=True),
    ),
    _ai_savings_rate,
)


def AI_SAVINGS_RATE(contracted: Any, effective: Any) -> Any:
    """Effective savings rate, (contracted - effective) / contracted (FinOps Foundation).

    contracted: Cost at contracted prices, money
    effective: Cost after commitments, money

    >>> f"{AI_SAVINGS_RATE(1000, 700):.8g}"
    '0.3'

    Source of the example: 300 of 1,000.
    """
    return call(
        _AI_SAVINGS_RATE,
        (
            contracted,
            effective,
        ),
    )


def _ai_training_flops(parameters: float, tokens: float) -> float:
    return flop_per_parameter_token * parameters * tokens


_AI_TRAINING_FLOPS = Spec(
    "AI_TRAINING_FLOPS",
    "Training",
    "Floating-point operations to train a dense transformer, 6 N D; of a mixture of experts count the active parameters.",
    (
        Parameter("parameters", "number", "Parameters, active ones only", required=True, bounds=within((">=", 0.0))),
        Parameter("tokens", "number", "Training tokens", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_training_flops,
)


def AI_TRAINING_FLOPS(parameters: Any, tokens: Any) -> Any:
    """Floating-point operations to train a dense transformer, 6 N D; of a mixture of experts count the active parameters.

    parameters: Parameters, active ones only, parameter
    tokens: Training tokens, token

    >>> f"{AI_TRAINING_FLOPS(70000000000.0, 2000000000000.0):.8g}"
    '8.4e+23'

    Source of the example: Llama 2 70B: 6 x 70e9 x 2e12.
    """
    return call(
        _AI_TRAINING_FLOPS,
        (
            parameters,
            tokens,
        ),
    )


def _ai_training_gpu_hours(flops: float, peak_tflops: float, mfu: float) -> float:
    return xl.divide(flops, peak_tflops * flop_per_tflop * mfu * seconds_per_hour)


_AI_TRAINING_GPU_HOURS = Spec(
    "AI_TRAINING_GPU_HOURS",
    "Training",
    "GPU-hours for a number of floating-point operations.",
    (
        Parameter("flops", "number", "Operations", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "peak_tflops", "number", "Dense peak of the GPU, TFLOP a second", required=True, bounds=within((">=", 0.0))
        ),
        Parameter(
            "mfu",
            "number",
            "Model FLOP utilisation, the share of the peak that is reached",
            required=True,
            bounds=within((">=", 0.0), ("<=", 1.0)),
        ),
    ),
    _ai_training_gpu_hours,
)


def AI_TRAINING_GPU_HOURS(flops: Any, peak_tflops: Any, mfu: Any) -> Any:
    """GPU-hours for a number of floating-point operations.

    flops: Operations, FLOP
    peak_tflops: Dense peak of the GPU, TFLOP a second, TFLOP/(s GPU)
    mfu: Model FLOP utilisation, the share of the peak that is reached, %

    >>> f"{AI_TRAINING_GPU_HOURS(8.4e+23, 312, 0.435):.8g}"
    '1719225.9'

    Source of the example: Llama 2 70B on A100: 1,720,320 GPU-hours reported.
    """
    return call(
        _AI_TRAINING_GPU_HOURS,
        (
            flops,
            peak_tflops,
            mfu,
        ),
    )


def _ai_training_cost(
    parameters: float, tokens: float, peak_tflops: float, mfu: float, gpu_hour_price: float, overhead: float
) -> float:
    gpu_hours = xl.divide(
        flop_per_parameter_token * parameters * tokens, peak_tflops * flop_per_tflop * mfu * seconds_per_hour
    )
    return gpu_hours * gpu_hour_price * (1.0 + overhead)


_AI_TRAINING_COST = Spec(
    "AI_TRAINING_COST",
    "Training",
    "Cost of training by 6 N D, at a price of a GPU-hour.",
    (
        Parameter("parameters", "number", "Parameters, active ones only", required=True, bounds=within((">=", 0.0))),
        Parameter("tokens", "number", "Training tokens", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "peak_tflops", "number", "Dense peak of the GPU, TFLOP a second", required=True, bounds=within((">=", 0.0))
        ),
        Parameter("mfu", "number", "Model FLOP utilisation", required=True, bounds=within((">=", 0.0), ("<=", 1.0))),
        Parameter("gpu_hour_price", "number", "Price of a GPU-hour", required=True, bounds=within((">=", 0.0))),
        Parameter("overhead", "number", "Failed and trial runs, as a share", default=0.0, bounds=within((">=", 0.0))),
    ),
    _ai_training_cost,
)


def AI_TRAINING_COST(
    parameters: Any, tokens: Any, peak_tflops: Any, mfu: Any, gpu_hour_price: Any, overhead: Any = None
) -> Any:
    """Cost of training by 6 N D, at a price of a GPU-hour.

    parameters: Parameters, active ones only, parameter
    tokens: Training tokens, token
    peak_tflops: Dense peak of the GPU, TFLOP a second, TFLOP/(s GPU)
    mfu: Model FLOP utilisation, %
    gpu_hour_price: Price of a GPU-hour, money/(GPU h)
    overhead: Failed and trial runs, as a share, % (default 0)

    >>> f"{AI_TRAINING_COST(70000000000.0, 2000000000000.0, 312, 0.435, 2, 0.1):.8g}"
    '3782296.9'

    Source of the example: 1,719,225.857 GPU-hours x 2 x 1.1.
    """
    return call(
        _AI_TRAINING_COST,
        (
            parameters,
            tokens,
            peak_tflops,
            mfu,
            gpu_hour_price,
            overhead,
        ),
    )


def _ai_amortised_training_cost(
    chip_price: float, age_years: float, chip_hours: float, decay: float, interconnect_share: float
) -> float:
    value_at_start = chip_price * xl.power(10.0, -decay * age_years)
    hardware = xl.divide(value_at_start * decay * xl.ln(10.0), hours_per_mean_year) * chip_hours
    return xl.divide(hardware, 1.0 - interconnect_share)


_AI_AMORTISED_TRAINING_COST = Spec(
    "AI_AMORTISED_TRAINING_COST",
    "Training",
    "Hardware cost of a training run on owned chips: value lost during the run, and the interconnect's share (Cottier et al. 2024).",
    (
        Parameter(
            "chip_price", "number", "Price of a chip with its server share", required=True, bounds=within((">=", 0.0))
        ),
        Parameter("age_years", "number", "Age of the chip at the start", required=True, bounds=within((">=", 0.0))),
        Parameter("chip_hours", "number", "Chip-hours of the run", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "decay", "number", "Loss of value a year, in powers of ten", default=0.14, bounds=within((">=", 0.0))
        ),
        Parameter(
            "interconnect_share",
            "number",
            "Share of the network in the cost of a cluster",
            default=0.19,
            bounds=within((">=", 0.0), ("<", 1.0)),
        ),
    ),
    _ai_amortised_training_cost,
)


def AI_AMORTISED_TRAINING_COST(
    chip_price: Any, age_years: Any, chip_hours: Any, decay: Any = None, interconnect_share: Any = None
) -> Any:
    """Hardware cost of a training run on owned chips: value lost during the run, and the interconnect's share (Cottier et al. 2024).

    chip_price: Price of a chip with its server share, money
    age_years: Age of the chip at the start, year
    chip_hours: Chip-hours of the run, h
    decay: Loss of value a year, in powers of ten, 1/year (default 0.14)
    interconnect_share: Share of the network in the cost of a cluster, % (default 0.19)

    >>> f"{AI_AMORTISED_TRAINING_COST(10000, 0, 8766):.8g}"
    '3979.7767'

    Source of the example: 10,000 x 0.14 x ln 10 / 0.81.
    """
    return call(
        _AI_AMORTISED_TRAINING_COST,
        (
            chip_price,
            age_years,
            chip_hours,
            decay,
            interconnect_share,
        ),
    )


def _ai_training_energy_cost(
    tdp_kw: float, server_multiplier: float, load: float, pue: float, chip_hours: float, price_kwh: float
) -> float:
    return tdp_kw * server_multiplier * load * pue * chip_hours * price_kwh


_AI_TRAINING_ENERGY_COST = Spec(
    "AI_TRAINING_ENERGY_COST",
    "Training",
    "Cost of the electricity of a training run.",
    (
        Parameter("tdp_kw", "number", "Rated power of a chip", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "server_multiplier",
            "number",
            "Server power for each unit of chip power",
            required=True,
            bounds=within((">=", 0.0)),
        ),
        Parameter(
            "load", "number", "Average share of the rated power", required=True, bounds=within((">=", 0.0), ("<=", 1.0))
        ),
        Parameter("pue", "number", "Power usage effectiveness", required=True, bounds=within((">=", 1.0))),
        Parameter("chip_hours", "number", "Chip-hours of the run", required=True, bounds=within((">=", 0.0))),
        Parameter("price_kwh", "number", "Price of a kWh", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_training_energy_cost,
)


def AI_TRAINING_ENERGY_COST(
    tdp_kw: Any, server_multiplier: Any, load: Any, pue: Any, chip_hours: Any, price_kwh: Any
) -> Any:
    """Cost of the electricity of a training run.

    tdp_kw: Rated power of a chip, kW
    server_multiplier: Server power for each unit of chip power
    load: Average share of the rated power, %
    pue: Power usage effectiveness
    chip_hours: Chip-hours of the run, h
    price_kwh: Price of a kWh, money/(kW h)

    >>> f"{AI_TRAINING_ENERGY_COST(0.7, 1.6, 0.75, 1.25, 1000, 0.08):.8g}"
    '84'

    Source of the example: 0.7 x 1.6 x 0.75 x 1.25 = 1.05 kW.
    """
    return call(
        _AI_TRAINING_ENERGY_COST,
        (
            tdp_kw,
            server_multiplier,
            load,
            pue,
            chip_hours,
            price_kwh,
        ),
    )


def _ai_retrain_interval(retrain_cost: float, monthly_value: float, monthly_decay: float) -> float:
    return xl.sqrt(xl.divide(2.0 * retrain_cost, monthly_value * monthly_decay))


_AI_RETRAIN_INTERVAL = Spec(
    "AI_RETRAIN_INTERVAL",
    "Training",
    "Months between retrainings that cost least when value decays in a straight line, the root of 2 C / (v k).",
    (
        Parameter("retrain_cost", "number", "Cost of a retraining", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "monthly_value", "number", "Value of the fresh model a month", required=True, bounds=within((">=", 0.0))
        ),
        Parameter(
            "monthly_decay",
            "number",
            "Share of the value lost with each month",
            required=True,
            bounds=within((">=", 0.0)),
        ),
    ),
    _ai_retrain_interval,
)


def AI_RETRAIN_INTERVAL(retrain_cost: Any, monthly_value: Any, monthly_decay: Any) -> Any:
    """Months between retrainings that cost least when value decays in a straight line, the root of 2 C / (v k).

    retrain_cost: Cost of a retraining, money
    monthly_value: Value of the fresh model a month, money/month
    monthly_decay: Share of the value lost with each month, 1/month

    >>> f"{AI_RETRAIN_INTERVAL(18000, 100000, 0.04):.8g}"
    '3'

    Source of the example: the root of 36,000 / 4,000.
    """
    return call(
        _AI_RETRAIN_INTERVAL,
        (
            retrain_cost,
            monthly_value,
            monthly_decay,
        ),
    )


def _ai_residual(price: float, years: float, decay: float) -> float:
    return price * xl.power(10.0, -decay * years)


_AI_RESIDUAL = Spec(
    "AI_RESIDUAL",
    "Training",
    "Value of a GPU after some years by price-performance decay, price x 10^(-decay x years).",
    (
        Parameter("price", "number", "Price when new", required=True, bounds=within((">=", 0.0))),
        Parameter("years", "number", "Age", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "decay",
            "number",
            "Loss of value a year, in powers of ten (Epoch AI)",
            default=0.14,
            bounds=within((">=", 0.0)),
        ),
    ),
    _ai_residual,
)


def AI_RESIDUAL(price: Any, years: Any, decay: Any = None) -> Any:
    """Value of a GPU after some years by price-performance decay, price x 10^(-decay x years).

    price: Price when new, money
    years: Age, year
    decay: Loss of value a year, in powers of ten (Epoch AI), 1/year (default 0.14)

    >>> f"{AI_RESIDUAL(40000, 3):.8g}"
    '15207.576'

    Source of the example: 38.0% after three years (Epoch AI).
    """
    return call(
        _AI_RESIDUAL,
        (
            price,
            years,
            decay,
        ),
    )


_AI_DEPRECIATION = Spec(
    "AI_DEPRECIATION",
    "Training",
    "Depreciation of a period: SLN, DDB, SYD, MACRS (half-year), or MACRS-MQ1 to MACRS-MQ4 (mid-quarter); MACRS counts tax years and takes no salvage.",
    (
        Parameter("cost", "number", "Cost", required=True, bounds=within((">=", 0.0))),
        Parameter("salvage", "number", "Value at the end; 0 for MACRS", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "life",
            "number",
            "Periods of life; for MACRS 3, 5, 7, 10, 15 or 20 years, mid-quarter 3, 5 or 7",
            required=True,
            bounds=within((">", 0.0)),
        ),
        Parameter("period", "number", "The period", required=True, whole=True, bounds=within((">=", 1.0))),
        Parameter("method", "text", "SLN, DDB, SYD, MACRS, MACRS-MQ1 to MACRS-MQ4", default="SLN"),
    ),
    routines.depreciation,
)


def AI_DEPRECIATION(cost: Any, salvage: Any, life: Any, period: Any, method: Any = None) -> Any:
    """Depreciation of a period: SLN, DDB, SYD, MACRS (half-year), or MACRS-MQ1 to MACRS-MQ4 (mid-quarter); MACRS counts tax years and takes no salvage.

    cost: Cost, money
    salvage: Value at the end; 0 for MACRS, money
    life: Periods of life; for MACRS 3, 5, 7, 10, 15 or 20 years, mid-quarter 3, 5 or 7
    period: The period
    method: SLN, DDB, SYD, MACRS, MACRS-MQ1 to MACRS-MQ4 (default SLN)

    >>> f"{AI_DEPRECIATION(100000, 0, 5, 2, 'MACRS'):.8g}"
    '32000'

    Source of the example: IRS Publication 946, table A-1.
    """
    return call(
        _AI_DEPRECIATION,
        (
            cost,
            salvage,
            life,
            period,
            method,
        ),
    )


def _ai_token_cost(gpu_hour_price: float, gpus: float, tokens_per_second: float, utilisation: float) -> float:
    return xl.divide(gpu_hour_price * gpus, tokens_per_second * seconds_per_hour * utilisation) * tokens_per_mtok


_AI_TOKEN_COST = Spec(
    "AI_TOKEN_COST",
    "Serving",
    "Cost of a million tokens served on own or rented GPUs.",
    (
        Parameter("gpu_hour_price", "number", "Price of a GPU-hour", required=True, bounds=within((">=", 0.0))),
        Parameter("gpus", "number", "GPUs of an instance", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "tokens_per_second", "number", "Tokens a second of the instance", required=True, bounds=within((">=", 0.0))
        ),
        Parameter(
            "utilisation", "number", "Share of the time it serves", default=1.0, bounds=within((">=", 0.0), ("<=", 1.0))
        ),
    ),
    _ai_token_cost,
)


def AI_TOKEN_COST(gpu_hour_price: Any, gpus: Any, tokens_per_second: Any, utilisation: Any = None) -> Any:
    """Cost of a million tokens served on own or rented GPUs.

    gpu_hour_price: Price of a GPU-hour, money/(GPU h)
    gpus: GPUs of an instance, GPU
    tokens_per_second: Tokens a second of the instance, token/s
    utilisation: Share of the time it serves, % (default 1)

    >>> f"{AI_TOKEN_COST(3, 8, 2000, 0.5):.8g}"
    '6.6666667'

    Source of the example: 24 an hour for 3.6 million tokens.
    """
    return call(
        _AI_TOKEN_COST,
        (
            gpu_hour_price,
            gpus,
            tokens_per_second,
            utilisation,
        ),
    )


def _ai_api_cost(
    input_mtok: float,
    output_mtok: float,
    input_price: float,
    output_price: float,
    cached_share: float,
    cached_price: float,
) -> float:
    return input_mtok * ((1.0 - cached_share) * input_price + cached_share * cached_price) + output_mtok * output_price


_AI_API_COST = Spec(
    "AI_API_COST",
    "Serving",
    "Bill of a token-priced interface.",
    (
        Parameter("input_mtok", "number", "Input tokens, in millions", required=True, bounds=within((">=", 0.0))),
        Parameter("output_mtok", "number", "Output tokens, in millions", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "input_price", "number", "Price of a million input tokens", required=True, bounds=within((">=", 0.0))
        ),
        Parameter(
            "output_price", "number", "Price of a million output tokens", required=True, bounds=within((">=", 0.0))
        ),
        Parameter(
            "cached_share",
            "number",
            "Share of the input that is cached",
            default=0.0,
            bounds=within((">=", 0.0), ("<=", 1.0)),
        ),
        Parameter(
            "cached_price",
            "number",
            "Price of a million cached input tokens; the input price if left out",
            default=lambda input_mtok, output_mtok, input_price, output_price, cached_share: input_price,
            bounds=within((">=", 0.0)),
        ),
    ),
    _ai_api_cost,
)


def AI_API_COST(
    input_mtok: Any,
    output_mtok: Any,
    input_price: Any,
    output_price: Any,
    cached_share: Any = None,
    cached_price: Any = None,
) -> Any:
    """Bill of a token-priced interface.

    input_mtok: Input tokens, in millions, Mtok
    output_mtok: Output tokens, in millions, Mtok
    input_price: Price of a million input tokens, money/Mtok
    output_price: Price of a million output tokens, money/Mtok
    cached_share: Share of the input that is cached, % (default 0)
    cached_price: Price of a million cached input tokens; the input price if left out, money/Mtok

    >>> f"{AI_API_COST(0.0005, 0.0002, 1.5, 2):.8g}"
    '0.00115'

    Source of the example: (0.0015 x 500 + 0.002 x 200) / 1,000.
    """
    return call(
        _AI_API_COST,
        (
            input_mtok,
            output_mtok,
            input_price,
            output_price,
            cached_share,
            cached_price,
        ),
    )


def _ai_serving_servers(
    peak_rps: float, rps_per_instance: float, gpus_per_instance: float, gpus_per_server: float
) -> float:
    return xl.rounded_up(
        xl.rounded(
            xl.divide(
                xl.rounded_up(xl.rounded(xl.divide(peak_rps, rps_per_instance), 9.0), 0.0) * gpus_per_instance,
                gpus_per_server,
            ),
            9.0,
        ),
        0.0,
    )


_AI_SERVING_SERVERS = Spec(
    "AI_SERVING_SERVERS",
    "Serving",
    "Whole servers for a peak of requests, through whole instances.",
    (
        Parameter("peak_rps", "number", "Requests a second at the peak", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "rps_per_instance",
            "number",
            "Requests a second that one instance serves within its target",
            required=True,
            bounds=within((">=", 0.0)),
        ),
        Parameter("gpus_per_instance", "number", "GPUs of an instance", required=True, bounds=within((">=", 0.0))),
        Parameter("gpus_per_server", "number", "GPUs of a server", required=True, bounds=within((">=", 0.0))),
    ),
    _ai_serving_servers,
)


def AI_SERVING_SERVERS(peak_rps: Any, rps_per_instance: Any, gpus_per_instance: Any, gpus_per_server: Any) -> Any:
    """Whole servers for a peak of requests, through whole instances.

    peak_rps: Requests a second at the peak, request/s
    rps_per_instance: Requests a second that one instance serves within its target, request/(s instance)
    gpus_per_instance: GPUs of an instance, GPU/instance
    gpus_per_server: GPUs of a server, GPU/server

    >>> f"{AI_SERVING_SERVERS(100, 12, 4, 8):.8g}"
    '5'

    Source of the example: 9 instances with 36 GPUs.
    """
    return call(
        _AI_SERVING_SERVERS,
        (
            peak_rps,
            rps_per_instance,
            gpus_per_instance,
            gpus_per_server,
        ),
    )


def _ai_erlang_c(arrivals_per_hour: float, handle_seconds: float, agents: float) -> float:
    load = xl.divide(arrivals_per_hour * handle_seconds, seconds_per_hour)
    waiting = xl.divide(
        xl.poisson(agents, load, 0.0) * agents, (agents - load if xl.compare(agents, ">", load) else 1.0)
    )
    return (
        0.0
        if xl.compare(load, "=", 0.0)
        else (
            xl.divide(waiting, xl.poisson((agents - 1.0 if xl.compare(agents, ">", 1.0) else 0.0), load, 1.0) + waiting)
            if xl.compare(agents, ">", load)
            else 1.0
        )
    )


_AI_ERLANG_C = Spec(
    "AI_ERLANG_C",
    "Serving",
    "Probability that a case waits for a free agent (Erlang C); 1 where the agents cannot keep up.",
    (
        Parameter("arrivals_per_hour", "number", "Cases an hour", required=True, bounds=within((">=", 0.0))),
        Parameter("handle_seconds", "number", "Seconds for a case", required=True, bounds=within((">=", 0.0))),
        Parameter(
            "agents",
            "number",
            "Number of agents",
            required=True,
            whole=True,
            bounds=within((">=", 0.0), ("<=", 100000.0)),
        ),
    ),
    _ai_erlang_c,
)


def AI_ERLANG_C(arrivals_per_hour: Any, handle_seconds: Any, agents: Any) -> Any:
    """Probability that a case waits for a free agent (Erlang C); 1 where the agents cannot keep up.

    arrivals_per_hour: Cases an hour, case/h
    handle_seconds: Seconds for a case, s/case
    agents: Number of agents

    >>> f"{AI_ERLANG_C(360, 240, 28):.8g}"
    '0.33313853'

    Source of the example: 24 erlang, 28 agents: Erlang's formula in exact fractions.
    """
    return call(
        _AI_ERLANG_C,
        (
            arrivals_per_hour,
            handle_seconds,
            agents,
        ),
    )


def _ai_reviewers(
    arrivals_per_hour: float, handle_seconds: float, service_level: float, target_seconds: float, shrinkage: float
) -> float:
    load = xl.divide(arrivals_per_hour * handle_seconds, seconds_per_hour)

    def holds(people: float) -> bool:
        return xl.compare(
            1.0
            - xl.divide(
                xl.divide(xl.poisson(people, load, 0.0) * people, people - load),
                xl.poisson(people - 1.0, load, 1.0) + xl.divide(xl.poisson(people, load, 0.0) * people, people - load),
            )
            * xl.exp(-xl.divide((people - load) * target_seconds, handle_seconds)),
            ">=",
            service_level,
        )

    people = (
        xl.whole(load) + 1.0
        if (xl.compare(load, "=", 0.0) or xl.compare(load, ">", 20000.0))
        else xl.first_whole(xl.whole(load) + 1.0, 1000, holds)
    )
    return (
        0.0
        if xl.compare(load, "=", 0.0)
        else (xl.not_available() if xl.compare(load, ">", 20000.0) else xl.divide(people, 1.0 - shrinkage))
    )


_AI_REVIEWERS = Spec(
    "AI_REVIEWERS",
    "Serving",
    "Smallest number of people who answer the wanted share of cases in time (Erlang C), divided by 1 - shrinkage and not rounded; #N/A above a load of 20,000 erlang, or where 1,000 more than the load do not suffice.",
    (
        Parameter("arrivals_per_hour", "number", "Cases an hour", required=True, bounds=within((">=", 0.0))),
        Parameter("handle_seconds", "number", "Seconds for a case", required=True, bounds=within((">", 0.0))),
        Parameter(
            "service_level",
            "number",
            "Share of cases to answer in time",
            required=True,
            bounds=within((">=", 0.0), ("<", 1.0)),
        ),
        Parameter(
            "target_seconds",
            "number",
            "Seconds until a case must be taken up",
            required=True,
            bounds=within((">=", 0.0)),
        ),
        Parameter(
            "shrinkage",
            "number",
            "Share of paid time that is absent or away",
            default=0.0,
            bounds=within((">=", 0.0), ("<", 1.0)),
        ),
    ),
    _ai_reviewers,
)


def AI_REVIEWERS(
    arrivals_per_hour: Any, handle_seconds: Any, service_level: Any, target_seconds: Any, shrinkage: Any = None
) -> Any:
    """Smallest number of people who answer the wanted share of cases in time (Erlang C), divided by 1 - shrinkage and not rounded; #N/A above a load of 20,000 erlang, or where 1,000 more than the load do not suffice.

    arrivals_per_hour: Cases an hour, case/h
    handle_seconds: Seconds for a case, s/case
    service_level: Share of cases to answer in time, %
    target_seconds: Seconds until a case must be taken up, s/case
    shrinkage: Share of paid time that is absent or away, % (default 0)

    >>> f"{AI_REVIEWERS(360, 240, 0.8, 20, 0.3):.8g}"
    '41.428571'

    Source of the example: 24 erlang: 28 agents answer 76.1% in 20 s, 29 answer 84.0%; 29 / 0.7.
    """
    return call(
        _AI_REVIEWERS,
        (
            arrivals_per_hour,
            handle_seconds,
            service_level,
            target_seconds,
            shrinkage,
        ),
    )


_AI_PRICE = Spec(
    "AI_PRICE",
    "Prices",
    "A price or fact of the catalogue; #N/A where nothing or more than one entry fits.",
    (
        Parameter("item", "text", "Id, or words of an entry", required=True),
        Parameter("provider", "text", "Provider", default=""),
        Parameter("region", "text", "Region", default=""),
        Parameter("term", "text", "Term, as on-demand", default=""),
    ),
    routines.price,
)


def AI_PRICE(item: Any, provider: Any = None, region: Any = None, term: Any = None) -> Any:
    """A price or fact of the catalogue; #N/A where nothing or more than one entry fits.

    item: Id, or words of an entry
    provider: Provider
    region: Region
    term: Term, as on-demand

    >>> f"{AI_PRICE('p5.48xlarge', 'aws', 'us-east-1', 'on-demand'):.8g}"
    '6.88'

    Source of the example: the catalogue.
    """
    return call(
        _AI_PRICE,
        (
            item,
            provider,
            region,
            term,
        ),
    )


_AI_PRICE_DATE = Spec(
    "AI_PRICE_DATE",
    "Prices",
    "The day on which a price of the catalogue was read; #N/A where it has none.",
    (
        Parameter("item", "text", "Id, or words of an entry", required=True),
        Parameter("provider", "text", "Provider", default=""),
        Parameter("region", "text", "Region", default=""),
        Parameter("term", "text", "Term, as on-demand", default=""),
    ),
    routines.price_date,
)


def AI_PRICE_DATE(item: Any, provider: Any = None, region: Any = None, term: Any = None) -> Any:
    """The day on which a price of the catalogue was read; #N/A where it has none.

    item: Id, or words of an entry
    provider: Provider
    region: Region
    term: Term, as on-demand
    """
    return call(
        _AI_PRICE_DATE,
        (
            item,
            provider,
            region,
            term,
        ),
    )


_AI_PRICE_SOURCE = Spec(
    "AI_PRICE_SOURCE",
    "Prices",
    "Where a price of the catalogue comes from.",
    (
        Parameter("item", "text", "Id, or words of an entry", required=True),
        Parameter("provider", "text", "Provider", default=""),
        Parameter("region", "text", "Region", default=""),
        Parameter("term", "text", "Term, as on-demand", default=""),
    ),
    routines.price_source,
)


def AI_PRICE_SOURCE(item: Any, provider: Any = None, region: Any = None, term: Any = None) -> Any:
    """Where a price of the catalogue comes from.

    item: Id, or words of an entry
    provider: Provider
    region: Region
    term: Term, as on-demand
    """
    return call(
        _AI_PRICE_SOURCE,
        (
            item,
            provider,
            region,
            term,
        ),
    )


_AI_CASE = Spec(
    "AI_CASE",
    "Models",
    "An output of a model, driven by a range of two columns with names and values; the others are at their defaults.",
    (
        Parameter("model", "text", "Model, as roi", required=True),
        Parameter("output", "text", "Output, as npv or tco[Own]", required=True),
        Parameter("names_and_values", "pairs", "Two columns: input, value", default=()),
        Parameter("scenario", "text", "base, optimistic or pessimistic", default="base"),
    ),
    routines.case_output,
)


def AI_CASE(model: Any, output: Any, names_and_values: Any = None, scenario: Any = None) -> Any:
    """An output of a model, driven by a range of two columns with names and values; the others are at their defaults.

    model: Model, as roi
    output: Output, as npv or tco[Own]
    names_and_values: Two columns: input, value
    scenario: base, optimistic or pessimistic (default base)

    >>> f"{AI_CASE('roi', 'total_cost', [['contingency', 0.1]]):.8g}"
    '561000'

    Source of the example: 510,000 and a tenth.
    """
    return call(
        _AI_CASE,
        (
            model,
            output,
            names_and_values,
            scenario,
        ),
    )


_AI_SCHEDULE = Spec(
    "AI_SCHEDULE",
    "Models",
    "A line of a model by step, a column for each row of its table; the first column is the step. Spills.",
    (
        Parameter("model", "text", "Model, as roi", required=True),
        Parameter("line", "text", "Line, as cumulative_cash", required=True),
        Parameter("names_and_values", "pairs", "Two columns: input, value", default=()),
    ),
    routines.schedule,
)


def AI_SCHEDULE(model: Any, line: Any, names_and_values: Any = None) -> Any:
    """A line of a model by step, a column for each row of its table; the first column is the step. Spills.

    model: Model, as roi
    line: Line, as cumulative_cash
    names_and_values: Two columns: input, value
    """
    return call(
        _AI_SCHEDULE,
        (
            model,
            line,
            names_and_values,
        ),
    )


_AI_TORNADO = Spec(
    "AI_TORNADO",
    "Models",
    "Which inputs move an output most: input, low value, high value, output at low, output at high, swing; widest first. Spills.",
    (
        Parameter("model", "text", "Model, as roi", required=True),
        Parameter("output", "text", "Output, as npv or tco[Own]", required=True),
        Parameter("names_and_values", "pairs", "Two columns: input, value", default=()),
    ),
    routines.tornado,
)


def AI_TORNADO(model: Any, output: Any, names_and_values: Any = None) -> Any:
    """Which inputs move an output most: input, low value, high value, output at low, output at high, swing; widest first. Spills.

    model: Model, as roi
    output: Output, as npv or tco[Own]
    names_and_values: Two columns: input, value
    """
    return call(
        _AI_TORNADO,
        (
            model,
            output,
            names_and_values,
        ),
    )


_AI_SIMULATE = Spec(
    "AI_SIMULATE",
    "Models",
    "Mean, standard error and percentiles of an output over many draws of the model's uncertain inputs. Spills.",
    (
        Parameter("model", "text", "Model, as roi", required=True),
        Parameter("output", "text", "Output, as npv or tco[Own]", required=True),
        Parameter("names_and_values", "pairs", "Two columns: input, value", default=()),
        Parameter(
            "trials",
            "number",
            "Number of draws",
            default=4096.0,
            whole=True,
            bounds=within((">=", 16.0), ("<=", 20000.0)),
        ),
        Parameter(
            "seed",
            "number",
            "The same seed gives the same numbers",
            default=1.0,
            whole=True,
            bounds=within((">=", 0.0)),
        ),
    ),
    routines.simulated,
)


def AI_SIMULATE(model: Any, output: Any, names_and_values: Any = None, trials: Any = None, seed: Any = None) -> Any:
    """Mean, standard error and percentiles of an output over many draws of the model's uncertain inputs. Spills.

    model: Model, as roi
    output: Output, as npv or tco[Own]
    names_and_values: Two columns: input, value
    trials: Number of draws (default 4096)
    seed: The same seed gives the same numbers (default 1)
    """
    return call(
        _AI_SIMULATE,
        (
            model,
            output,
            names_and_values,
            trials,
            seed,
        ),
    )


SPECS = (
    _AI_TCO,
    _AI_ROI,
    _AI_PAYBACK,
    _AI_PAYBACK_FLOWS,
    _AI_NPV,
    _AI_XNPV,
    _AI_XIRR,
    _AI_IRR,
    _AI_RISK_ADJUSTED,
    _AI_CROSSOVER,
    _AI_BREAKEVEN_HOURS,
    _AI_BREAKEVEN_UTILISATION,
    _AI_GPU_HOUR_COST,
    _AI_SPOT_PRICE,
    _AI_CHECKPOINT_INTERVAL,
    _AI_RESERVED_RATE,
    _AI_RESERVED_BREAKEVEN,
    _AI_SAVINGS_RATE,
    _AI_TRAINING_FLOPS,
    _AI_TRAINING_GPU_HOURS,
    _AI_TRAINING_COST,
    _AI_AMORTISED_TRAINING_COST,
    _AI_TRAINING_ENERGY_COST,
    _AI_RETRAIN_INTERVAL,
    _AI_RESIDUAL,
    _AI_DEPRECIATION,
    _AI_TOKEN_COST,
    _AI_API_COST,
    _AI_SERVING_SERVERS,
    _AI_ERLANG_C,
    _AI_REVIEWERS,
    _AI_PRICE,
    _AI_PRICE_DATE,
    _AI_PRICE_SOURCE,
    _AI_CASE,
    _AI_SCHEDULE,
    _AI_TORNADO,
    _AI_SIMULATE,
)
"""Every function, in the order of the catalogue."""
