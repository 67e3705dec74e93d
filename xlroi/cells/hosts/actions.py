"""What the add-in's buttons do with the workbook in front, through its file as last saved; nothing in it is changed.

The add-in calls them as ``RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.run()"``. Results
stand in new workbooks, words in a message; an exception becomes a message too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from xlroi.errors import InputError, XlroiError
from xlroi.values import CellValue, ExcelError

__all__ = ["Desk", "build", "help", "run", "simulate", "verify"]

_TRIALS: Final = 10_000

Rows = Sequence[Sequence[CellValue]]


class Desk(Protocol):
    """The spreadsheet program as an action needs it."""

    def file(self) -> tuple[Path, bool]:
        """The file of the workbook in front, and whether all of it is saved."""

    def busy(self, text: str) -> None:
        """Say in the status bar what goes on; an empty text gives the bar back."""

    def show(self, rows: Rows) -> None:
        """A table in a new workbook."""

    def open(self, path: Path) -> None:
        """Open a workbook that was written."""

    def tell(self, text: str) -> None:
        """A message that waits to be read."""


def _action(work: Callable[[Desk], str]) -> Callable[[Desk | None], None]:
    def action(desk: Desk | None = None) -> None:
        desk = desk or _Excel()
        try:
            desk.busy("xlroi is at work …")
            text = work(desk)
        except XlroiError as error:
            text = str(error)
        except Exception as error:
            text = f"This is a fault of xlroi: {type(error).__name__}: {error}"
        finally:
            desk.busy("")
        if text:
            desk.tell(text)

    action.__name__ = action.__qualname__ = work.__name__
    action.__doc__ = work.__doc__
    return action


@_action
def build(desk: Desk) -> str:
    """Write the workbook again, at its inputs as saved, under a name that is free; and open it."""
    from xlroi.api import build as write
    from xlroi.api import read_case

    path, note = _saved(desk)
    built = write(read_case(path).case, _free(path))
    desk.open(built.path)
    return f"Wrote {built.path.name}: {built.formula_cells:,} formula cells.{note}"


@_action
def run(desk: Desk) -> str:
    """The outputs under the workbook's own scenario."""
    from xlroi.api import read_case
    from xlroi.api import run as evaluate

    path, note = _saved(desk)
    result = evaluate(read_case(path).case)
    rows: list[Sequence[CellValue]] = [(f"{result.case.title}: {result.scenario}",), ("Output", "Value", "Unit")]
    for output in result.case.model.outputs:
        value = result.outputs[output.id]
        each = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{output.label} {name}".strip(), found, output.unit_text) for name, found in each]
    desk.show(rows)
    return note.strip()


@_action
def simulate(desk: Desk) -> str:
    """Mean and percentiles of the headlines."""
    from xlroi.analysis.simulate import simulate as draw
    from xlroi.api import read_case

    path, note = _saved(desk)
    case = read_case(path).case
    found = draw(case, _TRIALS)
    shares = list(found.outputs[0].percentiles)
    rows: list[Sequence[CellValue]] = [
        (f"{case.title}: {found.trials:,} trials, seed {found.seed}",),
        ("Output", "Mean", *(f"P{share}" for share in shares), "Probability above 0"),
    ]
    rows += [(o.target.label, o.mean, *(o.percentiles[s] for s in shares), o.above_zero) for o in found.outputs]
    desk.show(rows)
    return note.strip()


@_action
def verify(desk: Desk) -> str:
    """Recalculate the file in many states and compare every formula cell."""
    from xlroi.api import verify as prove

    path, note = _saved(desk)
    found = prove(path)
    if found.passed:
        (engine,) = found.proof.engines
        agree = f"{engine.cells:,} formula cells agree in {engine.states} states ({engine.engine} {engine.version})."
        edited = f" Inputs edited since the build: {', '.join(found.edited)}." if found.edited else ""
        return f"Verified: {agree}{edited}{note}"
    heads = ("Sheet", "Cell", "Formula", "Expected", "Got", "State")
    wrong = found.proof.mismatches
    desk.show([heads, *((m.sheet, m.cell, m.formula, m.expected, m.got, m.state) for m in wrong)])
    return f"{len(wrong):,} cells differ.{note}"


@_action
def help(desk: Desk) -> str:  # noqa: A001  # the button's name
    """Every worksheet function with its arguments."""
    from xlroi.cells.generated import SPECS

    rows: list[Sequence[CellValue]] = [("Function", "Category", "What it gives", "Arguments")]
    for spec in SPECS:
        arguments = ", ".join(p.name if p.required else f"[{p.name}]" for p in spec.parameters)
        rows.append((spec.name, spec.category, spec.summary, arguments))
    desk.show(rows)
    return ""


def _saved(desk: Desk) -> tuple[Path, str]:
    """The file, and a remark where the workbook holds more than its file."""
    path, whole = desk.file()
    if not path.is_file():
        raise InputError(f"{path.name} has no file yet; save it first")
    return path, "" if whole else " Changes since the last save are not in it."


def _free(path: Path) -> Path:
    """A name beside the workbook that nobody has."""
    names = (f"{path.stem} rebuilt{'' if number == 1 else f' {number}'}.xlsx" for number in range(1, 10_000))
    return next(found for name in names if not (found := path.with_name(name)).exists())


class _Excel:
    """Excel, by xlwings."""

    def __init__(self) -> None:
        import xlwings as xw  # 1.8 seconds, so not before a button is pressed

        self.book: Any = xw.Book.caller()

    def file(self) -> tuple[Path, bool]:
        return Path(self.book.fullname), bool(self.book.api.Saved)

    def busy(self, text: str) -> None:
        self.book.app.status_bar = text or False

    def show(self, rows: Rows) -> None:
        width = max(map(len, rows))
        sheet = self.book.app.books.add().sheets[0]
        sheet.range("A1").value = [[*map(_typed, row), *[None] * (width - len(row))] for row in rows]
        sheet.autofit("columns")

    def open(self, path: Path) -> None:
        self.book.app.books.open(str(path))

    def tell(self, text: str) -> None:
        self.book.app.alert(text, "xlroi")


def _typed(value: CellValue) -> CellValue:
    """As it must be typed to stay what it is: a text that looks like a formula is not one.

    >>> _typed("=1+1"), _typed(ExcelError("#N/A")), _typed(2.5)
    ("'=1+1", #N/A, 2.5)
    """
    return value if not isinstance(value, str) or isinstance(value, ExcelError) else f"'{value}"
