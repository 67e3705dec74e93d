"""A UNO type library with one interface, in the binary form that LibreOffice has read since 4.1.

LibreOffice's SDK writes such files with ``unoidl-write``, and byte for byte the same ones, but for a comment at the
start. The form is short (all numbers little-endian, 4 bytes):

- the mark ``UNOIDL FF 00``, then where the map of the outermost module stands and how many entries it has;
- a map: for each name where its text (ended by 0) and its content stand;
- a module: 0 and a map. An interface: 5, its bases, optional bases, attributes and methods, each list with its length;
- a method: name, type of its value, parameters (0 for "in", name, type), exceptions;
- a text: its length and its letters, or, where it stood before, that place with the highest bit set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["type_library"]

_MARK: Final = b"UNOIDL\xff\0"
_BASE: Final = "com.sun.star.uno.XInterface"
_ANY, _ROWS = "any", "[][]any"
_MODULE, _INTERFACE, _IN = b"\0", b"\5", b"\0"
_AGAIN: Final = 0x8000_0000


def type_library(name: str, methods: Mapping[str, Sequence[str]]) -> bytes:
    """The file for an interface such as ``org.xlroi.XFunctions``: parameters, all of type ``any``, by method.

    Each method gives rows of cells.

    >>> type_library("org.xlroi.XFunctions", {"AI_ROI": ["total_benefit", "total_cost"]})[:8]
    b'UNOIDL\\xff\\x00'
    """
    *modules, interface = name.split(".")
    writer = _Writer()
    content = writer.interface(methods)
    for inner in (interface, *reversed(modules)):
        label = writer.here()
        writer.add(inner.encode("ascii") + b"\0")
        entry, content = (label, content), writer.here()
        if inner != modules[0]:
            writer.add(_MODULE + _number(1))
        writer.add(_number(entry[0]) + _number(entry[1]))
    return writer.file(content)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")


class _Writer:
    """The file as it grows, and where each text stands in it."""

    def __init__(self) -> None:
        self._written = bytearray(len(_MARK) + 8)
        self._places: dict[str, int] = {}

    def here(self) -> int:
        return len(self._written)

    def add(self, piece: bytes) -> None:
        self._written += piece

    def text(self, text: str) -> None:
        if text in self._places:
            self.add(_number(self._places[text] | _AGAIN))
            return
        self._places[text] = self.here()
        self.add(_number(len(text)) + text.encode("ascii"))

    def interface(self, methods: Mapping[str, Sequence[str]]) -> int:
        start = self.here()
        self.add(_INTERFACE + _number(1))
        self.text(_BASE)
        self.add(_number(0) + _number(0) + _number(len(methods)))
        for method, parameters in methods.items():
            self.text(method)
            self.text(_ROWS)
            self.add(_number(len(parameters)))
            for parameter in parameters:
                self.add(_IN)
                self.text(parameter)
                self.text(_ANY)
            self.add(_number(0))
        return start

    def file(self, root: int) -> bytes:
        return _MARK + _number(root) + _number(1) + bytes(self._written[len(_MARK) + 8 :])
