"""Drives one LibreOffice for :mod:`xlroi.proof.libreoffice`; runs under a Python that has ``uno``.

That is the system's Python or LibreOffice's own, not the one that runs xlroi, so
this file imports nothing of xlroi and keeps to what Python 3.8 understands. It is
started as ``python worker.py SOFFICE SCRATCH``, reads one JSON request a line and
answers each with one JSON line: ``{"answer": …}``, ``{"book_error": text}`` (this
request cannot be met) or ``{"engine_error": text}``. Rows and columns count from 0.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]

VALUES_TEXTS_FORMULAS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: VALUE, DATETIME, STRING, FORMULA
ERROR_RESULTS = 4  # com.sun.star.sheet.FormulaResult.ERROR
EXCEL_FILES = 5  # the spelling of functions inside .xlsx files (_xlfn.…); undocumented member of FormulaLanguage
ALL_FUNCTIONS = 0x7FFFFFFF
EXCEL_ADDRESSES = 3  # com.sun.star.sheet.AddressConvention.XL_OOX
START_SECONDS = 90

# Nothing in a foreign book may run, fetch or ask, and one thread calculates. The settings stand in a profile of our
# own, made anew each time.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop>
</item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Calculation"><prop
oor:name="UseThreadedCalculationForFormulaGroups" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="UseOpenCL" oor:op="fuse"><value>false</value></prop>
</item>
<item oor:path="/org.openoffice.Office.Recovery/AutoSave"><prop oor:name="Enabled" oor:op="fuse">
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""


class UnusableBookError(Exception):
    """A request that this book cannot meet."""


def properties(**values: Any) -> tuple[Any, ...]:
    """UNO's way of named arguments."""
    made = []
    for name, value in values.items():
        one = PropertyValue()
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


class Office:
    """The LibreOffice process and the books open in it; its public methods are the commands."""

    def __init__(self, soffice: str, scratch: Path) -> None:
        profile = scratch / "profile"
        (profile / "user").mkdir(parents=True, exist_ok=True)
        (profile / "user" / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
        pipe = "xlroi" + scratch.name.replace("-", "").replace("_", "")
        self.process = subprocess.Popen(
            [
                soffice,
                f"-env:UserInstallation={profile.as_uri()}",
                "--headless",
                "--norestore",
                "--nologo",
                "--nodefault",
                f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        context = self._connect(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        self._services = context.ServiceManager
        self._desktop = self._services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        settings = self._services.createInstanceWithContext("com.sun.star.configuration.ConfigurationProvider", context)
        product = settings.createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess", properties(nodepath="/org.openoffice.Setup/Product")
        )
        self.version = str(product.getByName("ooSetupVersionAboutBox"))
        self._books: dict[int, Any] = {}
        self._sheets: dict[tuple[int, str], Any] = {}
        self._opened = 0
        self._functions: Any = None

    def _connect(self, address: str) -> Any:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return resolver.resolve(address)
            except Exception as error:  # UNO's exceptions have no common base that can be imported
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"LibreOffice did not start (exit code {self.process.poll()})") from error
            time.sleep(0.02)

    def open(self, path: str) -> dict[str, Any]:
        url = uno.systemPathToFileUrl(path)
        # MacroExecutionMode NEVER_EXECUTE and UpdateDocMode NO_UPDATE are both 0.
        arguments = properties(Hidden=True, MacroExecutionMode=0, UpdateDocMode=0)
        document = self._desktop.loadComponentFromURL(url, "_blank", 0, arguments)
        if document is None or not document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            raise UnusableBookError("LibreOffice could not load it as a spreadsheet")
        document.enableAutomaticCalculation(False)
        self._opened += 1
        self._books[self._opened] = document
        names = list(document.Sheets.ElementNames)
        self._sheets.update({(self._opened, name): document.Sheets.getByName(name) for name in names})
        return {"book": self._opened, "sheets": names}

    def set(self, book: int, changes: list[list[Any]]) -> None:
        """Each change: sheet, column, row, kind (number, text, error, empty), value."""
        for sheet, column, row, kind, value in changes:
            cell = self._sheets[book, sheet].getCellByPosition(column, row)
            if kind == "number":
                cell.setValue(value)
            elif kind == "text":
                cell.setString(value)
            else:
                cell.setFormula("=" + value if kind == "error" else "")

    def set_formula(self, book: int, sheet: str, column: int, row: int, formula: str) -> None:
        # A cell's own setFormula wants LibreOffice's spelling ($Sheet.A1, semicolons), so Excel's goes by the parser.
        document = self._books[book]
        if self._functions is None:
            mapper = document.createInstance("com.sun.star.sheet.FormulaOpCodeMapper")
            self._functions = mapper.getAvailableMappings(EXCEL_FILES, ALL_FUNCTIONS)
        parser = document.createInstance("com.sun.star.sheet.FormulaParser")
        parser.OpCodeMap = self._functions
        parser.FormulaConvention = EXCEL_ADDRESSES
        cell = self._sheets[book, sheet].getCellByPosition(column, row)
        cell.setTokens(parser.parseFormula(formula, cell.CellAddress))

    def recalculate(self, book: int) -> None:
        self._books[book].calculateAll()  # hard: every formula, changed or not

    def values(self, book: int, sheets: list[str]) -> list[dict[str, Any]]:
        """What the sheets hold: blocks (left column, top row, rows of values) and errors (column, row, code)."""
        return [self._values(self._sheets[book, sheet]) for sheet in sheets]

    def _values(self, sheet: Any) -> dict[str, Any]:
        filled = sheet.queryContentCells(VALUES_TEXTS_FORMULAS).RangeAddresses
        if not filled:
            return {"blocks": [], "errors": []}
        # One call for the whole area where it is not too empty: each call costs as much as a hundred cells.
        left, top = min(r.StartColumn for r in filled), min(r.StartRow for r in filled)
        right, bottom = max(r.EndColumn for r in filled), max(r.EndRow for r in filled)
        if (right - left + 1) * (bottom - top + 1) < 20_000 + 200 * len(filled):
            area = sheet.getCellRangeByPosition(left, top, right, bottom).getDataArray()
            blocks = [
                (
                    r.StartColumn,
                    r.StartRow,
                    [
                        row[r.StartColumn - left : r.EndColumn - left + 1]
                        for row in area[r.StartRow - top : r.EndRow - top + 1]
                    ],
                )
                for r in filled
            ]
        else:
            blocks = [
                (
                    r.StartColumn,
                    r.StartRow,
                    sheet.getCellRangeByPosition(r.StartColumn, r.StartRow, r.EndColumn, r.EndRow).getDataArray(),
                )
                for r in filled
            ]
        errors = [
            (column, row, sheet.getCellByPosition(column, row).getError())
            for r in sheet.queryFormulaCells(ERROR_RESULTS).RangeAddresses
            for row in range(r.StartRow, r.EndRow + 1)
            for column in range(r.StartColumn, r.EndColumn + 1)
        ]
        return {"blocks": blocks, "errors": errors}

    def save(self, book: int, path: str) -> None:
        arguments = properties(FilterName="Calc MS Excel 2007 XML", Overwrite=True)
        self._books[book].storeToURL(uno.systemPathToFileUrl(path), arguments)

    def close(self, book: int) -> None:
        self._sheets = {key: sheet for key, sheet in self._sheets.items() if key[0] != book}
        self._books.pop(book).close(True)

    def stop(self) -> None:
        """Ends LibreOffice, politely at first."""
        try:
            self._desktop.terminate()
            self.process.wait(10)
        except Exception:  # the bridge breaks while it answers; killing is always right here
            self.process.kill()
            self.process.wait(10)


def main() -> None:
    """Serves requests until standard input ends, also when the asking process died."""
    scratch = Path(sys.argv[2])
    office = None
    try:
        office = Office(sys.argv[1], scratch)
        print(json.dumps({"answer": office.version}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            command = getattr(office, request.pop("command"))
            try:
                reply = {"answer": command(**request)}
            except Exception as error:  # whatever UNO throws belongs to this request
                message = getattr(error, "Message", "") or str(error) or type(error).__name__
                # Its launcher may outlive a LibreOffice that crashed; the broken bridge tells.
                alive = office.process.poll() is None and "disposed" not in message
                reply = {"book_error" if alive else "engine_error": message}
            print(json.dumps(reply), flush=True)
    except RuntimeError as error:
        print(json.dumps({"engine_error": str(error)}), flush=True)
    finally:
        if office is not None:
            office.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
