"""A portfolio of many initiatives: how long the choice takes, how large its workbook is, how long it takes to open.

python -m benchmarks.portfolio [INITIATIVES]   200 unless given
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import xlroi
from xlroi.analysis.optimise import Optimum, chosen_case, frontier, optimise
from xlroi.api import restated
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml

__all__ = ["many"]

QUARTERS = 20


def many(count: int, seed: int = 1) -> Case:
    """Initiatives of all sizes over 20 quarters, with dependencies, exclusions, and budgets for a third of them."""
    rng = random.Random(seed)
    initiatives: dict[str, dict[str, Any]] = {}
    for number in range(1, count + 1):
        size, building, life = rng.lognormvariate(12, 0.8), rng.randint(1, 4), rng.randint(8, QUARTERS)
        initiatives[f"Initiative {number:03}"] = {
            "category": rng.choice(["Quick win", "Foundational"]),
            "strategic": rng.randint(1, 10),
            "probability": round(rng.uniform(0.4, 1), 2),
            "earliest": rng.randint(1, 6),
            "latest": rng.randint(7, QUARTERS - 1),
            "life": life,
            "effort": rng.randint(5, 80),
            "gpu_hours": rng.randint(0, 20_000),
            "path": "yes" if rng.random() > 0.1 else "no",
            "acquisition": [round(size / building)] * building,
            "operation": [round(size * 0.05)] * life,
            "savings": [0] * building + [round(size * rng.uniform(0.2, 0.6))] * (life - building),
            "revenue": [0],
        }
    names = list(initiatives)
    pairs = [sorted(rng.sample(range(count), 2), reverse=True) for _ in range(count // 5)]
    needs = {
        f"Needs {i}": {"initiative": names[a], "needs": names[b], "gap": rng.randint(0, 3)}
        for i, (a, b) in enumerate(pairs)
    }
    needed = {(row["initiative"], row["needs"]) for row in needs.values()}
    others = [[names[i] for i in sorted(rng.sample(range(count), 2), reverse=True)] for _ in range(count // 10)]
    excludes = {f"Excludes {i}": {"one": a, "other": b} for i, (a, b) in enumerate(others) if (a, b) not in needed}
    total = sum(sum(row["acquisition"]) + sum(row["operation"]) for row in initiatives.values())
    years = {
        f"Fiscal year {year}": {
            "year": year,
            "budget": round(total * 0.06),
            "gpu_limit": count * 7_000,
            "effort_limit": count * 5,
        }
        for year in range(2027, 2032)
    }
    tables = {"initiatives": initiatives, "dependencies": needs, "exclusions": excludes, "years": years, "actuals": {}}
    return case_from(parse_yaml(json.dumps({"model": "portfolio", "tables": tables}, indent=1), "many.yaml"))


def main() -> None:
    """Measure once and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    case = many(count)
    started = time.perf_counter()
    choice = optimise(case)
    print(f"optimised {count} initiatives x {QUARTERS} quarters: {time.perf_counter() - started:.1f} s, ", end="")
    print(f"{len(choice.starts)} chosen, gap {choice.gap:.3%} (the search {choice.seconds:.1f} s)")
    started = time.perf_counter()
    points = frontier(case, seconds=20)
    print(f"frontier of {len(points)} points: {time.perf_counter() - started:.1f} s")
    decided = restated(chosen_case(case, choice))
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "many.xlsx")
        started = time.perf_counter()
        built = xlroi.build(decided, book, optimum=Optimum(choice, points))
        print(f"built {built.formula_cells:,} formula cells: {time.perf_counter() - started:.1f} s, ", end="")
        print(f"{book.stat().st_size / 1e6:.1f} MB")
        started = time.perf_counter()
        command = ["soffice", "--headless", "--convert-to", "ods", "--outdir", folder, str(book)]
        subprocess.run(command, check=True, capture_output=True)
        print(f"LibreOffice, from its start to a copy saved: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
