"""A memo as a Word document: A4 portrait, the appendices landscape; the same memo gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from xlroi.report.content import Block, Chart, Items, Memo, Number, Paragraph, Section, Table, plain
from xlroi.report.pictures import picture

__all__ = ["word"]

_BLUE: Final = RGBColor(0x1F, 0x4E, 0x79)
_GREY: Final = RGBColor(0x59, 0x59, 0x59)
_RED: Final = RGBColor(0x9C, 0x00, 0x06)
_LONG, _SHORT, _MARGIN = Cm(29.7), Cm(21), Cm(1.8)
_NARROWEST, _WIDEST, _HEAD = 9, 46, 14
"""Characters that a column's width is reckoned with."""
_CHARACTER: Final = Cm(0.19)
_SHORT_TABLE: Final = 12
_MINUS: Final = re.compile(r"(?<![\w-])-(?=\d)")


def word(memo: Memo) -> bytes:
    """The whole document."""
    document = Document()
    _looks(document)
    _page(document.sections[0], landscape=False)
    _head(document, memo)
    for index, section in enumerate(memo.sections):
        if section.appendix and not memo.sections[index - 1].appendix:
            _page(document.add_section(WD_SECTION.NEW_PAGE), landscape=True)
        _section(document, section)
    _footer(document, memo)
    core, when = document.core_properties, datetime.fromisoformat(memo.day)
    core.title, core.author, core.last_modified_by = plain(memo.title)[:255], plain(memo.author)[:255], "xlroi"
    core.subject, core.comments, core.language = memo.kind, "", "en-GB"
    core.created = core.modified = when
    out = io.BytesIO()
    document.save(out)
    return _timeless(out.getvalue())


def _timeless(made: bytes) -> bytes:
    """The archive without the time of the day, so that two memos of one day are the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            new.writestr(member, old.read(name), compresslevel=6)
    return out.getvalue()


def _looks(document: Any) -> None:
    styles = document.styles
    normal = styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10)
    normal.paragraph_format.space_after = Pt(4)
    for name, size, before in (("Title", 20, 0), ("Heading 1", 13, 10), ("List Bullet", 10, 0)):
        style = styles[name]
        style.font.name, style.font.size = "Calibri", Pt(size)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(3)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in [k for k in fonts.attrib if "Theme" in k]:  # a theme's font would win over the named one
            del fonts.attrib[key]
        if name != "List Bullet":
            style.font.color.rgb = _BLUE
    borders = styles["Title"].element.pPr.find(qn("w:pBdr"))
    if borders is not None:
        styles["Title"].element.pPr.remove(borders)


def _page(section: Any, *, landscape: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN


def _head(document: Any, memo: Memo) -> None:
    document.add_paragraph(plain(memo.title), style="Title")
    kind = document.add_paragraph()
    _run(kind, memo.kind, size=11, colour=_GREY)
    facts = document.add_paragraph()
    for index, (label, value) in enumerate(memo.facts):
        _run(facts, f"{' · ' if index else ''}{label}: ", size=8, colour=_GREY)
        _run(facts, plain(value), size=8)


def _section(document: Any, section: Section) -> None:
    document.add_paragraph(section.title, style="Heading 1")
    space = document.sections[-1].page_width - 2 * _MARGIN
    for is_chart, blocks in groupby(section.blocks, key=lambda b: isinstance(b, Chart)):
        if is_chart:
            _pictures(document, [b for b in blocks if isinstance(b, Chart)], space)
        else:
            for block in blocks:
                _block(document, block, space)


def _block(document: Any, block: Block, space: int) -> None:
    if isinstance(block, Items):
        for text in block.texts:
            _run(document.add_paragraph(style="List Bullet"), plain(text), size=10)
    elif isinstance(block, Paragraph):
        size, colour = {"lead": (12, None), "note": (8.5, _GREY), "warning": (10, _RED)}.get(block.style, (10, None))
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = block.style == "note"
        _run(paragraph, plain(block.text), size=size, colour=colour, bold=block.style in ("lead", "warning"))
    elif isinstance(block, Table):
        _table(document, block, space)


def _run(paragraph: Any, text: str, *, size: float, colour: Any = None, bold: bool = False) -> None:
    run = paragraph.add_run(_MINUS.sub("−", text))  # Word breaks a line after a hyphen, never after a minus
    run.font.size, run.bold = Pt(size), bold or None
    if colour is not None:
        run.font.color.rgb = colour


def _pictures(document: Any, charts: Sequence[Chart], space: int) -> None:
    """Two side by side; each tells in words what it shows."""
    for start in range(0, len(charts), 2):
        paragraph = document.add_paragraph()
        for chart in charts[start : start + 2]:
            shape = paragraph.add_run().add_picture(io.BytesIO(picture(chart)), width=int(space * 0.49))
            properties = shape._inline.docPr
            for side in "TBLR":  # without them LibreOffice keeps a distance, and two do not fit
                shape._inline.set(f"dist{side}", "0")
            properties.set("descr", chart.alternative)
            properties.set("name", plain(chart.title))


def _table(document: Any, table: Table, space: int) -> None:
    if table.title:
        title = document.add_paragraph()
        title.paragraph_format.keep_with_next = True
        title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(6), Pt(1)
        _run(title, plain(table.title), size=9, bold=True)
    rows = [[plain(head) for head in table.heads], *([_said(cell) for cell in row] for row in table.rows)]
    made = document.add_table(len(rows), len(table.heads))
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    widths = _widths(rows, space)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for index, (row, texts) in enumerate(zip(made.rows, rows, strict=True)):
        for column, (cell, text) in enumerate(zip(_cells(row), texts, strict=True)):
            cell.width = widths[column]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            # A short table stays on one page; of a long one the head repeats.
            paragraph.paragraph_format.keep_with_next = index == 0 or index < len(rows) - 1 <= _SHORT_TABLE
            if table.right(column):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _run(paragraph, text, size=8.5, bold=index == 0)
        _marked(row._tr.get_or_add_trPr(), "w:cantSplit")
        if index == 0:
            _marked(row._tr.get_or_add_trPr(), "w:tblHeader")
    _rules(made)
    after = document.add_paragraph()
    after.paragraph_format.space_after = Pt(2)
    _run(after, plain(table.note) or " ", size=8 if table.note else 4, colour=_GREY)


def _said(cell: str | Number) -> str:
    return cell.text if isinstance(cell, Number) else plain(cell)


def _cells(row: Any) -> Iterator[Any]:
    """The cells of a row; python-docx's own way takes a second for a long table."""
    from docx.table import _Cell

    return (_Cell(tc, row) for tc in row._tr.tc_lst)


def _widths(rows: Sequence[Sequence[str]], space: int) -> list[int]:
    """Each column as wide as its longest text, within reason; all of them narrower where they do not fit."""
    heads = [max(*map(len, head.split()), min(len(head), _HEAD), 0) for head in rows[0]]  # breaks between its words
    longest = [max(head, *(len(row[i]) for row in rows[1:]), 0) + 2 for i, head in enumerate(heads)]
    wanted = [min(max(length, _NARROWEST), _WIDEST) * _CHARACTER for length in longest]
    scale = min(1.0, space / sum(wanted))
    return [int(width * scale) for width in wanted]


def _rules(made: Any) -> None:
    """Thin lines between rows, none between columns."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "BFBFBF")):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    layout = made._tbl.tblPr.find(qn("w:tblLayout"))
    layout.addprevious(borders)  # the schema wants them in this order


def _marked(properties: Any, name: str) -> None:
    properties.append(OxmlElement(name))


def _footer(document: Any, memo: Memo) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    _run(paragraph, f"{plain(memo.title)[:80]} · {memo.kind}, {memo.day} · page ", size=8, colour=_GREY)
    _field(paragraph, "PAGE")
    _run(paragraph, " of ", size=8, colour=_GREY)
    _field(paragraph, "NUMPAGES")


def _field(paragraph: Any, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = paragraph.add_run("1")
    run.font.size, run.font.color.rgb = Pt(8), _GREY
    field.append(run._r)
    paragraph._p.append(field)
