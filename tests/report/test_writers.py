"""The three writers: the same content, nothing that runs or loads, the same bytes."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest

from xlroi.analysis.simulate import simulate
from xlroi.api import load_case
from xlroi.errors import InputError
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.report.content import Chart, Memo, Table
from xlroi.report.memo import memo_of
from xlroi.report.texts import html, markdown
from xlroi.report.word import word
from xlroi.report.write import write_memo

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 21)

HOSTILE = """
model: roi
title: "<script>alert(1)</script> | =cmd|' /C calc'!A0 $x^2$"
owner: "[link](http://example.com) <img src=x>"
description: "# heading\\n\\n| a | b |\\n|---|---|\\n![](http://example.com/x.png) &lt; \\u202Ereversed"
inputs:
  initial_investment: {base: 150000, source: "</td></table><script>x</script>|=1+1", note: "`code` {{ 7*7 }} {% x %}"}
"""


@pytest.fixture(scope="module")
def hostile() -> Memo:
    return memo_of(case_from(parse_yaml(HOSTILE, "case.yaml")), DAY)


@pytest.fixture(scope="module")
def gpu() -> Memo:
    case = load_case(ROOT / "examples" / "gpu_server_8.yaml")
    return memo_of(case, DAY, simulation=simulate(case, 64))


class Tags(HTMLParser):
    """Every tag and every attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(key, value or "") for key, value in attrs]


def test_html_holds_no_script_and_loads_nothing(hostile: Memo, gpu: Memo) -> None:
    for memo in (hostile, gpu):
        page = Tags(html(memo).decode())
        assert not {"script", "iframe", "object", "link", "a", "base", "form"} & set(page.tags)
        for key, value in page.attributes:
            assert not key.startswith("on")
            assert key not in ("src", "href") or value.startswith("data:image/png;base64,")
        assert page.tags.count("img") == sum(isinstance(b, Chart) for s in memo.sections for b in s.blocks)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | =cmd" in html(hostile).decode()


def test_markdown_holds_no_html_no_link_and_whole_tables(hostile: Memo) -> None:
    text = markdown(hostile).decode()
    assert "<" not in text
    assert "://" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "\u202e" not in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()]
    heads = [i for i, line in enumerate(text.splitlines()) if line.startswith("| ---")]
    assert heads
    for i in heads:
        row = i
        while row < len(cells) and text.splitlines()[row].startswith("|"):
            assert cells[row] == cells[i]
            row += 1
    assert "{{ 7*7 }}".replace("{", "\\{").replace("}", "\\}").replace("*", "\\*") in text


def test_word_holds_every_heading_and_every_text_of_the_tables(hostile: Memo, gpu: Memo) -> None:
    for memo in (hostile, gpu):
        document = docx.Document(io.BytesIO(word(memo)))
        headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
        assert headings == [s.title for s in memo.sections]
        tables = [b for s in memo.sections for b in s.blocks if isinstance(b, Table)]
        assert len(document.tables) == len(tables)
        for ours, theirs in zip(tables, document.tables, strict=True):
            assert [c.text for c in theirs.rows[0].cells] == list(ours.heads)
            assert len(theirs.rows) == len(ours.rows) + 1
        assert document.core_properties.title == memo.title
        assert document.core_properties.created is not None
        assert document.core_properties.created.date() == DAY
    assert document.element.xml.count("<w:hyperlink") == 0


def test_word_carries_nothing_from_outside(hostile: Memo) -> None:
    with zipfile.ZipFile(io.BytesIO(word(hostile))) as archive:
        for name in archive.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in archive.read(name)
            assert not name.endswith((".bin", ".vml"))


def test_every_picture_is_told_in_words(gpu: Memo) -> None:
    charts = [b for s in gpu.sections for b in s.blocks if isinstance(b, Chart)]
    xml = docx.Document(io.BytesIO(word(gpu))).element.xml
    assert xml.count("descr=") == len(charts)
    assert {c.kind for c in charts} == {"columns", "path", "tornado", "histogram"}


@pytest.mark.parametrize("writer", [markdown, html, word])
def test_the_same_memo_is_the_same_bytes(writer: object, hostile: Memo) -> None:
    assert callable(writer)
    again = memo_of(case_from(parse_yaml(HOSTILE, "case.yaml")), DAY)
    assert writer(hostile) == writer(again)


def test_the_validator_of_the_open_xml_sdk_finds_nothing(hostile: Memo, gpu: Memo, tmp_path: Path) -> None:
    validator = ROOT / "tests" / "tools" / "node_modules" / ".bin" / "ooxml-validator"
    assert validator.exists(), "the validator is missing: run 'make test', which installs it"
    for number, memo in enumerate((hostile, gpu)):
        path = write_memo(memo, tmp_path / f"{number}.docx")
        done = subprocess.run([str(validator), str(path)], capture_output=True, text=True, check=False)
        assert json.loads(done.stdout)["errors"] == []


def test_signs_that_the_font_lacks_and_control_characters_do_no_harm() -> None:
    text = (
        'model: roi\ntitle: "数据 \\u0627\\u0644"\ninputs:\n  initial_investment: {base: 1, source: "a\\u0001b\\ud800"}'
    )
    memo = memo_of(case_from(parse_yaml(text, "case.yaml")), DAY)
    for writer in (markdown, html, word):
        assert writer(memo)


def test_nothing_is_overwritten_and_nothing_left_behind(hostile: Memo, tmp_path: Path) -> None:
    path = write_memo(hostile, tmp_path / "memo.md")
    before = path.read_bytes()
    with pytest.raises(InputError, match="--force"):
        write_memo(hostile, path)
    write_memo(hostile, path, force=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["memo.md"]
