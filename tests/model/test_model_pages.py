"""The pages of the models are what their templates say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("model_page", ROOT / "tools" / "model_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    found = {p.name: p.read_text(encoding="utf-8") for p in tool.PAGES.glob("*.md")}
    assert found == tool.pages(), "run: python tools/model_page.py --write"
    for page in found.values():
        assert "## Formulas in words" in page or page.startswith("# Block")
