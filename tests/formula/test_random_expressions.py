"""Random expressions of the whole language: the engine's value is what two other spreadsheets compute in the cell.

The trees are random, their leaves ordinary numbers: the words, how they nest, brackets, errors and inactive rows are
what is tried here. Known differences between spreadsheets, each with its reason, are kept out of the generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.formula.test_behaviours import DECLARED, LEAVES, LINES, TABLES
from tests.sheet import Bare, bare
from xlroi.formula.system import Draft

COUNT = 20_000
STEPS = 13
SEED = 20261121

# Chained searches and powers amplify a difference in the last digit, so a tree has few of them.
DEPTH = 4


class _Maker:
    """Formulas for one kind of line: ``single``, ``row`` (of table options) or ``month``."""

    def __init__(self, rng: random.Random, kind: str) -> None:
        self.rng, self.kind = rng, kind

    def number(self, depth: int) -> str:
        rng = self.rng
        if depth == 0 or rng.random() < 0.15:
            return self.leaf()
        choice = rng.choice(self.words())
        return choice(depth - 1)

    def leaf(self) -> str:
        leaves = ["rate", "nothing", "rate_years", f"{self.rng.choice([0, 1, 2, 3, 0.5, 7.25, 100, 12])}", "10%"]
        if self.kind == "row":
            leaves += ["options.price", "options.wait", "options.price"]
        if self.kind == "month":
            leaves += ["month", "buys", "operating * 3", "year_number"]
        return self.rng.choice(leaves)

    def words(self) -> list[Callable[[int], str]]:
        rng, n = self.rng, self.number
        words: list[Callable[[int], str]] = [
            lambda d: f"({n(d)} + {n(d)})",
            lambda d: f"({n(d)} - {n(d)})",
            lambda d: f"{n(d)} * {n(d)}",
            lambda d: f"({n(d)}) / ({n(d)})",
            lambda d: f"({n(d)}) / ({n(d)} * {n(d)})",
            lambda d: f"(-({n(d)}))",
            # 0^0 is #NUM! in Excel and here, 1 in LibreOffice (rule 22), so the exponent is not 0.
            lambda d: f"({n(d)}) ^ {rng.choice([1, 2, 3])}",
            lambda d: f"IF({self.flag(d)}, {n(d)}, {n(d)})",
            lambda d: f"MIN({n(d)}, {n(d)})",
            lambda d: f"MAX({n(d)}, {n(d)}, {n(d)})",
            lambda d: f"AVERAGE({n(d)}, {n(d)})",
            lambda d: f"MEDIAN({n(d)}, {n(d)}, {n(d)})",
            lambda d: f"SUM({n(d)}, {n(d)})",
            lambda d: f"ABS({n(d)})",
            lambda d: f"ROUND({n(d)}, {rng.choice([0, 1, 2])})",
            lambda d: f"ROUNDUP({n(d)}, 1)",
            lambda d: f"ROUNDDOWN({n(d)}, 1)",
            lambda d: f"CEIL({n(d)})",
            lambda d: f"FLOOR({n(d)})",
            lambda d: f"SQRT({n(d)})",
            lambda d: f"LN({n(d)})",
            lambda d: f"EXP(MIN({n(d)}, 20))",
            lambda d: f"CHOOSE({rng.choice([1, 2])}, {n(d)}, {n(d)})",
            lambda d: f"IF(ISNUMBER({self.without_choose(d)}), 1, 2)",
            lambda d: f"IFERROR({n(d)}, {n(d)})",
            # MOD of whole numbers: on fractions spreadsheets differ in the last digit before the cut.
            lambda d: f"MOD({rng.randint(-20, 20)}, {rng.randint(1, 9)})",
            lambda d: f"SLN({n(d)}, {n(d)}, 5)",
            lambda d: f"PMT(1%, 24, {n(d)})",
            lambda _: "AT(who, options.price)",
            lambda _: f"PERCENTILE(options.price OVER options, {rng.choice(['10%', '50%', '90%'])})",
            lambda _: f"{rng.choice(['LARGE', 'SMALL'])}(options.price OVER options, {rng.choice([1, 2, 3, 4])})",
            lambda _: "STEP(rate_years, macrs.year, macrs.share)",
        ]
        if self.kind == "row":
            words += [
                lambda _: (
                    f"{rng.choice(['SUM', 'MIN', 'MAX', 'AVERAGE', 'MEDIAN', 'COUNT'])}(options.price OVER options)"
                ),
                lambda _: "SUM(risks.loss * (risks.option = options.name))",
                lambda _: "RANK(options.price)",
                lambda _: "LAST(usage)",
                lambda _: "SUM(flows)",
                lambda _: "ABOVE(own_price)",
            ]
        if self.kind == "month":
            words += [
                lambda _: "PRIOR(buys)",
                lambda _: f"LAG(buys, {rng.choice([1, 2, 5])})",
                lambda _: "CUMULATIVE(buys)",
                lambda _: "SUM(usage)",
                lambda _: "VINTAGE(buys, macrs.year, macrs.share)",
                lambda _: "RAMP(4)",
                lambda _: "GROWTH(rate)",
                lambda _: "PERIOD(demand.values, year_number)",
                lambda _: f"{rng.choice(['SUM', 'MIN', 'MAX'])}(usage OVER options)",
            ]
        if self.kind == "single":
            words += [
                lambda _: "SUM(options.price * options.wait)",
                lambda _: "SUM((options.price > 40) * options.wait)",
                lambda _: "SUM(flows)",
                lambda _: "SUM(buys * (month > 3))",
            ]
        return words

    def without_choose(self, depth: int) -> str:
        """IronCalc takes what CHOOSE gives for no number, so the language refuses CHOOSE inside ISNUMBER."""
        text = self.number(depth)
        return text if "CHOOSE" not in text else self.leaf()

    def flag(self, depth: int) -> str:
        rng, n = self.rng, self.number
        if depth > 0 and rng.random() < 0.3:
            word = rng.choice(["AND", "OR"])
            return f"{word}({self.flag(depth - 1)}, {self.flag(depth - 1)})"
        if depth > 0 and rng.random() < 0.1:
            return f"NOT({self.flag(depth - 1)})"
        return f"{n(max(depth - 1, 0))} {rng.choice(['<', '>', '<=', '>=', '=', '<>'])} {n(0)}"


def _drafts() -> list[Draft]:
    rng = random.Random(SEED)
    extra = [Draft("rate_years", "rate * 25"), Draft("own_price", "options.price", "options")]
    made = []
    for number in range(COUNT):
        # A monthly line fills a row of cells, so few are enough for many cells; each counts once.
        kind = rng.choices(["single", "row", "month"], [0.6, 0.3, 0.1])[0]
        formula = _Maker(rng, kind).number(DEPTH)
        about: dict[str, object] = {"handles_errors": True}
        if kind == "row":
            about["table"] = "options"
        elif kind == "month":
            about |= {"month": True, "totalled": "rate"}
        made.append(Draft(f"x{number}_", formula, **about))  # type: ignore[arg-type]
    return [*extra, *made]


@pytest.fixture(scope="module")
def sheet() -> Bare:
    return bare(LEAVES, DECLARED, [*LINES, *_drafts()], TABLES, STEPS, hold=10)


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_twenty_thousand_random_expressions_agree(sheet: Bare, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "random.xlsx"
    sheet.write(path)
    assert len([name for name in sheet.rows if name.startswith("x") and name.endswith("_")]) == COUNT
    found = sheet.mismatches(path, engine)
    assert not found, "\n".join([f"{len(found)} cells", *found[:40]])
