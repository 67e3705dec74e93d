"""Names and texts that a spreadsheet's look-ups and SUMIFS compare as they are written."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["reads_otherwise", "refused_name", "refused_text"]

_WILD: Final = set("*?~")
_LONGEST: Final = 255  # characters that SUMIFS compares in Excel
_MONTH: Final = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|"
    "dec(ember)?)"
)
_FIGURES: Final = r"[\s\d.,:;/+\-–%$€£¥()]*"
_OTHERWISE: Final = re.compile(
    rf"true|false|[=<>#].*|(?=.*\d){_FIGURES}({_MONTH}|am|pm|(?<=\d)e(?=[\d+-]))?{_FIGURES}(am|pm)?", re.IGNORECASE
)


def reads_otherwise(text: str) -> bool:
    """Whether a spreadsheet takes a text for a number, a date, a truth value, an error or a comparison.

    >>> [text for text in ("0042", "5 March", "10 PM", "#N/A", ">b", "Marketing 2", "e5") if reads_otherwise(text)]
    ['0042', '5 March', '10 PM', '#N/A', '>b']
    """
    return _OTHERWISE.fullmatch(text) is not None


def refused_name(name: str) -> str | None:
    """Why a name cannot stand for a row, or ``None``.

    >>> refused_name("GPU*")
    "the name 'GPU*' holds '*', which a look-up reads as a wildcard"
    """
    wild = sorted(_WILD & set(name))
    if name[:1] in ("=", "<", ">"):
        return f"the name {name!r} begins with {name[0]!r}, which a look-up reads as a comparison"
    if wild:
        return f"the name {name!r} holds {wild[0]!r}, which a look-up reads as a wildcard"
    if not name.strip():
        return "a row needs a name"
    if name != name.strip():
        return f"the name {name!r} begins or ends with a space"
    return None


def refused_text(text: str) -> str | None:
    """Why a text cannot stand in a ledger, or ``None``: a spreadsheet's SUMIFS would compare something else.

    >>> refused_text("Search"), refused_text("")
    (None, None)
    >>> refused_text("0042")
    "'0042' reads as a number, a date, a truth value or an error, which SUMIFS compares by value: put a word in front"
    """
    if not text:
        return None
    if not text.isprintable():
        return f"{text!r} holds a character that cannot be printed, as a line break or a tab"
    if len(text) > _LONGEST:
        return f"the text has {len(text)} characters, SUMIFS compares {_LONGEST} at most"
    if why := refused_name(text):
        return why
    if reads_otherwise(text):
        return (
            f"{text!r} reads as a number, a date, a truth value or an error, which SUMIFS compares by value: "
            "put a word in front"
        )
    return None
