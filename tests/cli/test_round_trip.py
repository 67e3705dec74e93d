"""From the workbook back to the case: what was typed comes back, what was broken is refused with its cell."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

import xlroi
from xlroi.errors import BookError
from xlroi.model.case import case_from
from xlroi.model.loading import load_yaml, parse_yaml
from xlroi.model.model import Column
from xlroi.proof.cells import formula_cells, read_book
from xlroi.proof.compare import Worst, compare, searched_cells
from xlroi.proof.libreoffice import LibreOfficeBook
from xlroi.values import CellValue
from xlroi.workbook.lines import SCENARIO
from xlroi.workbook.read import ReadBack, read_back

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def vans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vans")
    shutil.copy(EXAMPLES / "delivery_vans.yaml", folder)
    shutil.copytree(EXAMPLES / "templates", folder / "templates")
    xlroi.build(xlroi.load_case(folder / "delivery_vans.yaml"), folder / "vans.xlsx", live=False)
    return folder / "vans.xlsx"


@pytest.fixture(scope="module")
def plan(vans: Path) -> ReadBack:
    return read_back(vans, {key: cell.value for key, cell in read_book(vans).cells.items()})


@pytest.fixture(scope="module")
def opened(vans: Path) -> Iterator[LibreOfficeBook]:
    with LibreOfficeBook(vans) as book:
        yield book


Edit = Callable[..., Path]


@pytest.fixture
def edited(opened: LibreOfficeBook, plan: ReadBack, tmp_path: Path) -> Iterator[Edit]:
    """Type into inputs, by their addresses, in a spreadsheet, and save; all is typed back afterwards."""
    cells = plan.layout.input_cells()
    typed: set[str] = set()

    def edit(changes: dict[str, CellValue], name: str = "edited.xlsx") -> Path:
        typed.update(changes)
        opened.set({cells[address]: value for address, value in changes.items()})
        opened.recalculate()
        opened.save_as(tmp_path / name)
        return tmp_path / name

    yield edit
    opened.set({cells[address]: plan.present[address] for address in typed})


ROW: dict[str, CellValue] = {
    "vans.name[2]": "Hydrogen", "vans.price.values[2]": 70_000.0, "vans.fuel[2]": "Power",
    "vans.consumption.values[2]": 0.3, "vans.upkeep.values[2]": 1_000.0, "vans.resale.values[2]": 0.1,
    "vans.wait.values[2]": 2.0, "vans.method[2]": "straight",
}  # fmt: skip


def test_what_was_typed_comes_back_with_the_comments_of_the_case(edited: Edit, vans: Path, tmp_path: Path) -> None:
    book = edited({**ROW, "distance.base": 3000.0, "busy.values[0]": 0.7, SCENARIO: "Pessimistic",
                   "fuels.price.values[0][1]": 1.7})  # fmt: skip
    before = hashlib.sha256(book.read_bytes()).hexdigest()
    found = xlroi.api.read_case(book)
    assert hashlib.sha256(book.read_bytes()).hexdigest() == before
    assert {c.path for c in found.changes} == {
        "scenario", "distance", "busy", "vans[Hydrogen]", "fuels[Diesel].price",
    }  # fmt: skip
    assert "# Share of distance in use, %. One value a quarter." in found.text
    assert "# Period, month." in found.text
    (vans.parent / "again.yaml").write_text(found.text)
    outputs = xlroi.run(xlroi.load_case(vans.parent / "again.yaml")).outputs["npv_cost"]
    assert isinstance(outputs, dict)
    assert list(outputs) == ["Diesel", "Electric", "Hydrogen"]
    shown = {key: cell.value for key, cell in read_book(book).cells.items()}
    results = [value for (sheet, _), value in shown.items() if sheet == "Results"]
    for value in outputs.values():
        assert any(v == pytest.approx(value, rel=1e-9) for v in results if isinstance(v, float))


def _random_edit(plan: ReadBack, rng: random.Random) -> dict[str, CellValue]:
    """A handful of inputs inside their bounds, numbers and choices of tables among them."""
    book = plan.book
    numbers = [a for a in plan.present if not a.startswith(("built.", "annual.")) and a.endswith(("base", "]"))]
    edit: dict[str, CellValue] = {}
    for address in rng.sample(numbers, 8):
        leaf = address.partition("[")[0]
        value = plan.present[address]
        if not isinstance(value, float):
            continue
        declared, _, _ = book.declared(leaf)
        if isinstance(declared, Column) and declared.sums_to is not None:
            continue
        low = declared.minimum if declared.minimum is not None else value * 0.5
        high = min(declared.maximum if declared.maximum is not None else value * 2 + 1, value * 3 + 1)
        new = rng.uniform(low, max(high, low))
        edit[address] = float(round(new)) if declared.integer or declared.is_date else float(f"{new:.6g}")
    edit["months.base"] = float(rng.randint(1, 60))
    edit[SCENARIO] = rng.choice(["Base", "Optimistic", "Pessimistic"])
    edit["vans.method[0]"] = rng.choice(["straight", "accelerated"])
    edit["vans.fuel[1]"] = rng.choice(["Diesel", "Power"])
    return edit


@pytest.mark.parametrize("seed", range(6))
def test_edit_read_build_gives_the_same_value_in_every_cell(
    edited: Edit, plan: ReadBack, tmp_path: Path, seed: int
) -> None:
    book = edited(_random_edit(plan, random.Random(seed)))
    found = xlroi.api.read_case(book)
    carried = plan.book.model
    xlroi.build(case_from(parse_yaml(found.text, "again.yaml"), carried), tmp_path / "again.xlsx", live=False)
    was, now = read_book(book), read_book(tmp_path / "again.xlsx")
    sheets = {"Timeline", "Calculations", "Results", "Checks"}
    formulas = {k: str(c.formula) for k, c in formula_cells(now).items() if k[0] in sheets}
    formulas = {k: f for k, f in formulas.items() if not re.search(r"says_state|Inputs!\$?[A-P]+\$?[0-9]+$", f)}
    old = {key: cell.value for key, cell in was.cells.items()}
    new = {key: cell.value for key, cell in now.cells.items()}
    skip = {key for key in formulas if isinstance(new.get(key), str) and "since build" in f"{old.get(key)}"}
    kept = {key: formula for key, formula in formulas.items() if key not in skip}
    differ = compare(kept, new, old, "read back", "libreoffice", Worst(), searched_cells(formulas))
    assert differ == []


def _zipped(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return target


def _refusal(book: Path) -> str:
    before = book.read_bytes()
    with pytest.raises(BookError) as refused:
        xlroi.api.read_case(book)
    assert book.read_bytes() == before
    return str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"distance.base": "many"}, r"Inputs!F\d+: .* holds 'many'; type a number"),
        ({"distance.base": None}, r"Inputs!F\d+: .* is empty"),
        ({**ROW, "vans.price.values[2]": None}, r"Tables!D\d+: Purchase price is empty in a row that has a name"),
        ({**ROW, "vans.name[2]": "diesel"}, r"Tables!B\d+: the name 'diesel' stands twice"),
        ({**ROW, "vans.name[2]": "Van*"}, r"Tables!B\d+: the name 'Van\*' holds '\*'"),
        ({**ROW, "vans.fuel[2]": "Coal"}, r"Tables!E\d+: 'Coal' is none of Diesel, Power"),
        ({**ROW, "vans.method[2]": "both"}, r"Tables!J\d+: 'both' is none of straight, accelerated"),
        ({"busy.values[3]": None}, r"Tables!H\d+: the series has a gap here"),
        ({"vans.name[0]": None, "vans.name[1]": None}, r"Tables!B\d+: table 'vans' has no row left"),
    ],
)
def test_a_wrong_cell_is_named(edited: Edit, changes: dict[str, CellValue], message: str) -> None:
    found = _refusal(edited(changes))
    assert re.search(message, found), found


def test_broken_workbooks_are_refused(vans: Path, tmp_path: Path) -> None:
    with xlroi.proof.cells.XlsxArchive(vans) as archive:
        part = next(s.part for s in archive.sheets if s.name == "Results")

    def on_results(change: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes]:
        return lambda name, data: change(data) if name == part else data

    overtyped = _zipped(vans, tmp_path / "a.xlsx", on_results(lambda p: re.sub(rb"<f>[^<]*</f>", b"", p, count=3)))
    assert re.search(r"Results![A-Z]+\d+: the formula =.* was overtyped", _refusal(overtyped))
    altered = _zipped(vans, tmp_path / "b.xlsx", on_results(lambda p: p.replace(b"</f>", b"+0</f>", 1)))
    assert re.search(r"Results![A-Z]+\d+: the formula was altered to =.*\+0", _refusal(altered))
    for name, change, message in (
        ("c", lambda wb: wb.remove(wb["Timeline"]), "the sheet 'Timeline' is missing"),
        ("d", lambda wb: wb["Inputs"].insert_rows(9), "a row or column was inserted or deleted"),
        ("e", lambda wb: wb.remove(wb["Change log"]), "not a workbook of xlroi"),
    ):
        workbook = openpyxl.load_workbook(vans)
        change(workbook)
        workbook.save(tmp_path / f"{name}.xlsx")
        assert message in _refusal(tmp_path / f"{name}.xlsx")
    openpyxl.Workbook().save(tmp_path / "f.xlsx")
    assert "not a workbook of xlroi" in _refusal(tmp_path / "f.xlsx")
    (tmp_path / "g.xlsx").write_text("no zip")
    assert "g.xlsx" in _refusal(tmp_path / "g.xlsx")
    shutil.copy(vans, tmp_path / "h.xlsx")
    with zipfile.ZipFile(tmp_path / "h.xlsx", "a") as archive_:
        archive_.writestr("xl/vbaProject.bin", b"macro")
    assert "macros" in _refusal(tmp_path / "h.xlsx")
    link = (
        b'<Relationship Id="rId900" Target="externalLinks/externalLink1.xml" Type="http://schemas.openxmlformats.org/'
        b'officeDocument/2006/relationships/externalLink"/></Relationships>'
    )
    linked = _zipped(
        vans,
        tmp_path / "i.xlsx",
        lambda name, p: p.replace(b"</Relationships>", link) if name == "xl/_rels/workbook.xml.rels" else p,
    )
    assert "links to other workbooks" in _refusal(linked)
    (tmp_path / "j.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048))
    assert "password" in _refusal(tmp_path / "j.xlsx")


def test_a_book_of_another_template_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xlroi.model import template

    (tmp_path / "case.yaml").write_text("model: roi\n")
    xlroi.build(xlroi.load_case(tmp_path / "case.yaml"), tmp_path / "case.xlsx")
    newer = template.load_model("roi").text.replace('version: "1.0"', 'version: "2.0"')
    monkeypatch.setattr(xlroi.api, "load_model", lambda _: template.model_from(parse_yaml(newer, "roi.yaml")))
    assert "version 1.0" in _refusal(tmp_path / "case.xlsx")
    assert "version 2.0" in _refusal(tmp_path / "case.xlsx")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    Diesel: {price: 38000, fuel: Diesel, consumption: 0.085, upkeep: 2400}\n", "", None),
        (
            "Diesel: {price: 38000, fuel: Diesel, consumption: 0.085,",
            "Truck: {price: 38000, fuel: Diesel,",
            "vans.Truck.consumption: Consumption is missing in this row",
        ),
        ("    Electric: {", "    diesel: {", "the row 'diesel' stands twice"),
        ("    Electric: {", "    'Van ?': {", "holds '?', which a look-up reads as a wildcard"),
        ("consumption: 0.085", "consumptoin: 0.085", "not a column of table 'vans'; did you mean 'consumption'"),
        ("fuel: Diesel", "fuel: Disel", "'Disel' is no row of table 'fuels'; did you mean 'Diesel'"),
        ("method: accelerated", "method: quick", "expected one of straight, accelerated (got 'quick')"),
        ("share: 40%", "share: 50%", "column 'share' must sum to 1 (got 1.1)"),
        ("[1.55, 1.6, 1.65, 1.7, 1.75, 1.8]", "[1.55, 1.6]", "the series has 2 values, and the horizon needs 5"),
        ("[1.55, 1.6, 1.65, 1.7, 1.75, 1.8]", "[1, 1, 1, 1, 1, 1, 1]", "7 values, and the timeline has 6 periods"),
        ("price: 38000", "price: cheap", "expected a number (got 'cheap')"),
        ("price: 38000", "price: -1", "must be at least 0 (got -1)"),
        ("  vans:\n", "  van:\n", "not a table of model 'delivery_vans'; did you mean 'vans'"),
        ("fuel: Power", "fuel: 7", "expected a text (got 7)"),
    ],
)
def test_a_wrong_table_in_a_case_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str | None
) -> None:
    shutil.copytree(EXAMPLES / "templates", tmp_path / "templates")
    text = (EXAMPLES / "delivery_vans.yaml").read_text()
    assert old in text
    (tmp_path / "case.yaml").write_text(text.replace(old, new, 1))
    if message is None:
        assert xlroi.run(xlroi.load_case(tmp_path / "case.yaml")).outputs["best"] == "Electric"
        return
    with pytest.raises(xlroi.InputError) as refused:
        xlroi.load_case(tmp_path / "case.yaml")
    assert message in str(refused.value)
    assert re.search(r"case\.yaml:\d+: ", str(refused.value))


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "templates", tmp_path / "templates")
    (tmp_path / "case.yaml").write_text("model: templates/delivery_vans.yaml\ntables: {vans: {}}\n")
    with pytest.raises(xlroi.InputError, match="a table needs at least one row"):
        xlroi.load_case(tmp_path / "case.yaml")
    assert json.dumps(load_yaml(tmp_path / "case.yaml").data)
