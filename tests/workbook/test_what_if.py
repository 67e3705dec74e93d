"""What-If tables in a workbook: recomputed by LibreOffice, and what a finance user does with them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from xlroi.api import Draws, build, load_case, verify
from xlroi.api import run as evaluate
from xlroi.model.case import with_settings
from xlroi.proof.cells import Key, read_book
from xlroi.proof.recalculation import Recalculation, open_book
from xlroi.values import CellValue
from xlroi.workbook.book import book_of

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "book.xlsx"
    build(load_case(EXAMPLES / "ecommerce_recommendations.yaml"), path, day=DAY, draws=Draws(512))
    return path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cluster") / "book.xlsx"
    build(load_case(EXAMPLES / "gpu_server_8.yaml"), path, day=DAY, live=False)
    return path


def test_libreoffice_computes_every_table_in_every_state(small: Path) -> None:
    found = verify(small, ["libreoffice"], 5)
    assert found.passed, found.proof.mismatches[:5]
    (engine,) = found.proof.engines
    assert engine.table_states >= 5


def _with(path: Path, target: Path, old: bytes, new: bytes) -> Path:
    """The book with a piece of one of its sheets replaced."""
    changed = 0
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/"):
                changed += part.count(old)
                part = part.replace(old, new, 1)
            copy.writestr(name, part)
    assert changed >= 1
    return target


def _first_table(path: Path) -> tuple[str, dict[str, str], CellValue]:
    book = read_book(path)
    key = next(k for k, said in book.what_ifs.items() if k[0] == "Sensitivity" and said["dt2D"] == "1")
    return key[1], book.what_ifs[key], book.cells[key].value


def test_another_input_cell_is_a_mismatch(small: Path, tmp_path: Path) -> None:
    _, said, _ = _first_table(small)
    old = f'r1="{said["r1"]}" r2="{said["r2"]}"'.encode()
    new = f'r1="{said["r2"]}" r2="{said["r1"]}"'.encode()
    found = verify(_with(small, tmp_path / "book.xlsx", old, new), ["ironcalc"], 1)
    assert any(m.formula == "What-If table" for m in found.proof.mismatches)


def test_a_stored_answer_that_is_wrong_is_a_mismatch(small: Path, tmp_path: Path) -> None:
    ref, _, value = _first_table(small)
    assert isinstance(value, float)
    old = f"/><v>{int(value) if value.is_integer() else value!r}</v>".encode()
    found = verify(_with(small, tmp_path / "book.xlsx", old, b"/><v>12345678.9</v>"), ["ironcalc"], 1)
    assert ("Sensitivity", ref) in {(m.sheet, m.cell) for m in found.proof.mismatches}


def test_a_case_left_in_an_input_cell_fails_a_check(small: Path) -> None:
    _, said, _ = _first_table(small)
    with open_book(small, "ironcalc") as opened:
        opened.set({("Sensitivity", said["r1"]): 5.0})
        opened.recalculate()
        master = opened.values([("Checks", "B2")])["Checks", "B2"]
    assert "FAIL" in str(master)


class _User:
    """A finance user in LibreOffice: types into cells by the name of the input, reads cells by their label."""

    def __init__(self, opened: Recalculation, path: Path) -> None:
        self.opened, self.book = opened, read_book(path)

    def cell(self, name: str) -> Key:
        """The base cell of an input."""
        row = next(
            k[1][1:] for k, c in self.book.cells.items() if k[0] == "Inputs" and k[1][0] == "C" and c.value == name
        )
        return "Inputs", f"F{row}"

    def shown(self, name: str) -> CellValue:
        """What a defined name shows."""
        sheet, _, ref = self.book.defined_names[name].partition("!")
        key = (sheet.strip("'"), ref.replace("$", ""))
        return self.opened.values([key])[key]

    def master(self) -> str:
        return str(self.opened.values([("Checks", "B2")])["Checks", "B2"])

    def types(self, changes: dict[Key, CellValue]) -> None:
        self.opened.set(changes)
        self.opened.recalculate()


@pytest.fixture(scope="module")
def user(cluster: Path) -> Iterator[_User]:
    with open_book(cluster, "libreoffice") as opened:
        opened.recalculate()
        yield _User(opened, cluster)


def test_a_finance_user_changes_the_plan_and_every_check_stays_green(user: _User, cluster: Path) -> None:
    case = load_case(EXAMPLES / "gpu_server_8.yaml")
    assert user.master().startswith("No errors; ")
    before = user.shown("npv_of_owning")

    def crossover() -> dict[Key, CellValue]:
        keys = [k for k, c in user.book.cells.items() if k[0] == "Results" and c.formula]
        return user.opened.values(keys)

    at_first = crossover()
    # The price of a server falls: owning gains, and the crossover moves.
    user.types({user.cell("server_price"): 60_000.0})
    assert user.master().startswith("No errors; ")
    expected = evaluate(with_settings(case, ["server_price=60000"])).outputs["npv_of_owning"]
    assert user.shown("npv_of_owning") == pytest.approx(expected)
    assert crossover() != at_first
    # A longer horizon.
    user.types({user.cell("period_months"): 60.0})
    assert user.master().startswith("No errors; ")
    settings = ["server_price=60000", "period_months=60"]
    assert user.shown("npv_of_owning") == pytest.approx(
        evaluate(with_settings(case, settings)).outputs["npv_of_owning"]
    )
    # A project on a spare row.
    tables = {k: c.value for k, c in user.book.cells.items() if k[0] == "Tables"}
    row = next(k[1][1:] for k, v in tables.items() if v == "Deadline runs" and k[1][0] == "B")
    spare = str(int(row) + 1)
    user.types({("Tables", f"B{spare}"): "New work", ("Tables", f"D{spare}"): 1.0, ("Tables", f"E{spare}"): 1500.0,
                ("Tables", f"F{spare}"): 0.0, ("Tables", f"G{spare}"): 1.0})  # fmt: skip
    assert user.master().startswith("No errors; ")
    assert user.shown("expected_demand") > evaluate(with_settings(case, settings)).outputs["expected_demand"]  # type: ignore[operator]
    # The other scenarios.
    for scenario in ("Optimistic", "Pessimistic", "Base"):
        user.types({("Inputs", "D4"): scenario})
        assert user.master().startswith("No errors; "), scenario
    assert user.shown("npv_of_owning") != before


def test_the_simulation_is_stamped_and_reads_back(small: Path) -> None:
    cells = {k: c.value for k, c in read_book(small).cells.items() if k[0] == "Simulation"}
    assert "512 trials, seed 1" in str(cells["Simulation", "B4"])
    assert cells["Simulation", "C3"] == "current"
    assert verify(small, ["ironcalc"], 1).passed


def test_a_best_row_that_cannot_be_told_is_an_error_under_every_scenario() -> None:
    book = book_of(load_case(EXAMPLES / "delivery_vans.yaml"), DAY)
    values = book.values({"fuels.name[0]": ""})  # the fuel of the first van is taken out
    assert str(values.cell("best")) == "#N/A"
    assert [str(values.cell("scenarios.best", scenario)) for scenario in range(3)] == ["#N/A"] * 3
