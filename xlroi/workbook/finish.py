"""One pass over the written file: the engine's values, the order of font children, fixed times.

Afterwards two builds of the same day are the same bytes, and every formula cell carries its value.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from xlroi.values import CellValue, ExcelError

__all__ = ["finish"]

_SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FONT_ORDER: Final = {
    name: place
    for place, name in enumerate(
        [
            "b",
            "i",
            "strike",
            "condense",
            "extend",
            "outline",
            "shadow",
            "u",
            "vertAlign",
            "sz",
            "color",
            "name",
            "family",
            "charset",
            "scheme",
        ]
    )
}
_FORMULA: Final = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)(?: t="[a-z]+")?><f>(.*?)</f><v ?/?>(?:</v>)?</c>', re.S
)
_LABEL_FORMAT: Final = re.compile(rb'(<(?:c:)?numFmt formatCode="[^"]*")/>')
"""The number format of a chart's labels: without a word about the source, spreadsheets take the cells' format."""
_TABLE: Final = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)(?: t="[a-z]+")?>'
    rb'(<f [^>]*t="dataTable"[^>]*?)(?:/>|></f>)<v ?/?>(?:</v>)?</c>'
)


def finish(source: Path, target: Path, values: Mapping[str, Mapping[str, CellValue]], when: datetime) -> int:
    """Copy ``source`` to ``target``, finished; ``values`` maps a sheet's part to its cells. Returns cells stamped."""
    stamped = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/styles.xml":
                part = _fonts(part)
            elif name == "docProps/core.xml":
                part = _times(part, when)
            elif name.startswith("xl/charts/"):
                part = _LABEL_FORMAT.sub(rb'\1 sourceLinked="0"/>', part)
            elif name in values:
                # openpyxl calls an empty cell a number, which IronCalc takes for 0.
                part, count = _stamped(part.replace(b' t="n"></c>', b"></c>").replace(b' t="n"/>', b"/>"), values[name])
                stamped += count
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr, member.create_system = 0o600 << 16, 3
            new.writestr(member, part, compresslevel=6)
    return stamped


def _stamped(part: bytes, values: Mapping[str, CellValue]) -> tuple[bytes, int]:
    def cell(match: re.Match[bytes]) -> bytes:
        ref, style, formula = match.groups()
        kind, text = _typed(values[ref.decode()])
        return b'<c r="%s"%s%s><f>%s</f>%s</c>' % (ref, style, kind, formula, text)

    def table(match: re.Match[bytes]) -> bytes:
        ref, style, formula = match.groups()
        value = values[ref.decode()]
        kind, text = _typed("" if value is None else value)  # of an inactive row
        return b'<c r="%s"%s%s>%s/>%s</c>' % (ref, style, kind, formula, text)

    return _FORMULA.subn(cell, _TABLE.sub(table, part))


def _typed(value: CellValue) -> tuple[bytes, bytes]:
    if isinstance(value, ExcelError):
        return b' t="e"', f"<v>{value}</v>".encode()
    if isinstance(value, str):
        return b' t="str"', f"<v>{escape(value)}</v>".encode()
    if value is None:
        raise ValueError("a formula cell without a value")
    number = float(value)
    return b"", f"<v>{int(number) if number.is_integer() and abs(number) < 1e15 else repr(number)}</v>".encode()


def _fonts(part: bytes) -> bytes:
    root = etree.fromstring(part)
    for font in root.iter(f"{_SHEET}font"):
        font[:] = sorted(font, key=lambda child: _FONT_ORDER[etree.QName(child).localname])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _times(part: bytes, when: datetime) -> bytes:
    root = etree.fromstring(part)
    terms = "{http://purl.org/dc/terms/}"
    for element in root.iter(f"{terms}created", f"{terms}modified"):
        element.text = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
