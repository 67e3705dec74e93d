"""Write xlroi/cells/generated.py and docs/functions.md from workbook_templates/functions.yaml.

python tools/worksheet_functions.py          prints both
python tools/worksheet_functions.py --write  writes both
"""

from __future__ import annotations

import sys
from pathlib import Path

from xlroi.cells.catalogue import Declared, declared_functions, units
from xlroi.cells.hosts.lite import left_out
from xlroi.cells.python import module

ROOT = Path(__file__).parent.parent
MODULE = ROOT / "xlroi" / "cells" / "generated.py"
PAGE = ROOT / "docs" / "functions.md"

HEAD = """# Worksheet functions

Made by `python tools/worksheet_functions.py --write`; a test compares it with the catalogue. How to install each host,
and what its tests can and cannot show: [hosts.md](hosts.md).

**No function has been tried in Microsoft Excel yet**; the sheet *Check in Excel* of `xlroi-functions.xlsx` is ready for
the first who has it.

| function | category | Python | Excel, LAMBDA | xlwings, classic | xlwings Lite | LibreOffice Calc |
|---|---|---|---|---|---|---|
"""

FOOT = """
- **Python**: each example has the value of its source; formulas, flows and depreciation are worked again by hand or by
  another library (`tests/cells/test_runtime.py`).
- **recalculated**: IronCalc gives the value of Python, in the example and in random and bad arguments; ranges are not
  recalculated, as IronCalc's functions take none (`tests/cells/test_lambdas.py`). "–": no formula, needs Python.
- **contract**: xlwings' own code with the Windows parts stubbed: metadata, VBA, conversion of arguments, errors
  (`tests/cells/test_classic.py`).
- **Pyodide**: the very file runs under Pyodide in Node, with what Excel sends (`tests/cells/test_lite.py`). "–": needs
  packages that Lite has not.
- **calculated**: cells of a sheet in LibreOffice, headless (`tests/cells/test_calc.py`); "worker": by a process of the
  Python in which xlroi is installed.

## Each function
"""


def page() -> str:
    """The whole page of functions."""
    absent = set(left_out())
    known = units(declared_functions())
    rows, details = [], []
    for f in declared_functions():
        heavy = f.name in absent
        hosts = ("tested", "recalculated" if f.formula is not None else "–", "contract", "–" if heavy else "Pyodide",
                 "calculated, worker" if heavy else "calculated")  # fmt: skip
        rows.append(f"| `{f.name}` | {f.category} | {' | '.join(hosts)} |")
        details.append(_detail(f, str(known[f.name]) if f.name in known else ""))
    return HEAD + "\n".join(rows) + "\n" + FOOT + "\n" + "\n".join(details)


def _detail(function: Declared, unit: str) -> str:
    lines = [f"### `{function.syntax}`\n", f"{function.summary}" + (f" Unit: {unit}." if unit not in ("", "1") else "")]
    lines += ["", *(f"- `{a.name}`: {a.about}" for a in function.arguments)]
    if function.text:
        given = "; ".join(f"{k} = {v}" for k, v in function.said_steps)
        lines += ["", f"`{' '.join(function.text.split())}`" + (f" with {given}" if given else "")]
    if function.value is not None:
        shown = ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in function.example)
        lines += ["", f"Example: `{function.name}({shown})` is {function.value:.10g} ({function.source})."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for target, text in ((MODULE, module()), (PAGE, page())):
        if "--write" in sys.argv:
            target.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)
