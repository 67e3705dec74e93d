"""The proof itself: an engine that crashes is asked once more, one that stays away is no pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import xlroi
from xlroi.errors import EngineUnavailable
from xlroi.proof import verify
from xlroi.proof.cells import Key
from xlroi.proof.recalculation import Recalculation, open_book
from xlroi.values import CellValue


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "case.yaml").write_text("model: roi\n")
    xlroi.build(xlroi.load_case(tmp_path / "case.yaml"), tmp_path / "case.xlsx")
    return tmp_path / "case.xlsx"


def test_an_engine_that_crashes_is_asked_once_more(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashes = iter([True, False])

    class Crashing:
        """An engine that ends in the middle of its first run."""

        def __init__(self, inner: Recalculation, *, crash: bool) -> None:
            self.inner, self.crash = inner, crash

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        def set(self, changes: Mapping[Key, CellValue]) -> None:
            if self.crash:
                raise EngineUnavailable("it ended")
            self.inner.set(changes)

        def __enter__(self) -> Crashing:
            self.inner.__enter__()
            return self

        def __exit__(self, *exception: object) -> None:
            self.inner.__exit__(*exception)

    monkeypatch.setattr(verify, "open_book", lambda p, e, **k: Crashing(open_book(p, e, **k), crash=next(crashes)))
    found = xlroi.verify(book, count=6)
    assert found.passed
    assert len(found.proof.engines) == 1


def test_an_engine_that_stays_away_is_no_pass(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path, engine: str, *, what_if: bool) -> Recalculation:
        raise EngineUnavailable(f"{engine} is not installed")

    monkeypatch.setattr(verify, "open_book", gone)
    with pytest.raises(EngineUnavailable, match="not installed"):
        xlroi.verify(book, count=3)
