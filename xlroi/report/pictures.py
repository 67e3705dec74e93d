"""Charts as PNG pictures. matplotlib is loaded here only, and its settings are left as they were."""

from __future__ import annotations

import io
import textwrap
import warnings
from typing import Any, Final

from xlroi.report.content import Chart
from xlroi.report.figures import figure

__all__ = ["SIZE", "picture"]

SIZE: Final = (4.2, 2.9)
"""Inches; two stand side by side on a page."""

_COLOURS: Final = ("#1F4E79", "#C55A11", "#548235", "#7F7F7F")
_DASHES: Final = ("-", "--", ":", "-.")
_LABEL: Final = 26
_NAMED: Final = 25
"""More bubbles than these could not be told apart by their names."""


def picture(chart: Chart) -> bytes:
    """A chart as PNG; the same chart gives the same bytes.

    >>> from xlroi.report.content import Curve
    >>> picture(Chart("columns", "Cost", "money", "USD", (Curve("", (1.0, 2.0)),), ("a", "b")))[1:4]
    b'PNG'
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # whatever a user's own settings say
        # A label is a text, never mathematics between two dollar signs; a sign the font lacks is drawn as a box.
        mpl.rcParams.update({"font.size": 8, "text.parse_math": False, "axes.unicode_minus": False})
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        made = Figure(figsize=SIZE, dpi=200, layout="constrained")
        FigureCanvasAgg(made)
        axes = made.add_subplot()
        _DRAWN[chart.kind](axes, chart)
        made.suptitle("\n".join(textwrap.wrap(chart.title, 52)), fontsize=9, fontweight="bold")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if (len(chart.curves) > 1 or chart.marker) and chart.kind not in ("waterfall", "bubble"):
            made.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=7)
        out = io.BytesIO()
        made.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


def _ticks(axis: Any, unit: str) -> None:
    """Amounts with thousands, shares with a percent sign; no power of ten in a corner."""
    from matplotlib.ticker import FuncFormatter

    def said(value: float, _: int) -> str:
        return f"{value * 100:g}%" if unit.startswith("%") else f"{value:,.10g}"

    axis.set_major_formatter(FuncFormatter(said))


def _columns(axes: Any, chart: Chart) -> None:
    count, falls = len(chart.curves), chart.kind == "waterfall"
    foot = [v or 0.0 for v in chart.curves[0].values] if falls else [0.0] * len(chart.labels)
    curves = chart.curves[1:] if falls else chart.curves
    width = 0.7 if falls else 0.7 / count
    for index, curve in enumerate(curves):
        middle = 0.0 if falls else (index - (count - 1) / 2) * width
        places = [i + middle for i in range(len(chart.labels))]
        heights = [v or 0.0 for v in curve.values]
        bars = axes.bar(places, heights, width, foot, color=_COLOURS[index % 4], label=curve.name or None)
        if not falls and len(places) * count <= 12:
            names = ["none" if v is None else figure(v, chart.unit) for v in curve.values]
            axes.bar_label(bars, names, fontsize=7, padding=1)
    lean = 30 if len(chart.labels) > 4 else 0
    names = ["\n".join(textwrap.wrap(label, 16)) for label in chart.labels]
    axes.set_xticks(range(len(names)), names, rotation=lean, ha="right" if lean else "center", fontsize=7)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.margins(y=0.12)
    axes.set_ylabel(chart.unit_text)
    _ticks(axes.yaxis, chart.unit)


def _path(axes: Any, chart: Chart) -> None:
    for index, curve in enumerate(chart.curves):
        values = [float("nan") if v is None else v for v in curve.values]
        axes.plot(chart.x, values, _DASHES[index % 4], color=_COLOURS[index % 4], linewidth=1.4, label=curve.name)
    axes.axhline(0, color="black", linewidth=0.6)
    if chart.marker:
        axes.plot([chart.marker[1]], [0], "D", color="black", markersize=5, label=chart.marker[0])
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.unit_text)
    _ticks(axes.yaxis, chart.unit)


def _bubble(axes: Any, chart: Chart) -> None:
    """Each row at its place, as large as its size says, with its name where they are few."""
    named = zip(chart.labels, *(curve.values for curve in chart.curves), strict=True)
    shown = [(name, x, y, abs(size or 0.0)) for name, x, y, size in named if x is not None and y is not None]
    largest = max((size for *_, size in shown), default=0.0) or 1.0
    areas = [260 * size / largest for *_, size in shown]
    axes.scatter([x for _, x, _, _ in shown], [y for _, _, y, _ in shown], areas, color=_COLOURS[0], alpha=0.55)
    for name, x, y, _ in shown if len(shown) <= _NAMED else ():
        axes.annotate(textwrap.shorten(name, 20, placeholder=" …"), (x, y), fontsize=5, ha="center", va="center")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.margins(0.12)
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(f"{chart.curves[1].name}, {chart.unit_text}")
    axes.locator_params(axis="x", nbins=5)
    _ticks(axes.xaxis, chart.unit)
    _ticks(axes.yaxis, chart.unit)


def _tornado(axes: Any, chart: Chart) -> None:
    """Bars to both sides of the figure as it is, the widest on top."""
    places = range(len(chart.labels))
    for curve, colour in zip(chart.curves, (_COLOURS[1], _COLOURS[0]), strict=True):
        lengths = [0.0 if v is None else v - chart.base for v in curve.values]
        axes.barh(places, lengths, 0.6, chart.base, color=colour, label=curve.name)
    axes.axvline(chart.base, color="black", linewidth=0.6)
    names = [textwrap.shorten(label, _LABEL, placeholder=" …") or label[:_LABEL] for label in chart.labels]
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel(chart.unit_text)
    axes.locator_params(axis="x", nbins=5)
    _ticks(axes.xaxis, chart.unit)


def _histogram(axes: Any, chart: Chart) -> None:
    counts = [v or 0.0 for v in chart.curves[0].values]
    axes.stairs(counts, chart.x, fill=True, color="#9DB7D5")
    axes.axvline(0, color="black", linewidth=0.6) if chart.x[0] < 0 < chart.x[-1] else None
    axes.set_xlabel(chart.unit_text)
    axes.set_ylabel(chart.curves[0].name)
    axes.locator_params(axis="x", nbins=5)
    _ticks(axes.xaxis, chart.unit)
    _ticks(axes.yaxis, "1")


_DRAWN: Final = {
    "columns": _columns,
    "waterfall": _columns,
    "path": _path,
    "bubble": _bubble,
    "tornado": _tornado,
    "histogram": _histogram,
}
