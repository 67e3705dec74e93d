"""The command line, called as a user calls it."""

from __future__ import annotations

import sys

import pytest

from xlroi.cli import main


class Run:
    """Exit code, output and errors of one command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["xlroi", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return int(stopped.value.code or 0), out, err
