"""One cell at a time, left first: texts, and which error a NaN of the array engine is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from xlroi.engine import scalar
from xlroi.engine.excel_finance import EXCEL_FINANCE
from xlroi.engine.roots import irr, spreadsheet_xirr
from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.scope import Scope, name_of
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text
from xlroi.values import DIV0, NA, NUM, REF, VALUE, CellValue, ExcelError

__all__ = ["Walker"]

Read = Callable[[str, int, int], CellValue]
"""``read(name, member, step)``; step −1 is the opening column."""


_WORDS: Final[dict[str, Callable[..., float | str | ExcelError]]] = {**scalar.ELEMENTWISE, **EXCEL_FINANCE}


@dataclass(frozen=True, slots=True)
class Walker:
    """Evaluates a typed tree at one member and step.

    ``members`` gives the number of rows of a table, ``steps`` the number of columns.
    """

    read: Read
    members: Callable[[str], int]
    steps: int
    scope: Scope

    def value(self, node: Node, member: int = 0, step: int = 0) -> CellValue:
        """The value of a formula as its cell shows it: a truth value is 1 or 0."""
        found = self._value(node, member, step)
        return float(found) if isinstance(found, bool) else found

    def _value(self, node: Node, member: int, step: int) -> CellValue:
        match node:
            case Number(value=value) | Text(value=value):
                return value
            case Name(id=name):
                return self.read(name, member, step)
            case Minus(operand=operand):
                number = scalar.as_number(self._value(operand, member, step))
                return number if isinstance(number, ExcelError) else -number
            case Binary():
                return self._binary(node, member, step)
            case Call():
                return self._call(node, member, step)

    def _binary(self, node: Binary, member: int, step: int) -> CellValue:
        left, right = self._value(node.left, member, step), self._value(node.right, member, step)
        for side in (left, right):
            if isinstance(side, ExcelError):
                return side
        if node.operator == "&":
            return f"{left}{right}"
        if isinstance(left, str) and isinstance(right, str):
            return (left.casefold() == right.casefold()) == (node.operator == "=")
        a, b = scalar.as_number(left), scalar.as_number(right)
        if isinstance(a, ExcelError) or isinstance(b, ExcelError):
            return VALUE
        arithmetic = scalar.BINARY.get(node.operator)
        if arithmetic is not None:
            return arithmetic(a, b)
        return scalar.holds(a, node.operator, b)

    def _call(self, node: Call, member: int, step: int) -> CellValue:
        if node.reduces or node.function in {"PRIOR", "LAG", "CUMULATIVE", "VINTAGE"}:
            return self._along(node, member, step)
        if FUNCTIONS[node.function].shape == "member":
            return self._rows(node, member, step)
        if node.function in scalar.LAZY:
            return self._lazy(node, member, step)
        numbers: list[float] = []
        for argument in node.arguments:
            number = scalar.as_number(self._value(argument, member, step))
            if isinstance(number, ExcelError):
                return number
            numbers.append(number)
        return _WORDS[node.function](*numbers)

    def _lazy(self, node: Call, member: int, step: int) -> CellValue:
        first = self._value(node.arguments[0], member, step)
        if node.function == "ISNUMBER":
            return isinstance(first, float) and not isinstance(first, bool)
        if node.function == "DIFFERS":
            other = self._value(node.arguments[1], member, step)
            return next((v for v in (first, other) if isinstance(v, ExcelError)), NUM)  # two cells never make an error
        if node.function == "IFERROR":
            return self._value(node.arguments[1], member, step) if isinstance(first, ExcelError) else first
        condition = scalar.as_number(first)
        if isinstance(condition, ExcelError):
            return condition
        if node.function == "CHOOSE":
            index = int(condition)
            return self._value(node.arguments[index], member, step) if 0 < index < len(node.arguments) else VALUE
        return self._value(node.arguments[1 if condition else 2], member, step)

    def _along(self, node: Call, member: int, step: int) -> CellValue:
        first = node.arguments[0]
        match node.function:
            case "PRIOR":
                assert isinstance(first, Name)
                return self.read(first.id, member, step - 1)
            case "LAG":
                return self._lag(node, member, step)
            case "CUMULATIVE":
                return self._fold("SUM", [self._value(first, member, s) for s in range(step + 1)])
            case "VINTAGE":
                return self._vintage(node, member, step)
            case "FIRST":
                return self._first(first, member)
            case "LAST":
                horizon = scalar.as_number(self.read("horizon", 0, 0))
                return horizon if isinstance(horizon, ExcelError) else self._value(first, member, int(horizon))
            case "NPV" | "XNPV" | "IRR" | "XIRR":
                return self._finance(node, member, step)
            case _:
                return self._aggregate(node, member, step)

    def _aggregate(self, node: Call, member: int, step: int) -> CellValue:
        """Over rows and steps; where the line's own table stands beside the reduced one, its row stays."""
        first, *parameters = node.arguments
        table = first.type.table if "table" in node.reduces else None
        columns = range(self.steps) if "month" in node.reduces else [step]
        values: list[CellValue] = []
        rows = [member]
        if table:
            rows = list(range(self.members(table))) if first.type.all_rows else self._active(table)
        for row in rows:
            inner = first if first.type.beside is None else self._at_own_row(first, str(table), member)
            values += [self._value(inner, row, s) for s in columns]
        if node.function == "COUNT":
            return float(sum(isinstance(v, float) for v in values))
        return self._fold(node.function, values, *(self._value(p, member, step) for p in parameters))

    def _at_own_row(self, node: Node, table: str, member: int) -> Node:
        """The expression with what belongs to the line's own row already read."""
        match node:
            case Name(id=name) if node.type.table not in (None, table) and not node.type.month:
                value = self.read(name, member, 0)
                if isinstance(value, (str, ExcelError)):
                    return Text(value, type=node.type)
                return Number(scalar.as_number(value), type=node.type)  # type: ignore[arg-type]  # no error here
            case Binary(left=left, right=right):
                return replace(
                    node,
                    left=self._at_own_row(left, table, member),
                    right=self._at_own_row(right, table, member),
                )
            case _:
                return node

    def _active(self, table: str) -> list[int]:
        return [row for row in range(self.members(table)) if self.read(name_of(table), row, 0) not in ("", None)]

    def _rows(self, node: Call, member: int, step: int) -> CellValue:
        first = node.arguments[0]
        match node.function:
            case "AT":
                return self._at(node, member, step)
            case "PICK_MIN" | "PICK_MAX":
                return self._pick(node, step)
            case "RANK":
                return self._rank(first, member, step)
            case "STEP":
                return self._step(node, member, step)
            case "ABOVE":
                return scalar.as_number(self._value(first, member - 1, step)) if member else 0.0
            case "SLOT":
                return self._slot(node, member)
            case "SUMIFS":  # an error of a value that is looked for
                found = (self._value(value, member, step) for value in node.arguments[2::2])
                return next((value for value in found if isinstance(value, ExcelError)), NUM)
            case _:  # PERIOD: an error of the period's number, or a period that is not there
                number = scalar.as_number(self._value(node.arguments[1], member, step))
                return number if isinstance(number, ExcelError) else REF

    def _at(self, node: Call, member: int, step: int) -> CellValue:
        key, line = self._value(node.arguments[0], member, step), node.arguments[1]
        if not isinstance(key, str) or isinstance(key, ExcelError):
            return key if isinstance(key, ExcelError) else NA
        table = str(line.type.table)
        for row in self._active(table):
            if str(self.read(name_of(table), row, 0)).casefold() == key.casefold():
                return self._value(line, row, step)
        return NA

    def _pick(self, node: Call, step: int) -> CellValue:
        value, label = node.arguments
        rows = self._active(str(value.type.table))
        found = [self._value(value, row, step) for row in rows]
        best = self._fold(node.function[5:], found)
        if isinstance(best, ExcelError) or not rows:
            return best if isinstance(best, ExcelError) else NA
        return self._value(label, rows[found.index(best)], step)

    def _rank(self, line: Node, member: int, step: int) -> CellValue:
        here = scalar.as_number(self._value(line, member, step))
        if isinstance(here, ExcelError):
            return here
        rank = 1.0
        for row in self._active(str(line.type.table)):
            other = scalar.as_number(self._value(line, row, step))
            if isinstance(other, ExcelError):
                return other
            rank += other > here and not scalar.equal(other, here)
        return rank

    def _step(self, node: Call, member: int, step: int) -> CellValue:
        value, start, result = node.arguments
        looked = scalar.as_number(self._value(value, member, step))
        if isinstance(looked, ExcelError):
            return looked
        place = -1
        for count, row in enumerate(self._active(str(start.type.table))):
            threshold = scalar.as_number(self._value(start, row, 0))
            if isinstance(threshold, ExcelError):
                return threshold
            if threshold <= looked or scalar.equal(threshold, looked):
                place = count
        return self._value(result, place, 0) if place >= 0 else NA

    def _slot(self, node: Call, member: int) -> CellValue:
        name, column = node.arguments
        assert isinstance(name, Name)  # xlroi writes these calls itself
        assert isinstance(column, Text)
        table, _, side = column.value.partition(".")
        cross = self.scope.tables[table]
        assert cross is not None  # only the key columns of a cross table are such slots
        pair = cross.slots(self.members(cross.left_table), self.members(cross.right_table))[member]
        return self.read(name.id, pair[0 if side == cross.left else 1], 0)

    def _lag(self, node: Call, member: int, step: int) -> CellValue:
        lag = scalar.as_number(self._value(node.arguments[1], member, step))
        if isinstance(lag, ExcelError):
            return lag
        if lag <= 0:
            return REF
        return 0.0 if step < lag else self._value(node.arguments[0], member, step - math.ceil(lag))

    def _vintage(self, node: Call, member: int, step: int) -> CellValue:
        """Asked only where an amount or a share is an error: the first one from the left."""
        amounts, ages, shares, *years = node.arguments
        rows = self._active(str(ages.type.table))
        cells = [self._value(line, member, s) for line in (amounts, *years) for s in range(step + 1)]
        cells += [self._value(column, row, 0) for column in (ages, shares) for row in rows]
        return next((v for v in cells if isinstance(v, ExcelError)), NUM)

    def _fold(self, function: str, values: list[CellValue], *parameters: CellValue) -> CellValue:
        numbers: list[float] = []
        for value in [*values, *parameters]:
            number = scalar.as_number(value)
            if isinstance(number, ExcelError):
                return number
            numbers.append(number)
        if parameters:
            return scalar.WITH_PARAMETER[function](numbers[:-1], numbers[-1])
        return _WORDS[function](*numbers)

    def _first(self, flag: Node, member: int) -> CellValue:
        for step in range(self.steps):
            value = self._value(flag, member, step)
            if isinstance(value, ExcelError):
                continue  # MATCH passes over errors
            if value == 1:
                return float(step)
        return NA

    def _finance(self, node: Call, member: int, step: int) -> CellValue:
        series: list[np.ndarray] = []
        single: list[float] = []
        for argument in node.arguments:
            if argument.type.month:
                row = [scalar.as_number(self._value(argument, member, s)) for s in range(self.steps)]
                error = next((v for v in row if isinstance(v, ExcelError)), None)
                if error is not None:
                    return error
                series.append(np.array(row, dtype=np.float64))
            else:
                number = scalar.as_number(self._value(argument, member, step))
                if isinstance(number, ExcelError):
                    return number
                single.append(number)
        if node.function == "NPV":
            if single[0] <= -1:
                return DIV0 if single[0] == -1 else NUM
            return float(np.sum(series[0] * (1 + single[0]) ** -np.arange(1.0, self.steps + 1)))
        if node.function == "XNPV":
            return NUM  # asked only where the rate is -100% or less
        if node.function == "XIRR":
            if series[0][0] == 0:
                return NA
            rate = float(spreadsheet_xirr(series[0], series[1], single[0]))
        else:
            rate = float(irr(series[0], single[0]))
        return NUM if np.isnan(rate) else rate
