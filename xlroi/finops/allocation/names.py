"""Names of owners that a spreadsheet's look-ups read as they are written."""

from __future__ import annotations

import hashlib
from typing import Final

from xlroi.finops.facts import NOBODY
from xlroi.formula.lookups import reads_otherwise

__all__ = ["Names", "readable"]

# SUMIFS takes these for wildcards wherever they stand; their twins look alike and are plain letters to it.
_TWINS: Final = str.maketrans({"*": "\u2217", "?": "\uff1f", "~": "\u223c"})
_JOINT: Final = " – "  # joins the names of a team and a pool in a workbook, which must not read alike
_LONGEST: Final = 200  # SUMIFS takes 255 letters


def readable(name: str, word: str) -> str:
    """A name that is looked up as it is written; ``word`` says what is named.

    Spaces around it and in a row go, characters that cannot be printed too. What reads as a number, a date, a truth
    value or a comparison gets ``word`` in front; ``*``, ``?`` and ``~``, which stand for other letters in a look-up,
    give way to their look-alikes. Names over 200 letters are cut, with a checksum. Empty where nothing is left.

    >>> readable(" Search  team ", "team"), readable("123456789012", "team"), readable("2026-03", "product")
    ('Search team', 'team 123456789012', 'product 2026-03')
    >>> readable("TRUE", "team"), readable("1e5", "team"), readable("H100", "model"), "*" in readable("a*", "team")
    ('team TRUE', 'team 1e5', 'H100', False)
    """
    found = (
        " ".join("".join(c if c.isprintable() else " " for c in name).split()).translate(_TWINS).replace(_JOINT, " - ")
    )
    if len(found) > _LONGEST:
        found = f"{found[: _LONGEST - 10]}… {hashlib.sha256(found.encode()).hexdigest()[:8]}"
    return f"{word} {found}" if reads_otherwise(found) else found


class Names:
    """The names of one dimension; those that differ in case alone are one, as they are to a spreadsheet."""

    def __init__(self, word: str) -> None:
        self.word = word
        self._keys: dict[str, str] = {}
        self._spelt: dict[str, str] = {NOBODY.lower(): NOBODY}
        self._given: set[str] = {NOBODY.lower()}

    def key(self, name: str, *, given: bool = False) -> str:
        """What stands for a name and all that equal it; empty where nothing can be read.

        Of several spellings the first ``given`` (by the rules and their files) is shown, else the first in the order of
        characters, so that the order of rows does not matter.
        """
        if not given and name in self._keys:
            return self._keys[name]
        spelt = readable(name, self.word)
        key = spelt.lower()
        if key and key not in self._given and (given or spelt < self._spelt.get(key, "\U0010ffff")):
            self._spelt[key] = spelt
            if given:
                self._given.add(key)
        if not given:
            self._keys[name] = key
        return key

    def shown(self, key: str) -> str:
        """The spelling of a key."""
        return self._spelt[key]
