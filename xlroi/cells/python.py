"""The tree as Python, and the text of ``generated.py``, which holds every function of the catalogue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from xlroi.cells.catalogue import Argument, Constant, Declared, Search, declared_functions
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text

__all__ = ["module"]

_COMPARE: Final = frozenset({"=", "<>", "<", ">", "<=", ">="})
_WORDS: Final = {
    "SQRT": "xl.sqrt",
    "LN": "xl.ln",
    "EXP": "xl.exp",
    "INT": "xl.whole",
    "ROUND": "xl.rounded",
    "ROUNDUP": "xl.rounded_up",
    "POISSON.DIST": "xl.poisson",
    "NA": "xl.not_available",
    "ABS": "abs",
    "MAX": "max",
    "MIN": "min",
}
_LENGTH: Final = 120


def spelled(node: Node, constants: Mapping[str, Constant]) -> str:
    """A tree as a Python expression over names of the same name.

    >>> from xlroi.formula.parse import parse
    >>> spelled(parse("IF(a > 0, b / (a + 1), -b ^ 2 * 3)".replace("-b ^ 2", "-(b ^ 2)")), {})
    "(xl.divide(b, a + 1.0) if xl.compare(a, '>', 0.0) else (-xl.power(b, 2.0)) * 3.0)"
    """

    def text(inner: Node) -> str:
        return spelled(inner, constants)

    match node:
        case Number(value=value):
            return repr(value)
        case Text(value=value):
            return repr(value)
        case Name(id=name):
            return name
        case Minus(operand=operand):
            return f"-{_atom(operand, constants)}"
        case Binary(operator="/"):
            return f"xl.divide({text(node.left)}, {text(node.right)})"
        case Binary(operator="^"):
            return f"xl.power({text(node.left)}, {text(node.right)})"
        case Binary(operator=operator) if operator in _COMPARE:
            return f"xl.compare({text(node.left)}, {operator!r}, {text(node.right)})"
        case Binary(operator=operator):
            tight = operator == "*"
            left = _atom(node.left, constants) if tight else text(node.left)
            right = _atom(node.right, constants) if tight or operator == "-" else text(node.right)
            return f"{left} {operator} {right}"
        case Call(function="IF", arguments=(condition, yes, no)):
            return f"({text(yes)} if {text(condition)} else {text(no)})"
        case Call(function="OR", arguments=arguments):
            return f"({' or '.join(text(a) for a in arguments)})"
        case Call(function=function, arguments=arguments):
            return f"{_WORDS[function]}({', '.join(text(a) for a in arguments)})"


def _atom(node: Node, constants: Mapping[str, Constant]) -> str:
    text = spelled(node, constants)
    loose = isinstance(node, Minus) or (isinstance(node, Binary) and node.operator in ("+", "-"))
    return f"({text})" if loose else text


def module() -> str:
    """The text of ``generated.py``."""
    functions = declared_functions()
    names = sorted(f.name for f in functions)
    parts = [
        '"""Worksheet functions, generated from workbook_templates/functions.yaml: do not edit.\n\n'
        "python tools/worksheet_functions.py --write  writes this module; a test compares it with the catalogue.\n"
        'Importing it loads the standard library alone.\n"""\n\n'
        "# ruff: noqa: ARG005, E501, N802\n"
        "from __future__ import annotations\n\n"
        "from typing import Any\n\n"
        "from xlroi.cells import routines\n"
        "from xlroi.cells import words as xl\n"
        "from xlroi.cells.runtime import Parameter, Spec, call, within\n\n"
        "__all__ = [\n" + "".join(f'    "{n}",\n' for n in [*sorted(names), "SPECS"]) + "]\n"
    ]
    constants = functions[0].constants
    parts.append("\n".join(f"{c.name} = {c.value!r}  # {c.unit}: {c.source}" for c in constants.values()))
    for function in functions:
        if function.formula is not None:
            parts.append(_computation(function))
        parts.append(_face(function))
    specs = ",\n    ".join(f"_{f.name}" for f in functions)
    parts.append(f"SPECS = (\n    {specs},\n)\n" + '"""Every function, in the order of the catalogue."""\n')
    return _formatted("\n\n\n".join(parts))


def _computation(function: Declared) -> str:
    assert function.formula is not None
    constants = function.constants
    arguments = ", ".join(f"{a.name}: {'bool' if a.kind == 'flag' else 'float'}" for a in function.arguments)
    lines = [f"def {_private(function)}({arguments}) -> float:"]
    for step in function.steps:
        if isinstance(step.value, Search):
            search = step.value
            first, unless = spelled(search.first, constants), spelled(search.unless, constants)
            lines += [
                f"    def holds({step.name}: float) -> bool:",
                f"        return {spelled(search.where, constants)}",
                f"    {step.name} = {first} if {unless} else xl.first_whole({first}, {search.within}, holds)",
            ]
        else:
            lines.append(f"    {step.name} = {spelled(step.value, constants)}")
    lines.append(f"    return {spelled(function.formula, constants)}")
    return "\n".join(lines)


def _private(function: Declared) -> str:
    return f"_{function.name.lower()}"


def _face(function: Declared) -> str:
    compute = _private(function) if function.formula is not None else f"routines.{function.routine}"
    parameters = ",\n        ".join(_parameter(a, function) for a in function.arguments)
    signature = ", ".join(a.name + (": Any" if a.default is None else ": Any = None") for a in function.arguments)
    names = ", ".join(a.name for a in function.arguments)
    about = "\n".join(f"    {a.name}: {a.about}" for a in function.arguments)
    example = ""
    if function.value is not None:
        given = ", ".join(repr(v) for v in function.example)
        example = f'\n\n    >>> f"{{{function.name}({given}):.8g}}"\n    {f"{function.value:.8g}"!r}'
        example += f"\n\n    Source of the example: {function.source}."
    return (
        f"_{function.name} = Spec(\n    {function.name!r},\n    {function.category!r},\n    {function.summary!r},\n"
        f"    (\n        {parameters},\n    ),\n    {compute},\n)\n\n\n"
        f"def {function.name}({signature}) -> Any:\n"
        f'    """{function.summary}\n\n{about}{example}\n    """\n'
        f"    return call(_{function.name}, ({names},))"
    )


def _parameter(argument: Argument, function: Declared) -> str:
    parts = [repr(argument.name), repr(argument.kind), repr(argument.help)]
    if argument.default is None:
        parts.append("required=True")
    elif isinstance(argument.default, str):
        parts.append(f"default={() if argument.kind == 'pairs' else argument.default!r}")
    elif isinstance(argument.default, Number):
        value = argument.default.value
        parts.append(f"default={bool(value) if argument.kind == 'flag' else value!r}")
    else:
        before = [a.name for a in function.arguments[: function.arguments.index(argument)]]
        parts.append(f"default=lambda {', '.join(before)}: {spelled(argument.default, function.constants)}")
    if argument.whole:
        parts.append("whole=True")
    if argument.bounds:
        parts.append(f"bounds=within({', '.join(map(repr, argument.bounds))})")
    return f"Parameter({', '.join(parts)})"


def _formatted(text: str) -> str:
    """As the project's formatter writes it, so that the committed file stays as it is made."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--line-length", str(_LENGTH), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
