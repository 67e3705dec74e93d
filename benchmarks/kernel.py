"""The net present value of owning of model infrastructure, written by hand in NumPy: a peer for the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["npv_of_owning", "without_spare"]

Array = NDArray[np.float64]


def without_spare(leaves: dict[str, Any]) -> dict[str, Any]:
    """The leaves of a case with the empty rows of options and projects cut off."""
    found = dict(leaves)
    for table in ("options", "projects"):
        count = sum(1 for name in leaves[f"{table}.name"] if name)
        for name, value in leaves.items():
            if name.startswith(f"{table}.") and isinstance(value, list):
                found[name] = value[:count]
            elif name.startswith(f"{table}.") and isinstance(value, np.ndarray) and value.ndim == 3:
                found[name] = value[:, :count]
    return found


def npv_of_owning(v: dict[str, Any], owning: int, renting: int, start_month: int = 1) -> Array:
    """[trials]. ``v`` holds the leaves of the case, varied ones [trials]; options are [options], projects [projects].

    Time runs along the first axis, so that a step of a recursion is one piece of memory: [steps, trials, options].
    ``start_month`` is the calendar month of the decision; the fiscal year ends in December.
    """
    steps, horizon = 61, int(v["period_months"])
    m = np.arange(steps, dtype=np.float64)
    live, operating, closing = (m <= horizon) * 1.0, ((m >= 1) & (m <= horizon)) * 1.0, m == horizon
    year = np.where(m >= 1, np.floor((np.maximum(m, 1) - 1) / 12), 0).astype(int)
    n = len(np.asarray(v["server_price"]))

    def per_trial(name: str) -> Array:
        return np.broadcast_to(np.asarray(v[name], dtype=np.float64), (n,))

    share = np.array(v["options.owned_share.values"])
    one, three, spot = (np.array(v[f"options.{k}.values"]) for k in ("one_year", "three_year", "spot"))
    days, leaving = (np.array(v[f"options.{k}.values"]) for k in ("days_saved", "exit_cost"))
    owns = (share > 0) * 1.0
    colocated = np.array([f == "colocation" for f in v["options.facility"]]) * 1.0
    macrs = np.array([d == "macrs" for d in v["options.depreciation"]]) * 1.0
    hours, growth, start, certainty = (
        np.array(v[f"projects.{k}.values"]) for k in ("hours", "growth", "start", "certainty")
    )
    certainty = certainty[..., 0] if certainty.ndim == 3 else np.broadcast_to(certainty, (n, len(hours)))
    scale = per_trial("projects.hours.scale")

    def demand_at(month: Array) -> Array:
        """[steps, trials] from months [steps] or [steps, trials]."""
        total = np.zeros((steps, n))
        for p in range(len(hours)):
            grown = hours[p] * (1 + growth[p]) ** (np.maximum(month - start[p], 0) / 12) * (month >= start[p])
            total += (grown if grown.ndim == 2 else grown[:, None]) * (certainty[:, p] * scale)
        base = per_trial("base_hours") * (1 + v["base_growth"]) ** (np.maximum(month - 1, 0) / 12).reshape(steps, -1)
        return total + base

    overrun = 1 + per_trial("failed_share")
    run = demand_at(m) * operating[:, None] * overrun
    delay = per_trial("delivery_months").astype(int)
    use = m[:, None] + delay + 1
    buying = (use + v["least_use_months"] - 1 <= horizon) * live[:, None]
    plan = demand_at(use) * overrun * buying
    per_server = v["gpus_per_server"] * 730 * per_trial("availability") * per_trial("utilisation")
    needed = plan[:, :, None] * share / per_server[:, None]
    wanted = np.ceil(np.round(needed, 9))
    life = per_trial("life_months").astype(int)
    trial = np.arange(n)

    def lagged(x: Array, lag: Array) -> Array:
        place = m.astype(int)[:, None] - lag
        found = x[np.maximum(place, 0), trial[None, :]]
        return np.where((place >= 0)[:, :, None], found, 0.0)

    ordered = np.zeros((steps, n, len(share)))
    position = np.zeros((n, len(share)))
    for t in range(steps):
        back = t - life
        gone = np.where((back >= 0)[:, None], ordered[np.maximum(back, 0), trial], 0.0)
        staying = position - gone
        ordered[t] = np.maximum(wanted[t] - staying, 0) * live[t]
        position = staying + ordered[t]
    arrived = lagged(ordered, delay + 1) * live[:, None, None]
    retired = lagged(arrived, life) * live[:, None, None]
    in_use = np.cumsum(arrived - retired, axis=0)
    op, liv, close = operating[:, None, None], live[:, None, None], closing[:, None, None] * 1.0
    own = np.minimum(run[:, :, None], in_use * per_server[:, None] * op)
    cloud = run[:, :, None] - own
    index = np.array(v["server_price_index.values"])[np.minimum(year, 4)]
    value = ordered * per_trial("server_price")[:, None] * index[:, None, None]
    placed_then = lagged(value, delay + 1)
    placed = placed_then * liv
    placed_out = lagged(placed, life)
    gross = np.cumsum(placed - placed_out, axis=0)
    keep = 10 ** (-per_trial("price_decay") / 12)[:, None]
    sold = placed_out * (10 ** (-per_trial("price_decay") * life / 12))[:, None] * liv
    market = np.zeros_like(value)
    for t in range(steps):
        market[t] = (market[t - 1] * keep if t else 0) + placed[t] - sold[t]
    servers = (v["deposit"] * value + (1 - v["deposit"]) * placed_then) * liv
    net = per_trial("network_share")[:, None]
    first = (m == 0)[:, None, None] * liv
    upgrade = (1 - colocated) * owns * per_trial("upgrade_price")[:, None] * first
    purchase = servers * (1 + net / (1 - net) + per_trial("spare_share")[:, None])
    purchase = purchase + arrived * per_trial("installation_price")[:, None] + upgrade
    purchase = purchase + arrived * v["storage_per_server"] * per_trial("storage_price")[:, None]
    setup = owns * (per_trial("setup_hours") * v["engineer_rate"])[:, None] * first
    rise = np.maximum(m - 1, 0) / 12
    kw = in_use * v["kw_per_server"]
    price = per_trial("electricity") * (1 + v["electricity_growth"]) ** rise[:, None]
    power = kw * (per_trial("load") * per_trial("pue") * 730 * price)[:, :, None]
    space = kw * (
        colocated * per_trial("colocation_price")[:, None] + (1 - colocated) * per_trial("upkeep_price")[:, None]
    )
    contracts = gross * ((per_trial("support_rate") + v["insurance_rate"]) / 12)[:, None]
    wage = per_trial("salary") / 12 * ((1 + v["wage_growth"]) ** np.floor(rise))[:, None]
    debt = (1 + per_trial("technical_debt")) ** rise[:, None]
    people = in_use * (v["gpus_per_server"] / per_trial("gpus_per_engineer") * wage * debt)[:, :, None]
    running = (power + space + contracts + people + in_use * v["gpus_per_server"] * v["software_price"] / 12) * op
    fall = (1 + v["cloud_price_change"]) ** rise
    planned = run[:, :, None] * (1 - share)

    def committed(part: Array, months: int) -> Array:
        found = np.zeros_like(planned)
        for t in range(1, steps):
            if (t - 1) % months == 0:
                found[t] = planned[t] * part * (t + months - 1 <= horizon) * operating[t]
            else:
                found[t] = found[t - 1] * operating[t]
        return found

    def locked(name: str, months: int) -> Array:
        return per_trial(name) * fall[[0, *(1 + (t - 1) // months * months for t in range(1, steps))]][:, None]

    usable = (1 - per_trial("coverage_loss"))[:, None]
    year_hours, three_hours = committed(one, 12), committed(three, 36)
    used_three = np.minimum(cloud, three_hours * usable)
    used_year = np.minimum(cloud - used_three, year_hours * usable)
    spot_hours = np.minimum(cloud * spot, cloud - used_three - used_year)
    demand_hours = cloud - used_three - used_year - spot_hours
    apart = per_trial("interruption_hours")
    interval = np.sqrt(2 * v["checkpoint_hours"] * apart)
    overhead = v["checkpoint_hours"] / interval + (interval / 2 + v["restart_hours"]) / apart
    spend = (
        year_hours * locked("one_year_price", 12)[:, :, None] + three_hours * locked("three_year_price", 36)[:, :, None]
    )
    spend = spend + demand_hours * (per_trial("on_demand_price") * fall[:, None])[:, :, None]
    spend = spend + spot_hours * ((1 + overhead) * per_trial("spot_price") * fall[:, None])[:, :, None]
    rented = cloud / np.where(run > 0, run, 1)[:, :, None]
    moved = v["egress"] * v["egress_price"] + v["dataset"] * v["cloud_storage_price"]
    cloud_cost = spend * (1 + v["plan_share"]) + rented * moved * op
    ending = (retired + in_use * close) * per_trial("decommissioning_price")[:, None]
    ending = ending + leaving * per_trial("options.exit_cost.scale")[:, None] * close
    residual = (sold + market * close) * per_trial("resale_share")[:, None]
    # Tax: MACRS by calendar year, straight line beside it; what is left is written off at the end.
    calendar = ((start_month - 1 + m) // 12).astype(int)
    left = 12 - (start_month - 1 + m) % 12
    shares = np.array([*v["macrs.share.values"], *([0.0] * 10)])
    depreciation = np.zeros_like(purchase)
    for t in range(steps):
        if not purchase[t].any():
            continue
        later = np.where(calendar[t:] == calendar[t], shares[0] / left[t], shares[calendar[t:] - calendar[t]] / 12)
        straight = ((m[t:] > t) & (m[t:] <= t + v["straight_months"])) / v["straight_months"]
        depreciation[t:] += purchase[t] * (macrs * later[:, None, None] + (1 - macrs) * straight[:, None, None])
    depreciation = depreciation * liv
    book = np.cumsum(purchase - depreciation, axis=0)
    written_off = np.round(book, 6) * close
    deductible = setup + running + cloud_cost + ending
    cost = purchase + deductible - residual
    cost = cost + v["tax_rate"] * (residual - deductible - depreciation - written_off)
    ready = np.where(owns > 0, in_use > 0, True)
    worth = days * per_trial("options.days_saved.scale")[:, None] / 12 * per_trial("day_value")[:, None]
    cost = cost - worth * ready * (1 - v["tax_rate"]) * op
    factor = (1 + per_trial("discount_rate")) ** (-m[:, None] / 12)
    saving: Array = ((cost[:, :, renting] - cost[:, :, owning]) * factor).sum(axis=0)
    return saving
