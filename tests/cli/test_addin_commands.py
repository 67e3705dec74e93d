"""xlroi addin install, remove and doctor, in a scratch folder as Excel's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Run


class AddIn(Run):
    """The commands of the add-in, in a scratch folder as Excel's unless ``anywhere``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        super().__init__(monkeypatch, capsys)
        self.folder = folder

    def __call__(self, *arguments: str, anywhere: bool = False) -> tuple[int, str, str]:
        place = [] if anywhere else ["--folder", str(self.folder)]
        return super().__call__("addin", *arguments, *place)


@pytest.fixture
def addin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> AddIn:
    folder = tmp_path / "Excel" / "XLSTART"
    folder.mkdir(parents=True)
    return AddIn(monkeypatch, capsys, folder)


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder.parent)) for p in folder.parent.rglob("*") if p.is_file())


def test_install_puts_only_the_add_in_where_excel_opens_everything(addin: AddIn) -> None:
    code, out, _ = addin("install")
    assert code == 0
    assert files(addin.folder) == ["XLSTART/xlroi.xlam", "xlroi/README.txt", "xlroi/xlroi.bas"]
    assert "import xlroi.bas once" in out


def test_install_twice_asks_for_force(addin: AddIn) -> None:
    addin("install", "--python", "C:/first.exe")
    before = (addin.folder / "xlroi.xlam").read_bytes()
    code, _, err = addin("install", "--python", "C:/second.exe")
    assert (code, "--force" in err) == (2, True)
    assert (addin.folder / "xlroi.xlam").read_bytes() == before
    assert addin("install", "--python", "C:/second.exe", "--force")[0] == 0
    assert (addin.folder / "xlroi.xlam").read_bytes() != before


@pytest.mark.parametrize("name", ["XLSTART/xlroi.xlam", "xlroi/xlroi.bas", "xlroi/README.txt"])
def test_a_foreign_file_is_left_alone(addin: AddIn, name: str) -> None:
    foreign = addin.folder.parent / name
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"mine")
    for arguments in (["install"], ["install", "--force"], ["remove"]):
        code, _, err = addin(*arguments)
        assert (code, "was not written by xlroi" in err) == (2, True)
    assert files(addin.folder) == [name]
    assert foreign.read_bytes() == b"mine"


def test_remove_leaves_nothing_and_may_be_said_twice(addin: AddIn) -> None:
    addin("install")
    (addin.folder / "PERSONAL.XLSB").write_bytes(b"mine")
    code, out, _ = addin("remove", "--json")
    assert (code, len(json.loads(out)["removed"])) == (0, 3)
    assert files(addin.folder) == ["XLSTART/PERSONAL.XLSB"]
    code, out, _ = addin("remove")
    assert (code, "nothing of xlroi to remove" in out) == (0, True)


def test_a_folder_that_is_not_there(addin: AddIn) -> None:
    addin.folder.rmdir()
    code, _, err = addin("install")
    assert (code, "no such folder" in err) == (2, True)


@pytest.mark.parametrize("command", ["install", "remove"])
def test_another_system_is_refused_with_a_way_out(addin: AddIn, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    code, _, err = addin(command, anywhere=True)
    assert code == 2
    assert "on Windows only, and this is Linux" in err
    assert "--folder" in err


def test_on_windows_the_folder_is_excels_own(addin: AddIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    assert addin("install", anywhere=True)[0] == 0
    assert (tmp_path / "Roaming/Microsoft/Excel/XLSTART/xlroi.xlam").is_file()


def test_doctor_lists_findings_and_fails_where_one_is_a_problem(addin: AddIn) -> None:
    addin("install")
    code, out, _ = addin("doctor", "--json")
    found = {f["name"]: f for f in json.loads(out)}
    assert code == 1
    assert found["add-in"]["status"] == "ok"
    assert found["functions"]["status"] == "problem"
    code, out, _ = addin("doctor")
    assert code == 1
    assert "way out: " in out


def test_build_writes_the_files_of_every_host_and_overwrites_none(addin: AddIn, tmp_path: Path) -> None:
    target = tmp_path / "made"
    code, out, _ = addin("build", "-o", str(target), "--date", "2026-11-21", anywhere=True)
    assert code == 0
    assert "none has been tried in Microsoft Excel" in out
    made = {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}
    assert {"xlroi-functions.xlsx", "xlroi.oxt", "lite/main.py", "classic/xlroi.xlam", "classic/xlroi.bas"} <= made
    before = {name: (target / name).read_bytes() for name in made}
    code, _, err = addin("build", "-o", str(target), anywhere=True)
    assert code == 2
    assert "exists already" in err
    code, out, _ = addin("build", "-o", str(target), "--date", "2026-11-21", "--force", "--json", anywhere=True)
    assert code == 0
    assert len(json.loads(out)["written"]) == len(made)
    assert before == {name: (target / name).read_bytes() for name in made}
