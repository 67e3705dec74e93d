"""Write xlroi/cells/generated.py from workbook_templates/functions.yaml.

python tools/worksheet_functions.py          prints the module
python tools/worksheet_functions.py --write  writes it
"""

from __future__ import annotations

import sys
from pathlib import Path

from xlroi.cells.python import module

MODULE = Path(__file__).parent.parent / "xlroi" / "cells" / "generated.py"

if __name__ == "__main__":
    if "--write" in sys.argv:
        MODULE.write_text(module(), encoding="utf-8")
    else:
        sys.stdout.write(module())
