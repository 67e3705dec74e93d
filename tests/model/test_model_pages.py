"""The pages of the models are what their templates say."""

from __future__ import annotations

from tests.tool import tool


def test_the_pages_are_up_to_date() -> None:
    made = tool("model_page")
    found = {p.name: p.read_text(encoding="utf-8") for p in made.PAGES.glob("*.md")}
    assert found == made.pages(), "run: python tools/model_page.py --write"
    for page in found.values():
        assert "## Formulas in words" in page or page.startswith("# Block")
