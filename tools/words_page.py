"""Write docs/words.md: every word of the language, what it means, and what computes and tests it.

python tools/words_page.py          prints the page
python tools/words_page.py --write  writes it
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from xlroi.formula.functions import FUNCTIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "words.md"

HEAD = """# Words of the formula language

Made by `python tools/words_page.py --write`; a test compares it with the registry. "Hand" is a value worked by hand
or from a published example in the tests, "sheet" a recalculation by IronCalc and by LibreOffice of the same formula in
a cell, "random" the 20,000 random expressions on both. Microsoft Excel was not at hand.

| word | family | what it gives | in cells | tested |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    tests = {
        "hand": _text("tests/formula/test_behaviours.py", "tests/engine/test_run.py", "tests/engine/test_roots.py"),
        "sheet": _text("tests/formula/test_behaviours.py", "tests/engine/test_excel_finance.py"),
        "random": _text("tests/formula/test_random_expressions.py"),
    }
    tests["hand"] += _text("tests/engine/test_excel_finance.py")
    templates = _text(*[str(p.relative_to(ROOT)) for p in sorted((ROOT / "workbook_templates").rglob("*.yaml"))])
    templates += _text("examples/templates/delivery_vans.yaml", "xlroi/model/tables.py", "xlroi/workbook/lines.py")
    templates += _text("xlroi/workbook/whatif.py")
    rows = []
    for name, function in FUNCTIONS.items():
        word = re.compile(rf"\b{re.escape(name)}\b")
        how = [kind for kind, text in tests.items() if word.search(text)]
        if word.search(templates):
            how.append("models")
        if function.expands:
            spelled = f"written out as `{function.expands}`"
        elif function.excel:
            spelled = f"`{function.excel}`"
        else:
            spelled = "a form of its own"
        rows.append(f"| `{name}` | {function.family} | {function.summary} | {spelled} | {', '.join(how)} |")
    return HEAD + "\n".join(rows) + "\n"


def _text(*paths: str) -> str:
    return "\n".join((ROOT / path).read_text(encoding="utf-8") for path in paths)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
