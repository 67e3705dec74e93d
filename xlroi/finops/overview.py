"""A bill looked over: what each file holds by provider, account and month, and whether it can be relied upon."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from xlroi.errors import InputError, Problem
from xlroi.finops.bills import Bills
from xlroi.finops.cleaning import is_one_of
from xlroi.finops.engine import FILE
from xlroi.finops.focus import COSTS
from xlroi.finops.ledger import How, Measure
from xlroi.finops.money import add_all, shown

__all__ = ["Group", "look_over"]

_BY: Final = (FILE, "provider", "account", "month", "currency")
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_LARGEST: Final = Decimal(10) ** 15
ROWS: Final = Measure("rows", "", "rows")
_EACH: Final[tuple[How, ...]] = ("sum", "count", "min", "max")
_ENDS: Final[tuple[How, ...]] = ("min", "max")
_AMOUNTS: Final = tuple(Measure(f"{how}_{cost}", cost, how) for cost in COSTS for how in _EACH)
# Two files that agree in all of these on a day hold the same charges.
_FINGERPRINT: Final = (
    *(Measure(f"sum_{cost}", cost) for cost in COSTS),
    *(
        Measure(f"{how}_{id}", id, how)
        for id in ("moment_charge_start", "sub_account", "resource", "sku", "description", "billed")
        for how in _ENDS
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The charges of one provider, account, month and currency in one file."""

    file: str
    provider: str | None
    account: str | None
    month: str
    currency: str | None
    values: Mapping[str, Any]
    """``rows``; ``sum_billed`` and ``count_``, ``min_``, ``max_`` of each cost; whatever else was asked for."""

    @property
    def rows(self) -> int:
        """The number of charges."""
        return int(self.values["rows"])

    def amount(self, cost: str) -> Decimal:
        """The sum of a cost."""
        return Decimal(self.values[f"sum_{cost}"] or 0)


def look_over(bills: Bills, more: Sequence[Measure] = (), *, keep_repeated: bool = False) -> list[Group]:
    """Every group of every file; raises :class:`InputError` for what would make a total wrong.

    That is a file without rows, a month or an amount that is none, and, unless ``keep_repeated``, charges that stand in
    two files.
    """
    measures = [ROWS, *_AMOUNTS, *more]
    ids = [measure.id for measure in measures]
    found = [
        Group(row[0], row[1], row[2], row[3], row[4], dict(zip(ids, row[len(_BY) :], strict=True)))
        for row in bills.rows(bills.cube(_BY, measures))
    ]
    found.sort(key=lambda g: tuple(str(part) for part in (g.file, g.provider, g.account, g.month, g.currency)))
    held = {group.file for group in found}
    if empty := [Problem(str(f), None, "", "has no rows under its header") for f in bills.files if str(f) not in held]:
        raise InputError(empty)
    suspects: dict[tuple[str, str], None] = {}
    for group in found:
        if group.month is None or not _MONTH.fullmatch(group.month):
            suspects[group.file, "bad_period_start"] = suspects[group.file, "empty_period_start"] = None
        for cost in COSTS:
            least, most = group.values[f"min_{cost}"], group.values[f"max_{cost}"]
            if least is not None and (least <= -_LARGEST or most >= _LARGEST):
                suspects[group.file, f"bad_{cost}"] = None
    if suspects and (error := bills.refused(list(suspects))):
        raise error
    if not keep_repeated:
        _refuse_repeated(bills, found)
    return found


def _refuse_repeated(bills: Bills, groups: Sequence[Group]) -> None:
    """Raise where two files hold the same charges of an account and month."""
    holders: defaultdict[tuple[str | None, str | None, str], set[str]] = defaultdict(set)
    for group in groups:
        holders[group.provider, group.account, group.month].add(group.file)
    months = sorted({month for (_, _, month), files in holders.items() if len(files) > 1})
    if not months:
        return
    by = ("provider", "account", "month", "currency", "charge_start", FILE)
    import narwhals as nw

    days = bills.cube(by, [ROWS, *_FINGERPRINT], is_one_of(nw.col("month"), months), ["month"])
    seen: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in bills.rows(days):
        seen[*row[: len(by) - 1], *row[len(by) :]].append(row[len(by) - 1])
    twice: defaultdict[tuple[str, str, Any, Any, str], list[tuple[int, Decimal]]] = defaultdict(list)
    for key, files in seen.items():
        for file in sorted(files)[1:]:
            twice[file, min(files), key[0], key[1], key[2]].append((key[5], key[6] or Decimal(0)))
    problems = []
    for (file, other, provider, account, month), found in sorted(twice.items(), key=str):
        rows, cost = sum(n for n, _ in found), add_all(amount for _, amount in found)
        days_said = f"{len(found)} day{'s' if len(found) > 1 else ''}"
        problems.append(
            Problem(
                file,
                None,
                f"{month}, {provider}, account {account}",
                f"{rows:,} rows of {days_said} with {shown(cost)} billed are in {other} too; "
                "leave one file out, or count both with --keep-repeated",
            )
        )
    if problems:
        raise InputError(problems[:5])
