"""What a function is, as data: the check, the speller, both engines and the docs read the same record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Function", "Shape", "UnitRule"]

Shape = Literal["elementwise", "aggregate", "timeline", "previous", "running", "member", "macro"]
"""
* ``elementwise``: the result runs along every axis of its arguments;
* ``aggregate``: reduces the axes of its first argument that the line does not have; with several (beyond its
  ``parameters``), elementwise;
* ``timeline``: reads a whole row of months and gives one value (per member);
* ``previous``: reads an earlier column of a line;
* ``running``: reads a line from step 0 up to the present column;
* ``member``: reads other rows of a table (each word has its rule in ``check``);
* ``macro``: written as ``expands`` says, and gone after the check.
"""

UnitRule = Literal["same", "first", "pure", "any", "branches", "root", "rate", "like", "date", "nothing"]
"""
* ``same``: all arguments in one unit, which is the result's;
* ``first``: the result has the first argument's unit, the others are dimensionless;
* ``pure``: dimensionless in, dimensionless out;
* ``any``: whatever goes in, a dimensionless value comes out;
* ``branches``: the first argument is a condition or a number, the others share the result's unit;
* ``root``: the square root of the argument's unit;
* ``rate``: the arguments named by ``like`` share a unit, dates are dates, the rest and the result dimensionless;
* ``like``: the arguments named by ``like`` share the result's unit, dates are dates, the rest is dimensionless;
* ``date``: a date and a whole number of months give a date;
* ``nothing``: a value that fits any unit (an error on purpose).
"""


@dataclass(frozen=True, slots=True)
class Function:
    """One word of the language.

    ``kinds`` names what each argument must be (the last repeats): number, flag, text, any.
    ``result`` is the kind that comes out; "branch" takes it from the arguments.
    ``dead`` tells when the result is provably zero after the horizon: "first", "all" or "any" of the arguments are.
    ``excel`` is the spelling of a plain call; ``None`` where the speller has a method of its own.
    ``implied`` are names that the spelling reads beside the arguments.
    """

    name: str
    family: str
    arity: tuple[int, int | None]
    summary: str
    shape: Shape = "elementwise"
    units: UnitRule = "same"
    kinds: tuple[str, ...] = ("number",)
    result: Literal["number", "flag", "text", "branch"] = "number"
    dead: Literal["first", "all", "any", "branches"] | None = None
    excel: str | None = None
    implied: tuple[str, ...] = ()
    zero_when_dead: bool = False
    """The argument must be provably zero after the horizon, as sums and rates over time read every column."""
    handles_errors: bool = False
    """Turns errors into values; allowed only in lines that declare it, so that no error is swallowed unseen."""
    series: tuple[int, ...] = ()
    """Which arguments of a ``timeline`` function are rows of months; they must be plain lines."""
    like: tuple[int, ...] = (0,)
    """Which arguments share a unit, for the unit rules ``like`` and ``rate``."""
    parameters: int = 0
    """How many arguments of an ``aggregate`` follow the one it reduces, as the share of a PERCENTILE."""
    expands: str = ""
    """What a ``macro`` stands for, as a formula over its arguments ``a``, ``b`` …"""

    def kind_of(self, index: int) -> str:
        """What argument ``index`` must be."""
        return self.kinds[min(index, len(self.kinds) - 1)]

    def reduces(self, count: int) -> bool:
        """Whether a call with ``count`` arguments reduces an axis, or works element by element."""
        return self.shape == "aggregate" and count - self.parameters == 1
