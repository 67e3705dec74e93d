"""IronCalc, the embedded engine: a workbook of 13,000 formulas recalculates in about 15 ms.

It does not compute What-If tables, so the copy that it loads has plain numbers in
their place, which are kept out of every answer (``not_recalculated``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from xlroi.errors import BookError, EngineUnavailable, XlroiError
from xlroi.proof.cells import Key, address, position
from xlroi.proof.recalculation import copy_without_answers, refuse_uncomputed, refuse_unknown_errors
from xlroi.values import ERRORS, CellValue, ExcelError

__all__ = ["IronCalcBook"]

_Place = tuple[int, int, int]  # sheet from 0, row and column from 1


class IronCalcBook:
    """A :class:`~xlroi.proof.recalculation.Recalculation` by IronCalc."""

    engine = "ironcalc"

    def __init__(self, path: str | Path) -> None:
        try:
            ironcalc: Any = import_module("ironcalc")
        except ImportError as error:
            raise EngineUnavailable("IronCalc is not installed; run: pip install ironcalc") from error
        self.version: str = str(ironcalc.__version__)
        self._name = Path(path).name
        with TemporaryDirectory(prefix="xlroi-") as scratch:
            copy = Path(scratch) / "book.xlsx"
            tables = copy_without_answers(path, copy, what_if=False)
            with self._breaking("load"):
                self._model: Any = ironcalc.load_from_xlsx(str(copy), "en", "UTC", "en")
                names = [properties["name"] for properties in self._model.get_worksheets_properties()]
        self._tables = set(tables)
        self._error_type: Any = ironcalc.CellType.ErrorValue
        self._names: list[str] = names
        self._indices = {name: index for index, name in enumerate(names)}
        self._keys: dict[_Place, Key] = {}

    @property
    def not_recalculated(self) -> frozenset[Key]:
        return frozenset(self._tables)

    def set(self, changes: Mapping[Key, CellValue]) -> None:
        model = self._open_model()
        for key, value in changes.items():
            place = self._place(key)
            with self._refusing(key, value):
                # bool before number, error before text: each is a kind of the other in Python.
                if value is None or value == "":
                    model.clear_cell_contents(*place)
                elif isinstance(value, bool):
                    model.update_cell_with_bool(*place, value)
                elif isinstance(value, ExcelError):
                    model.set_user_input(*place, str(value))
                elif isinstance(value, str):
                    model.update_cell_with_text(*place, value)
                else:
                    model.update_cell_with_number(*place, _finite(value))
            self._tables.discard(key)

    def set_formula(self, sheet: str, cell: str, formula: str) -> None:
        key = (sheet, cell)
        place = self._place(key)
        with self._refusing(key, f"={formula}"):
            self._open_model().update_cell_with_formula(*place, f"={formula}")
        self._tables.discard(key)

    def recalculate(self) -> None:
        with self._breaking("recalculate"):
            self._open_model().evaluate()

    def values(self, cells: Sequence[Key] | None = None) -> dict[Key, CellValue]:
        model = self._open_model()
        if cells is None:
            places = [tuple(place) for place in model.get_all_cells()]
            keys: Sequence[Key] = [self._keys.get(place) or self._key(place) for place in places]
        else:
            refuse_uncomputed(self._name, self.engine, [key for key in cells if key in self._tables])
            keys, places = cells, [self._place(key) for key in cells]
        found: dict[Key, CellValue] = {}
        unknown: dict[Key, str] = {}
        read = model.get_cell_value
        for key, place in zip(keys, places, strict=True):
            value = read(*place)
            # Asking for the type costs as much as the value: only a text can be an error.
            if value.__class__ is str and model.get_cell_type(*place) == self._error_type:
                if value in ERRORS:
                    value = ERRORS[value]
                else:
                    unknown[key] = value
            found[key] = value
        if cells is None:
            found = {key: value for key, value in found.items() if value is not None and key not in self._tables}
        refuse_unknown_errors(self._name, self.engine, unknown)
        return found

    def close(self) -> None:
        self._model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open_model(self) -> Any:
        if self._model is None:
            raise BookError(f"{self._name} is closed")
        return self._model

    def _place(self, key: Key) -> _Place:
        sheet, cell = key
        if sheet not in self._indices:
            raise BookError(f"{self._name} has no sheet {sheet!r}")
        return self._indices[sheet], *position(cell)

    def _key(self, place: _Place) -> Key:
        sheet, row, column = place
        key = self._keys[place] = (self._names[sheet], address(row, column))
        return key

    @contextmanager
    def _refusing(self, key: Key, value: object) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise BookError(f"{self._name}: {key[0]}!{key[1]} cannot hold {value!r} ({error})") from error

    @contextmanager
    def _breaking(self, action: str) -> Iterator[None]:
        try:
            yield
        except XlroiError:
            raise
        except BaseException as error:
            # A panic in Rust is no Exception, so that nobody catches it by accident; here it is meant.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise EngineUnavailable(f"IronCalc {self.version} could not {action} {self._name} ({error})") from error


def _finite(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a cell holds finite numbers only")
    return number
