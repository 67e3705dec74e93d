"""Rules that look at a charge: what they match, and what one hides of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

__all__ = ["COLUMNS", "Condition", "Glob", "LookUp", "Rule", "Where", "hides"]

COLUMNS: Final = {
    "provider": "provider",
    "account": "sub_account",
    "account_name": "sub_account_name",
    "billing_account": "account",
    "billing_account_name": "account_name",
    "service": "service",
    "category": "service_category",
    "charge": "category",
    "region": "region",
    "resource": "resource",
    "resource_name": "resource_name",
    "resource_type": "resource_type",
    "description": "description",
    "pricing": "pricing",
    "commitment": "commitment_status",
}
"""The words of a rule, and the ledger columns that they look at."""

Where = tuple[str, str]
"""``("column", "service")`` or ``("tag", "team")``."""
Charge = Mapping[Where, str]
"""What a charge says where it says anything."""


@dataclass(frozen=True)
class Glob:
    """A pattern: ``*`` is any text, ``?`` any letter; capitals do not matter.

    >>> Glob("Amazon*").matches("amazon EC2"), Glob("i-?").matches("i-12")
    (True, False)
    """

    text: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return self._compiled({"*": ".*", "?": "."})

    @property
    def plain(self) -> bool:
        """Whether it stands for one text only."""
        return not set(self.text) & {"*", "?"}

    def matches(self, text: str) -> bool:
        """Whether a whole text is of this pattern."""
        return self._pattern.fullmatch(text) is not None

    def covers(self, other: Glob) -> bool:
        """Whether all that another pattern matches is of this one.

        >>> Glob("Amazon*").covers(Glob("amazon s?")), Glob("a?").covers(Glob("a*")), Glob("*").covers(Glob("?"))
        (True, False, True)
        """
        return self._cover.fullmatch(other.text) is not None

    @cached_property
    def _cover(self) -> re.Pattern[str]:
        # The other's wildcards are letters here: its star is met by a star alone, its question mark by either.
        return self._compiled({"*": ".*", "?": "[^*]"})

    def _compiled(self, parts: Mapping[str, str]) -> re.Pattern[str]:
        text = re.sub(r"\*+", "*", self.text)
        return re.compile("".join(parts.get(c, re.escape(c)) for c in text), re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """One place of a charge and what must stand there, one of several patterns."""

    where: Where
    globs: tuple[Glob, ...]

    def holds(self, charge: Charge) -> bool:
        """Whether a charge is so; what says nothing is not."""
        said = charge.get(self.where)
        return said is not None and any(glob.matches(said) for glob in self.globs)

    @cached_property
    def _plain(self) -> set[str]:
        return {glob.text.lower() for glob in self.globs if glob.plain}

    @cached_property
    def _wild(self) -> list[Glob]:
        return [glob for glob in self.globs if not glob.plain]

    def implied_by(self, other: Condition) -> bool:
        """Whether it holds wherever another does."""
        if self.where != other.where:
            return False
        return all(
            (b.plain and b.text.lower() in self._plain) or any(a.covers(b) for a in self._wild) for b in other.globs
        )


@dataclass(frozen=True)
class LookUp:
    """Names by what a place says: exact texts first, then patterns in their order."""

    names: Mapping[str, str]
    patterns: bool = True
    """Whether a text may be a pattern, as in a rule; a key of a file is what it says."""

    @cached_property
    def _exact(self) -> dict[str, str]:
        return {said.lower(): name for said, name in reversed([*self.names.items()])}

    @cached_property
    def _globs(self) -> list[tuple[Glob, str]]:
        return [(Glob(said), name) for said, name in self.names.items() if self.patterns and not Glob(said).plain]

    def get(self, said: str) -> str | None:
        """The name, None where there is none."""
        found = self._exact.get(said.lower())
        return found or next((name for glob, name in self._globs if glob.matches(said)), None)


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold, and the name of what is matched."""

    path: tuple[str | int, ...]
    line: int | None
    conditions: tuple[Condition, ...]
    named: str | LookUp | None
    """A name, names by what ``source`` says, or None: what it says is the name."""
    source: Where | None = None
    also: tuple[Condition, ...] = field(default=(), compare=False)
    """What a look-up asks besides; only :func:`hides` looks at it."""

    def name(self, charge: Charge) -> str | None:
        """The name for a charge; None where the rule does not match."""
        if not all(condition.holds(charge) for condition in self.conditions):
            return None
        if isinstance(self.named, str):
            return self.named
        said = charge.get(self.source) if self.source else None
        return self.named.get(said) if said is not None and self.named is not None else said

    def reads(self) -> Iterable[Where]:
        """All places that it looks at."""
        yield from (condition.where for condition in self.conditions)
        if self.source:
            yield self.source


def hides(earlier: Rule, later: Rule) -> bool:
    """Whether an earlier rule matches all that a later one could."""
    wanted: Sequence[Condition] = (*later.conditions, *later.also)
    return all(any(c.implied_by(other) for other in wanted) for c in (*earlier.conditions, *earlier.also))
