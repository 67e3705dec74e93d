"""The page of words says what the registry says, and every word is tried somewhere."""

from __future__ import annotations

from tests.tool import tool


def test_the_page_is_up_to_date_and_every_word_is_tested() -> None:
    made = tool("words_page")
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run: python tools/words_page.py --write"
    assert not [line for line in made.page().splitlines() if line.endswith("|  |")]
