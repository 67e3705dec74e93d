"""Tags of charges: read leniently, their keys without spaces around them."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["read_tags", "untidy"]

_NOTHING = {"", "null", "none"}


def read_tags(text: str | None) -> dict[str, str] | None:
    """The tags that have a value; None where the text is no JSON object (Azure's, without braces, is taken for one).

    Of keys that differ by spaces alone, the first with a value counts.

    >>> read_tags('{" org": "trey", "env": ""}'), read_tags('"a": "1","b": 2'), read_tags(None), read_tags("x")
    ({'org': 'trey'}, {'a': '1', 'b': '2'}, {}, None)
    """
    pairs = _pairs(text)
    if pairs is None:
        return None
    found: dict[str, str] = {}
    for key, value in pairs:
        said = value.strip() if isinstance(value, str) else json.dumps(value)
        if said.lower() not in _NOTHING:
            found.setdefault(key.strip(), said)
    return found


def untidy(text: str | None) -> list[str]:
    """The keys with spaces around them.

    >>> untidy('{" org": "trey"}')
    [' org']
    """
    return [key for key, _ in _pairs(text) or () if key != key.strip()]


def _pairs(text: str | None) -> list[tuple[str, Any]] | None:
    if text is None:
        return []
    try:
        read = _DECODER.decode(text if text.startswith("{") else f"{{{text}}}")
    except (ValueError, RecursionError):
        return None
    return list(read)


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs, as a key may come twice."""


# Made once: a million texts would else make a million of them.
_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_Pairs)
