"""LibreOffice with the extension installed, for test_calc.py; runs under a Python that has ``uno``, and not as root.

Started as ``python calc_office.py SOFFICE SCRATCH``, beside a copy of xlroi/proof/libreoffice_worker.py, whose profile,
commands and lines of JSON it uses; SCRATCH holds the extension.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import libreoffice_worker
from libreoffice_worker import Office, properties


class OfficeWithAddIn(Office):
    def __init__(self, soffice: str, scratch: Path) -> None:
        profile = f"-env:UserInstallation={(scratch / 'profile').as_uri()}"
        unopkg = str(Path(soffice).resolve().with_name("unopkg"))
        command = [unopkg, "add", "--force", profile, str(scratch / "xlroi.oxt")]
        for last in (False, True):  # one of some ninety runs failed while unopkg ended; the next one did not
            done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
            if done.returncode == 0:
                break
            if last:
                raise RuntimeError(f"unopkg add: {done.stdout} {done.stderr}")
        super().__init__(soffice, scratch)

    def sheet(self, cells: dict, arrays: dict) -> dict:
        """A new book with these numbers, texts and formulas, computed: values, codes of errors, seconds it took."""
        document = self._desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, properties(Hidden=True))
        document.enableAutomaticCalculation(False)
        sheet = document.Sheets.getByIndex(0)
        for name, content in cells.items():
            cell = sheet.getCellRangeByName(name)
            cell.setFormula(content) if isinstance(content, str) else cell.setValue(content)
        for area, formula in arrays.items():
            sheet.getCellRangeByName(area).setArrayFormula(formula)
        start = time.perf_counter()
        document.calculateAll()
        seconds = time.perf_counter() - start
        values, codes = {}, {}
        for name in [*cells, *arrays]:
            area = sheet.getCellRangeByName(name)
            values[name] = area.getDataArray()
            where = area.RangeAddress
            codes[name] = [
                [area.getCellByPosition(x, y).getError() for x in range(where.EndColumn - where.StartColumn + 1)]
                for y in range(where.EndRow - where.StartRow + 1)
            ]
        document.close(True)
        return {"values": values, "codes": codes, "seconds": seconds}

    def functions(self) -> dict:
        """What the function wizard knows: summary, category and arguments (name, help, optional) by name."""
        found = self._services.createInstance("com.sun.star.sheet.FunctionDescriptions")
        known = {}
        for place in range(found.Count):
            about = {each.Name: each.Value for each in found.getByIndex(place)}
            if about["Name"].startswith("AI_"):
                arguments = [[a.Name, a.Description, a.IsOptional] for a in about["Arguments"]]
                known[about["Name"]] = [about["Description"], about["Category"], arguments]
        return known


libreoffice_worker.Office = OfficeWithAddIn
if __name__ == "__main__":
    libreoffice_worker.main()
