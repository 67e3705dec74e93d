"""The files of the classic add-in, its doctor, and what its buttons do, on a desk without Excel."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from xlroi import api
from xlroi.cells.hosts import actions
from xlroi.cells.hosts.addin import ADDIN, MODULE, files, holds_module, settings_of, texts
from xlroi.cells.hosts.doctor import Finding, Machine, findings
from xlroi.cells.hosts.install import beside, install
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml

ROOT = Path(__file__).parents[2]
RIBBON = "{http://schemas.microsoft.com/office/2009/07/customui}"


def parts(addin: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(addin)) as book:
        return {name: book.read(name) for name in book.namelist()}


def rewritten(addin: bytes, changed: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        for name, data in (parts(addin) | changed).items():
            book.writestr(name, data)
    return made.getvalue()


# ---- files -----------------------------------------------------------------------------------------------------------


def test_two_builds_are_the_same_bytes() -> None:
    assert files() == files()


def test_the_validator_of_the_open_xml_sdk_finds_nothing(tmp_path: Path) -> None:
    validator = ROOT / "tests" / "tools" / "node_modules" / ".bin" / "ooxml-validator"
    assert validator.exists(), "the validator is missing: run 'make test', which installs it"
    path = tmp_path / ADDIN
    path.write_bytes(files()[ADDIN])
    done = subprocess.run([str(validator), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_button_of_the_ribbon_calls_a_macro_of_the_module() -> None:
    buttons = etree.fromstring(parts(files()[ADDIN])["customUI/customUI.xml"]).iter(f"{RIBBON}button")
    macros = [b.get("onAction") for b in buttons]
    assert len(macros) == 5
    text = texts()["xlroi.bas"].decode()
    for macro in macros:
        module, _, name = macro.partition(".")
        assert module == MODULE
        assert f"Sub {name}(control As IRibbonControl)" in text
        assert f"xlroi.cells.hosts.actions.{name.removeprefix('Xlroi').lower()}()" in text


def test_the_add_in_reads_its_settings_from_a_sheet_that_it_does_not_pass_over() -> None:
    found = parts(files(r"C:\A & B\python.exe")[ADDIN])
    # PROJECT_NAME of the template's VBA, and ".conf".
    names = etree.fromstring(found["xl/workbook.xml"]).xpath("//*[local-name()='sheet']/@name")
    assert names == ["myaddin.conf"]
    settings = settings_of(files(r"C:\A & B\python.exe")[ADDIN])
    assert settings is not None
    assert settings["Interpreter_Win"] == r"C:\A & B\python.exe"
    assert settings["UDF Modules"] == "xlroi.cells.hosts.classic"
    assert settings["ADD_WORKBOOK_TO_PYTHONPATH"] == "false", "else modules beside a workbook would run"
    assert settings["xlwings"] == version("xlwings")


def test_no_setting_is_left_to_a_file_beside_a_workbook() -> None:
    """GetConfig of xlwings' VBA looks there for what the add-in's own sheet does not have."""
    spec = find_spec("xlwings")
    assert spec is not None
    assert spec.origin is not None
    code = Path(spec.origin).with_name("xlwings_custom_addin.bas").read_text(encoding="utf-8")
    asked = {key.upper() for key in re.findall(r'GetConfig\("([^"]+)"', code)}
    assert len(asked) > 10
    assert asked <= {key.upper() for key in settings_of(files()[ADDIN]) or {}}


def test_settings_are_read_after_excel_has_saved_the_add_in() -> None:
    """Excel moves texts into a table of their own."""
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>2</v></c></row></sheetData></worksheet>'
    )
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><t>xlroi</t></si><si><t>xlwings</t></si><si><r><t>1.</t></r><r><t>2</t></r></si></sst>"
    )
    saved = {"xl/worksheets/sheet1.xml": sheet.encode(), "xl/sharedStrings.xml": shared.encode()}
    assert settings_of(rewritten(files()[ADDIN], saved)) == {"xlroi": "1.2", "xlwings": "1.2"}


@pytest.mark.parametrize("foreign", [b"", b"no zip", rewritten(files()[ADDIN], {"xl/worksheets/sheet1.xml": b"<x/>"})])
def test_another_file_has_no_settings(foreign: bytes) -> None:
    assert settings_of(foreign) is None


def test_nothing_of_the_templates_author_is_left() -> None:
    found = parts(files()[ADDIN])
    assert b"felix" not in (found["docProps/core.xml"] + found["xl/workbook.xml"]).lower()


# ---- doctor ----------------------------------------------------------------------------------------------------------

CURRENT = ("HKCR", r"Excel.Application\CurVer", "")
HEALTHY = {CURRENT: "Excel.Application.16"}


@pytest.fixture
def excel(tmp_path: Path) -> Path:
    """A folder with an add-in that works: module imported, Python and xlwings' library where they belong."""
    folder, python = tmp_path / "XLSTART", tmp_path / "env" / "Scripts" / "python.exe"
    folder.mkdir()
    python.parent.mkdir(parents=True)
    python.touch()
    (python.parent.parent / f"xlwings64-{version('xlwings')}.dll").touch()
    install(folder, str(python))
    path = folder / ADDIN
    project = parts(path.read_bytes())["xl/vbaProject.bin"] + f"{MODULE}\0".encode("utf-16-le")
    path.write_bytes(rewritten(path.read_bytes(), {"xl/vbaProject.bin": project}))
    return folder


def ill(folder: Path, registry: dict[tuple[str, str, str], str] = HEALTHY, **changed: Any) -> list[Finding]:
    def value(hive: str, key: str, name: str) -> str | None:
        return registry.get((hive, key, name))

    given = {"system": "win32", "folder": folder, "registry": value, "has_pywin32": True} | changed
    return [f for f in findings(Machine(**given)) if f.status == "problem"]


def names(found: list[Finding]) -> list[str]:
    assert all(f.way_out for f in found), "a problem without a way out"
    return [f.name for f in found]


def test_nothing_is_wrong_with_an_add_in_that_works(excel: Path) -> None:
    assert ill(excel) == []


def test_another_system_is_named(excel: Path) -> None:
    assert names(ill(excel, system="linux")) == ["system"]


def test_excel_is_missing_or_too_old(excel: Path) -> None:
    assert names(ill(excel, {})) == ["excel"]
    assert names(ill(excel, {CURRENT: "Excel.Application.12"})) == ["excel"]


def test_pywin32_is_missing(excel: Path) -> None:
    assert names(ill(excel, has_pywin32=False)) == ["pywin32"]


def test_no_add_in_or_a_foreign_one(excel: Path) -> None:
    (excel / ADDIN).write_bytes(b"something else")
    assert names(ill(excel)) == ["add-in"]
    (excel / ADDIN).unlink()
    assert names(ill(excel)) == ["add-in"]


def test_the_module_was_not_imported(excel: Path) -> None:
    path = excel / ADDIN
    path.write_bytes(rewritten(path.read_bytes(), {"xl/vbaProject.bin": b""}))
    (found,) = ill(excel)
    assert found.name == "functions"
    assert str(beside(excel) / "xlroi.bas") in found.way_out


def test_the_add_in_is_made_for_another_xlwings(excel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlroi.cells.hosts.doctor.version", lambda _: "9.9.9")
    (found,) = ill(excel)
    assert (found.name, "9.9.9" in found.text) == ("xlwings", True)
    assert f'"xlwings=={version("xlwings")}"' in found.way_out


def test_python_is_gone(excel: Path) -> None:
    (excel.parent / "env/Scripts/python.exe").unlink()
    assert names(ill(excel)) == ["python"]


def test_the_library_was_taken_away(excel: Path) -> None:
    next(excel.parent.glob("env/*.dll")).unlink()
    (found,) = ill(excel)
    assert (found.name, "antivirus" in found.text) == ("library", True)


def test_the_file_is_marked_as_from_the_internet(excel: Path) -> None:
    Path(f"{excel / ADDIN}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n", encoding="utf-8")
    (found,) = ill(excel)
    assert (found.name, "Unblock-File" in found.way_out) == ("mark of the web", True)


def test_trusted_locations_and_defender(excel: Path) -> None:
    locations = r"Software\Policies\Microsoft\Office\16.0\Excel\Security\Trusted Locations"
    assert names(ill(excel, {**HEALTHY, ("HKCU", locations, "AllLocationsDisabled"): "1"})) == ["macros"]
    rules = r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
    rule = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
    assert names(ill(excel, {**HEALTHY, ("HKLM", rules, rule): "1"})) == ["antivirus"]


def test_an_add_in_just_made_has_no_module_yet() -> None:
    assert not holds_module(files()[ADDIN])


# ---- buttons ---------------------------------------------------------------------------------------------------------


class Desk:
    """A desk that notes what happens on it."""

    def __init__(self, path: Path, *, whole: bool = True) -> None:
        self.path, self.whole = path, whole
        self.shown: list[Any] = []
        self.opened: list[Path] = []
        self.told: list[str] = []
        self.bar = ""

    def file(self) -> tuple[Path, bool]:
        return self.path, self.whole

    def busy(self, text: str) -> None:
        self.bar = text

    def show(self, rows: Any) -> None:
        self.shown = [list(row) for row in rows]

    def open(self, path: Path) -> None:
        self.opened.append(path)

    def tell(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("books") / "mine.xlsx"
    api.build(case_from(parse_yaml("model: roi", "case.yaml")), path)
    return path


@pytest.fixture
def press(book: Path) -> Any:
    """Press a button; the workbook stays as it is, and the status bar is Excel's again."""

    def pressed(action: Any, **given: Any) -> Desk:
        before, desk = book.read_bytes(), Desk(book, **given)
        action(desk)
        assert book.read_bytes() == before
        assert desk.bar == ""
        return desk

    return pressed


def test_run_shows_the_outputs(press: Any) -> None:
    desk = press(actions.run)
    assert desk.shown[1] == ["Output", "Value", "Unit"]
    # 150,000 + 24 × 15,000, as in the model's worked example.
    assert 510000.0 in [row[1] for row in desk.shown[2:]]
    assert desk.told == []


def test_simulate_shows_percentiles_in_order(press: Any) -> None:
    desk = press(actions.simulate)
    heads = desk.shown[1]
    p10, p90 = heads.index("P10"), heads.index("P90")
    numbers = [row for row in desk.shown[2:] if isinstance(row[p10], float)]
    assert numbers
    assert all(row[p10] <= row[p90] for row in numbers)


def test_verify_says_what_was_proven(press: Any) -> None:
    assert press(actions.verify).told[0].startswith("Verified: ")


def test_build_takes_a_free_name(press: Any, book: Path) -> None:
    book.with_name("mine rebuilt.xlsx").touch()
    desk = press(actions.build, whole=False)
    assert desk.opened == [book.with_name("mine rebuilt 2.xlsx")]
    assert desk.told[0].endswith("Changes since the last save are not in it.")


def test_help_lists_every_function(press: Any) -> None:
    desk = press(actions.help)
    assert len(desk.shown) == 39
    assert desk.shown[1][0] == "AI_TCO"


def test_a_fault_is_told_and_never_raised(press: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlroi.api.read_case", lambda _: 1 / 0)
    assert press(actions.run).told == ["This is a fault of xlroi: ZeroDivisionError: division by zero"]


def test_a_workbook_without_a_file_and_a_foreign_one_are_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "Book1")
    actions.run(desk)
    assert desk.told == ["Book1 has no file yet; save it first"]
    foreign = tmp_path / "foreign.xlsx"
    foreign.write_bytes(b"nothing")
    desk = Desk(foreign)
    actions.verify(desk)
    assert "foreign.xlsx" in desk.told[0]
    assert "fault of xlroi" not in desk.told[0]
