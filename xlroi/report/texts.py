"""A memo as Markdown and as one HTML file. Every text is escaped: what a case says stays a text."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from xlroi.report.content import Chart, Items, Memo, Number, Paragraph, Table, plain
from xlroi.report.pictures import picture
from xlroi.resources import templates

__all__ = ["html", "markdown", "safe"]

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]|~$])")
_FIRST: Final = re.compile(r"^([#+=>-]|\d+[.)](?=\s|$))")


def safe(text: str) -> str:
    """A text that Markdown takes for nothing but a text: no HTML, no table's end, no link, no heading.

    >>> print(safe("a|b <script> [x](y) *z*"), safe("# no heading"), safe("-902"))
    a\\|b &lt;script&gt; \\[x\\](y) \\*z\\* \\# no heading -902
    """
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SIGNS.sub(r"\\\1", text).replace("://", "&#58;//").replace("www.", "www&#46;")
    if re.match(r"-\d", text):  # a minus, no list
        return text
    return _FIRST.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)


def markdown(memo: Memo) -> bytes:
    """GitHub's Markdown; charts as tables, so that the memo is one file."""
    return re.sub(rb"\n{3,}", b"\n\n", _rendered("memo.md.j2", memo, escaped=False))


def html(memo: Memo) -> bytes:
    """One file that loads nothing from elsewhere; charts are pictures inside it."""
    return _rendered("memo.html.j2", memo, escaped=True)


def _rendered(name: str, memo: Memo, *, escaped: bool) -> bytes:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, autoescape=escaped, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"safe_text": safe, "plain": plain, "cell": _cell, "png": _png}
    environment.tests |= {
        "paragraph": _is(Paragraph),
        "items": _is(Items),
        "rows": _is(Table),
        "chart": _is(Chart),
        "figure": _is(Number),
    }
    source = templates().joinpath("text", name).read_text(encoding="utf-8")
    return environment.from_string(source).render(memo=memo).encode("utf-8")


def _is(kind: type) -> Any:
    return lambda block: isinstance(block, kind)


def _cell(cell: str | Number) -> str:
    return cell.text if isinstance(cell, Number) else cell


def _png(chart: Chart) -> str:
    return base64.b64encode(picture(chart)).decode("ascii")
