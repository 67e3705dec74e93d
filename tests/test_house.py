"""The house: what each room may import, and what a start may load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import xlroi

PACKAGE = Path(xlroi.__file__).parent

# A room, and the rooms below it that it may import.
GROUND = {"values", "errors", "version", "resources", "files"}
MAY = {
    "formula": GROUND,
    "engine": GROUND | {"formula"},
    "model": GROUND | {"formula"},
    "analysis": GROUND | {"formula", "engine", "model"},
    "importers": GROUND | {"model"},
    "finops": GROUND | {"formula", "model", "importers"},
    "workbook": GROUND | {"formula", "engine", "model", "analysis"},
    "proof": GROUND,
    "api": GROUND | {"formula", "engine", "model", "analysis", "workbook", "proof"},
    "cells": GROUND | {"formula", "engine", "model", "analysis", "workbook", "proof", "api"},
    "report": GROUND | {"formula", "engine", "model", "analysis", "api", "finops"},
    "cli": GROUND
    | {"formula", "engine", "model", "analysis", "workbook", "proof", "api", "cells", "importers", "finops", "report"},
}


def _imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
        found |= {n.split(".")[1] for n in names if n.startswith("xlroi.")}
    return found


def test_rooms_stand_above_all_that_they_import() -> None:
    wrong = []
    for file in PACKAGE.rglob("*.py"):
        room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room in MAY:
            wrong += [f"{file.name}: {name}" for name in _imports(file) - MAY[room] - {room}]
    assert wrong == []


def test_every_room_is_known() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms == MAY.keys() - {"api"}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['xlroi', '--help']\n"
        "from xlroi.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'openpyxl', 'pydantic', 'lark', 'rich', 'docx', 'matplotlib', 'duckdb',\n"
        " 'narwhals'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert "verify" in done.stdout
    assert done.stdout.rstrip().endswith("LOADED []")


def test_the_public_face_is_sorted_and_whole() -> None:
    assert list(xlroi.__all__) == sorted(xlroi.__all__)
    assert all(getattr(xlroi, name) is not None for name in xlroi.__all__)


def test_no_source_file_is_longer_than_500_lines() -> None:
    written = [f for f in PACKAGE.rglob("*.py") if f.name != "generated.py"]
    assert [f.name for f in written if len(f.read_text(encoding="utf-8").splitlines()) > 500] == []
