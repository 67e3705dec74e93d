"""Look-ups in the catalogue of prices, as a cell asks for them."""

from __future__ import annotations

from xlroi.cells.runtime import Failed
from xlroi.model.catalogue import Entry, catalogue
from xlroi.values import NA, to_serial

__all__ = ["day_of", "entry"]

_SHOWN = 4


def entry(item: str, provider: str, region: str, term: str) -> Entry:
    """The one entry that fits: an id, or words that fit one id alone; the newest figure of it counts.

    >>> entry("p5.48xlarge", "aws", "us-east-1", "on-demand").unit
    'money/(GPU*h)'
    """
    if not item:
        raise Failed(NA, "item is empty")
    known = catalogue()
    found = [e for e in known.entries if e.id == item.casefold()] or known.search(item)
    for given, of in ((provider, "provider"), (region, "region"), (term, "term")):
        if given:
            found = [e for e in found if _plain(getattr(e, of)) == _plain(given)]
    ids = list(dict.fromkeys(e.id for e in found))
    if not ids:
        raise Failed(NA, f"the catalogue has no entry {' '.join(filter(None, (item, provider, region, term)))!r}")
    if len(ids) > 1:
        raise Failed(NA, f"{len(ids)} entries fit: {', '.join(ids[:_SHOWN])}{' and more' * (len(ids) > _SHOWN)}")
    return found[0]


def _plain(text: str) -> str:
    return text.casefold().replace(" ", "-")


def day_of(item: str, provider: str, region: str, term: str) -> float:
    """The day of an entry as a serial number; #N/A where it has none."""
    found = entry(item, provider, region, term)
    if found.as_of is None:
        raise Failed(NA, f"{found.id} has no date")
    return to_serial(found.as_of)
