"""A commented case to start from, and a commented template."""

from __future__ import annotations

from typing import Any

from xlroi.model.model import Column, Input, Model, Series, Table
from xlroi.model.numbers import number_from, written
from xlroi.resources import templates
from xlroi.values import from_serial

__all__ = ["starter_case", "starter_template", "yaml_number", "yaml_text"]


def starter_case(model: Model, named: str | None = None) -> str:
    """A case of a model with every input at its default, its unit and help beside it; it builds at once.

    ``named`` is how the case names the model, where that is a template file.

    >>> from xlroi.model.template import load_model
    >>> print(starter_case(load_model("roi")).splitlines()[1])
    model: roi
    """
    lines = [
        f"# {model.title}: {model.question}",
        f"model: {named or model.id}",
        f"title: {yaml_text(model.title)}",
        'owner: ""',
        'version: "1.0"',
        "currency: USD",
        "scenario: base        # base, optimistic or pessimistic",
        "",
        "# A value may be a number, or say more:",
        '#   discount_rate: {base: 10%, optimistic: 8%, pessimistic: 12%, source: "...", as_of: 2026-11-20}',
        "inputs:",
    ]
    group = ""
    given: list[Input | Series] = [*model.inputs.values(), *model.series.values()]
    for declared in given:
        if declared.id.endswith(".scale"):
            continue
        if declared.group != group:
            group = declared.group
            lines += ["", f"  # {group}"]
        comment = f"{declared.label}, {declared.unit_text}. {declared.help}".rstrip()
        if isinstance(declared, Series):
            values = ", ".join(yaml_number(v, declared.unit_text) for v in declared.default)
            lines += [f"  # {comment} One value a {declared.period.replace('_', ' ')}.", f"  {declared.id}: [{values}]"]
        else:
            lines.append(f"  {declared.id}: {_value(declared)}".ljust(42) + f"  # {comment}")
    own = [t for t in model.tables.values() if not t.cross]
    if own:
        lines += ["", "# Rows by name; leave a table out to use the template's rows.", "tables:"]
    for table in own:
        lines += ["", f"  # {table.label}. {table.note}".rstrip()]
        lines += [f"  #   {c.id}: {_about(c)}" for c in table.columns.values()]
        if table.ledger:
            lines += ["  # Rows as CSV, as many as there are:", f"  {table.id}:", '    source: ""', "    csv: |"]
            lines.append(f"      {','.join(table.columns)}")
            continue
        if table.optional:
            lines.append(f"  # {table.id}: {{}} for none")
        lines.append(f"  {table.id}:" + ("" if table.rows else " {}"))
        for name, cells in table.rows.items():
            lines.append(f"    {yaml_text(name)}: {{{', '.join(_cells(table, cells))}}}")
    return "\n".join(lines) + "\n"


def _about(column: Column) -> str:
    what = f"one of {', '.join(column.choices)}" if column.choices else column.unit_text
    if column.key:
        what = f"a row of {column.key}"
    if column.period:
        what += f", one value a {column.period.replace('_', ' ')}"
    return f"{column.label}, {what}. {column.help}".rstrip()


def _cells(table: Table, cells: Any) -> list[str]:
    return [f"{c.id}: {_cell(c, cells[c.id])}" for c in table.columns.values() if c.id in cells]


def _cell(column: Column, value: Any) -> str:
    if column.kind != "number":
        return yaml_text(str(value))
    if isinstance(value, list):
        return f"[{', '.join(yaml_number(number_from(v), column.unit_text) for v in value)}]"
    return yaml_number(number_from(value), column.unit_text)


def _value(declared: Input) -> str:
    return yaml_number(declared.default, declared.unit_text)


def yaml_number(value: float, unit: str) -> str:
    """A number as a case writes it: a date, a percentage, or digits.

    >>> yaml_number(0.085, "%"), yaml_number(46022.0, "date"), yaml_number(12.5, "money")
    ('8.5%', '2025-12-31', '12.5')
    """
    if unit == "date":
        return from_serial(value).isoformat()
    if unit.startswith("%"):
        percent = f"{value * 100:.12g}%"
        return percent if number_from(percent) == value else written(value)
    return written(value)


def yaml_text(text: str) -> str:
    """A text that YAML reads back as the same text.

    >>> yaml_text("Own"), yaml_text("No: 3")
    ('Own', '"No: 3"')
    """
    plain = text.replace(" ", "").replace("_", "").replace("-", "")
    if plain.isalnum() and text[:1].isalpha() and text.casefold() not in ("true", "false", "null", "yes", "no"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def starter_template(name: str) -> str:
    """A small template that works at once and shows every part; ``name`` becomes the model's id.

    >>> starter_template("my_model").splitlines()[1]
    'model: my_model'
    """
    return templates().joinpath("starter.yaml").read_text(encoding="utf-8").replace("MODEL_NAME", name)
