"""The 512-GPU workbook: trials against recalculations, and how the engine grows with trials, projects and months."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import xlroi
from benchmarks.kernel import npv_of_owning, without_spare
from benchmarks.measure import Row, median, row
from xlroi.analysis.simulate import drawn, leaves_of_trials, quantiles_of
from xlroi.analysis.targets import uncertain_inputs
from xlroi.engine.run import Engine
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml
from xlroi.model.template import model_from
from xlroi.proof.recalculation import open_book
from xlroi.resources import templates
from xlroi.workbook.book import book_of
from xlroi.workbook.write import layout_of

CASE = Path(__file__).parent.parent / "examples" / "gpu_cluster_512.yaml"
OUTPUT = "npv_of_owning"
TRIALS = 4_096
DAY = date(2026, 11, 20)


def varied(case: Case, count: int) -> dict[str, Any]:
    """The leaves of a case with every uncertain input varying, [trials]."""
    inputs = uncertain_inputs(case)
    points = np.random.default_rng(1).random((count, len(inputs)))
    return leaves_of_trials(inputs, case.values(), drawn(quantiles_of(inputs), points))


def trials(case: Case, count: int, outputs: Sequence[str] = (OUTPUT,)) -> float:
    """Median seconds of one trial, pruned to the outputs."""
    engine, leaves = Engine(case.model.system, case.model.steps), varied(case, count)
    return median(lambda: engine.trials(leaves, outputs, count), 5) / count


def recalculated(book: Path) -> list[Row]:
    """A trial against a recalculation of the whole workbook without What-If tables, warm and cold."""
    case = xlroi.load_case(CASE)
    every = [output.id for output in case.model.outputs]
    found_in = {
        f"512 GPUs: a trial of {TRIALS:,}, NPV of owning": trials(case, TRIALS),
        f"512 GPUs: a trial of {TRIALS:,}, all {len(every)} outputs": trials(case, TRIALS, every),
    }
    layout = layout_of(book_of(case, live=False), DAY)
    place, wanted = layout.input_cells()["server_price.base"], layout.homes[OUTPUT]
    cells = [(wanted.sheet, f"D{wanted.row}")]
    aims = {"ironcalc": (None, None), "libreoffice": (500.0, 5_000.0)}  # warm, cold
    found: list[Row] = []
    for name, (warm_aim, cold_aim) in aims.items():
        prices = itertools.count(300_000)

        def state(opened: Any, prices: Any = prices) -> None:
            opened.set({place: float(next(prices))})
            opened.recalculate()
            opened.values(cells)

        def cold(name: str = name) -> None:
            with open_book(book, name) as opened:
                state(opened)

        cold()
        with open_book(book, name) as opened:
            quick = median(lambda: state(opened))  # called at once
        slow = median(cold, 3)
        for what, ours in found_in.items():
            found.append(row(what, ours, f"{name}, warm", quick, warm_aim))
            found.append(row(what, ours, f"{name}, cold", slow, cold_aim))
    return found


def by_hand() -> Row:
    """The same output from a kernel that was written by hand; both give the same numbers (a test compares them)."""
    case = xlroi.load_case(CASE)
    leaves = without_spare(varied(case, TRIALS))

    def kernel() -> None:
        for start in range(0, TRIALS, 256):
            part = {k: v[start : start + 256] if isinstance(v, np.ndarray) else v for k, v in leaves.items()}
            npv_of_owning(part, owning=2, renting=1)

    peer = median(kernel, 3) / TRIALS
    return row(f"512 GPUs: a trial of {TRIALS:,}, NPV of owning", trials(case, TRIALS), "NumPy by hand", peer, 1 / 1.5)


def growth() -> list[Row]:
    """One trial with ten times the trials, the projects and the months; the ratio says how much more it takes."""
    text = CASE.read_text(encoding="utf-8")
    base = xlroi.load_case(CASE)
    ours = trials(base, TRIALS)
    found = [row("512 GPUs: a trial of 4,096", ours, "of 40,960", trials(base, 10 * TRIALS))]
    four = text.partition("  projects:\n")[2].partition("  comparison:")[0]
    forty = "".join(line.replace(":", f" {n}:", 1) + "\n" for n in range(10) for line in four.splitlines())
    found.append(row("512 GPUs: 4 projects", ours, "40 projects", trials(_case(text.replace(four, forty)), TRIALS)))
    long = templates().joinpath("models", "infrastructure.yaml").read_text(encoding="utf-8")
    long = long.replace("columns: 60", "columns: 600").replace(
        "default: 48, min: 1, max: 60", "default: 48, min: 1, max: 600"
    )
    index = "[" + ", ".join(["100%"] * 50) + "]"
    months = text.replace("period_months: 48", "period_months: 480").replace("[100%, 85%, 72%, 61%, 52%]", index)
    wide = case_from(parse_yaml(months, "case.yaml"), model_from(parse_yaml(long, "infrastructure.yaml")))
    found.append(row("512 GPUs: 60 months of columns", ours, "600 months", trials(wide, TRIALS // 8)))
    return found


def _case(text: str) -> Case:
    return case_from(parse_yaml(text, "case.yaml"))
