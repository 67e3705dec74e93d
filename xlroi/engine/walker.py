"""One cell at a time, left first: texts, and which error a NaN of the array engine is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xlroi.engine import scalar
from xlroi.engine.roots import irr, xirr
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text
from xlroi.values import DIV0, NA, NUM, VALUE, CellValue, ExcelError

__all__ = ["Walker"]

Read = Callable[[str, int, int], CellValue]
"""``read(name, member, step)``; step −1 is the opening column."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Evaluates a typed tree at one member and step.

    ``members`` gives the number of members of a table, ``steps`` the number of columns.
    """

    read: Read
    members: Callable[[str], int]
    steps: int

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
        same = scalar.equal(a, b)
        match node.operator:
            case "=":
                return same
            case "<>":
                return not same
            case "<":
                return a < b and not same
            case ">":
                return a > b and not same
            case "<=":
                return a < b or same
            case _:
                return a > b or same

    def _call(self, node: Call, member: int, step: int) -> CellValue:
        if node.reduces or node.function in {"PRIOR", "CUMULATIVE"}:
            return self._along(node, member, step)
        if node.function in scalar.LAZY:
            return self._lazy(node, member, step)
        numbers: list[float] = []
        for argument in node.arguments:
            number = scalar.as_number(self._value(argument, member, step))
            if isinstance(number, ExcelError):
                return number
            numbers.append(number)
        return scalar.ELEMENTWISE[node.function](*numbers)

    def _lazy(self, node: Call, member: int, step: int) -> CellValue:
        first = self._value(node.arguments[0], member, step)
        if node.function == "ISNUMBER":
            return isinstance(first, float) and not isinstance(first, bool)
        if node.function == "IFERROR":
            return self._value(node.arguments[1], member, step) if isinstance(first, ExcelError) else first
        condition = scalar.as_number(first)
        if isinstance(condition, ExcelError):
            return condition
        return self._value(node.arguments[1 if condition else 2], member, step)

    def _along(self, node: Call, member: int, step: int) -> CellValue:
        first = node.arguments[0]
        match node.function:
            case "PRIOR":
                assert isinstance(first, Name)
                return self.read(first.id, member, step - 1)
            case "CUMULATIVE":
                return self._fold("SUM", [self._value(first, member, s) for s in range(step + 1)])
            case "FIRST":
                return self._first(first, member)
            case "LAST":
                horizon = scalar.as_number(self.read("horizon", 0, 0))
                return horizon if isinstance(horizon, ExcelError) else self._value(first, member, int(horizon))
            case "NPV" | "IRR" | "XIRR":
                return self._finance(node, member, step)
            case _:
                table = first.type.table if "table" in node.reduces else None
                rows = range(self.members(table)) if table else [member]
                columns = range(self.steps) if "month" in node.reduces else [step]
                return self._fold(node.function, [self._value(first, m, s) for m in rows for s in columns])

    def _fold(self, function: str, values: list[CellValue]) -> CellValue:
        numbers: list[float] = []
        for value in values:
            number = scalar.as_number(value)
            if isinstance(number, ExcelError):
                return number
            numbers.append(number)
        return scalar.ELEMENTWISE[function](*numbers)

    def _first(self, flag: Node, member: int) -> CellValue:
        for step in range(self.steps):
            value = self._value(flag, member, step)
            if isinstance(value, ExcelError):
                continue  # MATCH passes over errors
            if value == 1:
                return self.read("month", 0, step)
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
        if node.function == "XIRR":
            if series[0][0] == 0:
                return NA
            rate = float(xirr(series[0], series[1], single[0]))
        else:
            rate = float(irr(series[0], single[0]))
        return NUM if np.isnan(rate) else rate
