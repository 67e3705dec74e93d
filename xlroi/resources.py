"""Where the workbook templates are: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["templates"]


def templates() -> Traversable:
    """The folder ``workbook_templates``, whether xlroi runs from a wheel, a zip or a checkout.

    >>> templates().joinpath("models").is_dir()
    True
    """
    installed = files(__package__).joinpath("_templates")
    return installed if installed.is_dir() else Path(__file__).parent.parent / "workbook_templates"
