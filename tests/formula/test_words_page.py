"""The page of words says what the registry says, and every word is tried somewhere."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_up_to_date_and_every_word_is_tested() -> None:
    spec = importlib.util.spec_from_file_location("words_page", ROOT / "tools" / "words_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run: python tools/words_page.py --write"
    assert not [line for line in tool.page().splitlines() if line.endswith("|  |")]
