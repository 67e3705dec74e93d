"""xlwings Lite, the free add-in that runs Python inside Excel: its files, with every function that needs no package.

Lite knows one file that a reader can look through: the rooms of a call, as far as they are used, and under them a
function for each entry of the catalogue. Of xlwings it takes ``func``, ``arg`` and ``XlwingsError`` alone.
"""

from __future__ import annotations

import json
from typing import Final

from xlroi.cells.catalogue import Declared, declared_functions
from xlroi.cells.hosts.bundle import Bundle
from xlroi.version import __version__

__all__ = ["MODULE", "NAMESPACE", "files", "left_out"]

MODULE: Final = "xlroi_functions"
"""The module that the user uploads."""

NAMESPACE: Final = "XLROI"
"""Stands before each name: a LAMBDA and a Lite function of one name in one workbook would break each other."""

_LONGEST: Final = 255  # characters of a help text that Excel takes

_MAIN: Final = f"""# The worksheet functions are in {MODULE}.py; functions and scripts of your own can stand here.
import {MODULE}
"""

# From the xlwings on that the project itself is locked to, which knows Pyodide's null; below 1, as Lite advises.
_REQUIREMENTS: Final = "xlwings>=0.37.8,<1.0.0\n"

_HEAD: Final = '''"""Worksheet functions of xlroi {version} for xlwings Lite: =XLROI.AI_TCO(150000, 15000, 24)

Made by xlroi; do not edit. Beside xlwings it needs the standard library alone.

- Not here, as they need whole models or the prices:
  {left_out}.
- Leave an argument out, or refer to a cell with ="", for its default. An empty cell is a 0: Excel hands it over so.
- Errors are Excel's own. Hover over a #VALUE! for its reason; the other errors cannot carry one in xlwings Lite.
"""

from __future__ import annotations

from xlwings import XlwingsError, arg, func

'''

_FACE: Final = '''
# ---- the functions as xlwings Lite registers them -------------------------------------------------------------------

NOT_IN_LITE = ({left_out})
"""Functions of the catalogue that are not here."""

# By itself a column arrives as a flat list, which would be given back as a row; and an error as an empty cell.
_AS_IN_THE_SHEET = {{"ndim": 2, "err_to_str": True}}


def _answer(spec, *given):
    """What goes into the cells. A #VALUE! is raised, as only what is raised shows its message in Lite."""
    found = call(spec, [_single(value) for value in given])
    if isinstance(found, CellError) and found == VALUE and found.message:
        raise XlwingsError(found.message)
    return [[_plain(cell) for cell in row] for row in found] if isinstance(found, list) else _plain(found)


def _single(value):
    """The value of a single cell, which is a range of one; a larger range as it is."""
    return value[0][0] if isinstance(value, list) and len(value) == len(value[0]) == 1 else value


def _plain(value):
    """An error as a plain text, which xlwings turns into an error of the cell."""
    return str(value) if isinstance(value, ExcelError) else value
'''


def files() -> dict[str, bytes]:
    """The files by their names, the same bytes each time.

    >>> sorted(files())
    ['main.py', 'requirements.txt', 'xlroi_functions.py']
    """
    texts = {"main.py": _MAIN, "requirements.txt": _REQUIREMENTS, f"{MODULE}.py": _module()}
    return {name: text.encode() for name, text in texts.items()}


def left_out() -> tuple[str, ...]:
    """The functions whose routines enter rooms that Lite has not.

    >>> left_out()[:2]
    ('AI_PRICE', 'AI_PRICE_DATE')
    """
    bundle = _rooms()
    return tuple(f.name for f in declared_functions() if bundle.leaves(f"_{f.name}"))


def _rooms() -> Bundle:
    return Bundle("xlroi.cells.generated")


def _module() -> str:
    absent = left_out()
    present = [f for f in declared_functions() if f.name not in absent]
    head = _HEAD.format(version=__version__, left_out=", ".join(absent))
    rooms = _rooms().text(["call", *(f"_{f.name}" for f in present)])
    faces = [_FACE.format(left_out=", ".join(map(_quoted, absent))), *(_registered(f) for f in present)]
    return head + rooms + "\n" + "\n\n".join(faces)


def _registered(function: Declared) -> str:
    lines = [f"@func(namespace={_quoted(NAMESPACE)})"]
    lines += [
        f"@arg({_quoted(a.name)}, doc={_quoted(a.about[:_LONGEST])}, **_AS_IN_THE_SHEET)" for a in function.arguments
    ]
    signature = ", ".join(a.name + ("" if a.default is None else "=None") for a in function.arguments)
    lines += [
        f"def {function.name}({signature}):",
        f'    """{function.summary[:_LONGEST]}"""',
        f"    return _answer(_{function.name}, {', '.join(a.name for a in function.arguments)})",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
