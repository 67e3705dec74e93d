"""A commented case to start from."""

from __future__ import annotations

from xlroi.model.model import Input, Model
from xlroi.values import from_serial

__all__ = ["starter_case"]


def starter_case(model: Model) -> str:
    """A case of a model with every input at its default, its unit and help beside it; it builds at once.

    >>> from xlroi.model.template import load_model
    >>> print(starter_case(load_model("roi")).splitlines()[1])
    model: roi
    """
    lines = [
        f"# {model.title}: {model.question}",
        f"model: {model.id}",
        f"title: {model.title}",
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
    for declared in model.inputs.values():
        if declared.group != group:
            group = declared.group
            lines += ["", f"  # {group}"]
        comment = f"{declared.label}, {declared.unit_text}. {declared.help}".rstrip()
        lines.append(f"  {declared.id}: {_value(declared)}".ljust(42) + f"  # {comment}")
    return "\n".join(lines) + "\n"


def _value(declared: Input) -> str:
    if declared.is_date:
        return from_serial(declared.default).isoformat()
    if declared.unit_text.startswith("%"):
        return f"{declared.default * 100:.12g}%"
    return f"{declared.default:.15g}"
