"""Write docs/models/*.md: each model with its question, drivers, formulas in words, limitations and sources.

python tools/model_page.py build_or_buy  prints the page of a model
python tools/model_page.py --write       writes the pages of all models
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from xlroi.formula.parse import parse
from xlroi.formula.words import in_words
from xlroi.model.blocks import block_names
from xlroi.model.loading import parse_yaml
from xlroi.model.model import Column, Input, Model, Section, Series
from xlroi.model.template import load_model, model_names
from xlroi.resources import templates
from xlroi.values import from_serial
from xlroi.workbook.sheets.records import label_of

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "models"
MADE = "Made by `python tools/model_page.py --write` from the template; a test compares them."

OWN_SECTIONS = ("Timeline", "Checks")
"""Sections that every model gets by itself; checks have a list of their own."""


def pages() -> dict[str, str]:
    """Every page by its file name: one a model, one a block that models share."""
    models = [load_model(name) for name in model_names()]
    found = {f"{model.id}.md": page(model) for model in models}
    for block in block_names():
        user = next((m for m in models if f"- block: {block}\n" in m.text), None)
        if user:
            found[f"{block}.md"] = block_page(block, user)
    return found


def page(model: Model) -> str:
    """The page of a model."""
    blocks = {b: titles for b in block_names() if f"- block: {b}\n" in model.text for titles in [block_titles(b)]}
    shared = {title for titles in blocks.values() for title in titles}
    own = [s for s in model.sections if s.title not in {*OWN_SECTIONS, *shared}]
    parts = [f"# {model.title}\n\n{MADE}\n", f"**Question.** {model.question}\n", f"{model.description}\n"]
    parts.append(f"Model `{model.id}`, version {model.version}: {_span(model)}.\n")
    parts.append("## Drivers\n")
    parts += [*_inputs(model), *_tables(model)]
    parts.append("## Formulas in words\n")
    parts += [_section(model, section) for section in own]
    parts += [
        f"{_joined([t.lower() for t in titles])}: see [{block}.md]({block}.md).\n" for block, titles in blocks.items()
    ]
    parts += ["## Results\n", _results(model), "## Checks\n", _checks(model)]
    parts += ["## Limitations\n", f"{model.limitations}\n", "## Sources\n", _sources(model)]
    return "\n".join(parts)


def block_page(block: str, model: Model) -> str:
    """The page of a block, from a model that uses it."""
    titles = block_titles(block)
    parts = [f"# Block {block}\n\n{MADE} Models that name the block share these sections.\n"]
    parts += [_section(model, section) for section in model.sections if section.title in titles]
    return "\n".join(parts)


def block_titles(block: str) -> list[str]:
    """The titles of a block's sections."""
    text = templates().joinpath("blocks", f"{block}.yaml").read_text(encoding="utf-8")
    return [section["title"] for section in parse_yaml(text, f"{block}.yaml").data["sections"]]


def _span(model: Model) -> str:
    return f"{len(model.texts)} lines, {len(model.inputs)} inputs, up to {model.last_step} {model.step}s"


def _inputs(model: Model) -> Iterator[str]:
    """Inputs by group; the factors of tables stand with their columns."""
    given: list[Input | Series] = [*model.inputs.values(), *model.series.values()]
    groups = dict.fromkeys(i.group for i in given if "." not in i.id)
    for group in groups:
        rows = []
        for item in given:
            if item.group != group or "." in item.id:
                continue
            default = item.default if isinstance(item, Input) else item.default[0]
            note = item.help + (f" (one value a {item.period.replace('_', ' ')})" if isinstance(item, Series) else "")
            shown = from_serial(float(default)).isoformat() if item.is_date else _number(default, item.unit_text)
            rows.append((item.label, f"`{item.id}`", _unit(item.unit_text), shown, _bounds(item), note.strip()))
        yield f"### {group}\n"
        yield _table(("Input", "Name", "Unit", "Default", "Bounds", "About"), rows)


def _tables(model: Model) -> Iterator[str]:
    for table in model.tables.values():
        yield f"### Table: {table.label}\n"
        yield f"{table.note}.\n" if table.note and not table.note.endswith(".") else f"{table.note}\n"
        if table.cross:
            yield "Its rows are pairs of the rows of other tables.\n"
            continue
        rows = [(c.label, f"`{c.path}`", _kind(model, c), _bounds(c), c.help) for c in table.columns.values()]
        yield _table(("Column", "Name", "Unit", "Bounds", "About"), rows)
        yield f"Rows of the template: {', '.join(table.rows) or 'none'}.\n"


def _kind(model: Model, column: Column) -> str:
    if column.kind == "key":
        return f"a row of {model.tables[column.key].label.lower()}"
    if column.kind == "choice":
        return "one of " + ", ".join(column.choices)
    return _unit(column.unit_text)


def _bounds(item: Input | Series | Column) -> str:
    ends = (("at least", item.minimum), ("at most", item.maximum))
    words = [f"{word} {_number(end, item.unit_text)}" for word, end in ends if end is not None]
    return ", ".join(words + (["whole"] if item.integer else []))


def _section(model: Model, section: Section) -> str:
    rows = []
    for id in section.lines:
        text, line = model.texts[id], model.system.lines[id]
        words = in_words(parse(text.formula), lambda name: label_of(model, name), model.step)
        over = [f"each of {model.tables[line.type.table].label.lower()}"] if line.type.table else []
        over += [f"each {model.step}"] if line.type.month else []
        unit = "text" if line.type.kind == "text" else _unit(text.unit_text)
        rows.append((text.label, f"`{id}`", unit, ", ".join(over), words, text.note))
    note = f"{section.note.strip()}\n\n" if section.note else ""
    return f"### {section.title}\n\n{note}" + _table(("Line", "Name", "Unit", "For", "Is", "Note"), rows)


def _results(model: Model) -> str:
    rows = []
    for output in model.outputs:
        over = model.tables[output.table].label.lower() if output.table else ""
        rows.append((output.label, f"`{output.id}`", _unit(output.unit_text), over, output.note))
    return _table(("Result", "Name", "Unit", "For each of", "Meaning"), rows)


def _checks(model: Model) -> str:
    return _table(("What must hold", "Kind", "Otherwise"), [(c.label, c.kind, c.help) for c in model.checks])


def _sources(model: Model) -> str:
    rows = [(c.label, _number(c.value, c.unit_text), _unit(c.unit_text), c.source) for c in model.constants.values()]
    given: list[Input | Series] = [*model.inputs.values(), *model.series.values()]
    for item in given:
        if item.source and "." not in item.id:
            default = item.default if isinstance(item, Input) else item.default[0]
            rows.append((item.label, _number(default, item.unit_text), _unit(item.unit_text), item.source))
    for table in model.tables.values():
        rows += [(f"{table.label}: {n}", "", "", str(r["source"])) for n, r in table.rows.items() if r.get("source")]
    return _table(("Fact", "Value", "Unit", "Source"), rows)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit.startswith("%"):
        return f"{value * 100:.12g}%"
    return f"{value:.12g}" if value.is_integer() and abs(value) < 1e12 else f"{value:.6g}"


def _unit(unit: str) -> str:
    return "" if unit in ("1", "text") else unit


def _joined(words: list[str]) -> str:
    text = ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else words[0]
    return text[0].upper() + text[1:]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table without the columns that are empty in every row."""
    kept = list(rows)
    full = [i for i in range(len(heads)) if any(row[i] for row in kept)] or [0]
    lines = [[heads[i] for i in full], ["---"] * len(full)]
    lines += [[row[i].replace("|", "\\|").replace("*", "·") for i in full] for row in kept]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGES.mkdir(exist_ok=True)
        for file, text in pages().items():
            (PAGES / file).write_text(text, encoding="utf-8")
    else:
        for name in sys.argv[1:]:
            sys.stdout.write(page(load_model(name)))
