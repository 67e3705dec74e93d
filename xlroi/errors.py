"""Every exception that xlroi raises on purpose.

::

    XlroiError
    ├── InputError        the user can mend it: a list of problems, each with its place   (exit code 2)
    │   └── (one exception carries all problems found, so that one run mends them all)
    ├── BookError         a workbook is damaged, foreign, too large or altered              (exit code 2)
    └── EngineUnavailable a spreadsheet engine could not run; never a pass                  (exit code 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BookError", "EngineUnavailable", "InputError", "Problem", "XlroiError"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and the way out.

    >>> print(Problem("case.yaml", 14, "inputs.initial_investment", "must be at least 0 (got -2.5)"))
    case.yaml:14: inputs.initial_investment: must be at least 0 (got -2.5)
    """

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        return ": ".join(part for part in (place, self.path, self.message) if part)


class XlroiError(Exception):
    """The base of all."""


class InputError(XlroiError):
    """What the user wrote cannot be used; ``problems`` holds every reason."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("", None, "", problems)]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class BookError(XlroiError):
    """A workbook cannot be read or trusted; the text names file, sheet and cell."""


class EngineUnavailable(XlroiError):
    """A spreadsheet engine is missing or broke down; the text says how to install it."""
