"""Rules files that cannot be meant: every problem with file, line and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.finops.allocation import written
from xlroi.errors import InputError
from xlroi.finops.allocation import load_rules
from xlroi.finops.allocation.matching import Glob

TEAM = "currency: USD\ndimensions:\n  team:\n"
POOL = "currency: USD\ndimensions:\n  team: [{tag: team}]\nshared:\n"


def refused(folder: Path, rules: str, files: dict[str, str] | None = None) -> str:
    with pytest.raises(InputError) as error:
        load_rules(written(folder, rules, files))
    return str(error.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    "rules",
    [
        "    - {tag: team}\n    - {tag: team}\n",
        "    - {tag: team}\n    - {tag: team, is: {a: B}}\n",
        "    - {tag: team}\n    - {tag: team, account: 'a-*', is: Research}\n",
        "    - {service: 'Amazon*', is: A}\n    - {service: Amazon S3, region: eu, is: B}\n",
        "    - {service: 'amazon s*', is: A}\n    - {service: 'Amazon S3*', is: B}\n",
        "    - {service: [S3, 'EC*'], is: A}\n    - {service: EC2, is: B}\n",
        "    - {is: Everyone}\n    - {tag: team}\n",
        "    - {tag: team, is: {'a*': A, b: B}}\n    - {tag: team, is: {ab: X}}\n",
    ],
)
def test_a_rule_that_is_never_reached_is_refused_with_the_line_that_hides_it(tmp_path: Path, rules: str) -> None:
    said = refused(tmp_path, TEAM + rules)
    assert "rules.yaml:5: dimensions.team.1: never reached: the rule in line 4 matches all that it does" in said


@pytest.mark.parametrize(
    "rules",
    [
        "    - {tag: team, is: {a: B}}\n    - {tag: team}\n",
        "    - {service: Amazon S3, is: A}\n    - {service: 'Amazon*', is: B}\n",
        "    - {service: 'Amazon*', region: eu, is: A}\n    - {service: Amazon S3, is: B}\n",
        "    - {tag: team, is: {a: A}}\n    - {tag: team, is: {b: B}}\n",
        "    - {tag: team}\n    - {is: Everyone else}\n",
        "    - {tag: p, tags: {q: '*'}, in: t}\n    - {tag: q, tags: {p: '*'}, in: t}\n",
    ],
)
def test_a_rule_that_can_still_match_is_not_refused(tmp_path: Path, rules: str) -> None:
    tables = "tables: {t: {file: t.csv}}\n"
    assert (
        len(load_rules(written(tmp_path, TEAM + rules + tables, {"t.csv": "key,team\n1,A\n"})).dimensions["team"]) == 2
    )


@settings(max_examples=50, deadline=None)
@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4), st.lists(st.text("abc", max_size=4), max_size=20))
def test_what_a_pattern_covers_it_matches(left: str, right: str, texts: list[str]) -> None:
    if Glob(left).covers(Glob(right)):
        assert all(Glob(left).matches(text) for text in texts if Glob(right).matches(text))


def test_a_team_rule_that_a_pool_takes_everything_from_is_refused(tmp_path: Path) -> None:
    rules = TEAM + "    - {tag: team}\n    - {service: AWS Support, is: A}\n"
    rules += "shared:\n  - {name: S, service: 'AWS *', split: even}\n"
    said = refused(tmp_path, rules)
    assert "rules.yaml:5: dimensions.team.1: never reached: the rule in line 7 matches all that it does" in said


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ("{a: 60%, b: 30%}", "the shares sum to 90%, expected 100%"),
        ("{a: 33.3%, b: 33.3%, c: 33.3%}", "the shares sum to 99.9%, expected 100%; a third is 1/3"),
        ("{a: 0.6, b: 0.6}", "the shares sum to 120%, expected 100%"),
        ("{a: -10%, b: 110%}", "expected shares as 60%, 0.6 or 1/3 for each team"),
        ("{a: 1e400, b: 1}", "expected shares as 60%"),
        ("{a: .nan}", "expected shares as 60%"),
        ("{Search: 50%, search : 50%}", "a team stands twice"),
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(tmp_path: Path, shares: str, says: str) -> None:
    said = refused(tmp_path, POOL + f"  - {{name: S, service: x, split: {{fixed: {shares}}}}}\n")
    assert "rules.yaml:5: shared.0.split: " in said
    assert says in said


def test_shares_are_exact(tmp_path: Path) -> None:
    for shares in ("{a: 0.1, b: 0.2, c: 0.7}", "{a: 1/3, b: 2/3}", "{a: 33.3%, b: 66.7%}"):
        load_rules(written(tmp_path, POOL + f"  - {{name: S, service: x, split: {{fixed: {shares}}}}}\n"))


DRIVER = POOL + "  - {name: S, service: x, split: {driver: gpu}}\ndrivers: {gpu: {file: h.csv, quantity: hours}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("month,team\n2026-03,a\n", "h.csv:1: no column hours; these are: month, team"),
        ("month,team,hours\n2026-03,a,1\n2026-03,a,-1\n", "h.csv:3: team: 'a' stands for 2026-03 in line 2 too"),
        ("month,team,hours\n2026-03,a,1\n2026-03-31, A ,1\n", "h.csv:3: team: 'A' stands for 2026-03 in line 2 too"),
        ("month,team,hours\n2026-03,a,-1\n", "h.csv:2: quantity: must not be negative (got -1)"),
        ("month,team,hours\n2026-13,a,1\n", "h.csv:2: month: expected a month as 2026-03"),
        ("month,team,hours\n2026-03,,1\n", "h.csv:2: team: is empty"),
        ("month,team,hours\n2026-03,a,nan\n", "h.csv:2: quantity: expected a number as 1234.56 (got 'nan')"),
        ("month,team,hours\n2026-03,\"a,1\n", "h.csv:2: not a clean CSV"),
    ],
)  # fmt: skip
def test_a_driver_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, DRIVER, {"h.csv": text})


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("currency: USD\n", "rules.yaml: dimensions: this key is missing"),
        ("currency: dollars\ndimensions: {}\n", "rules.yaml:1: currency: expected a currency's code as USD"),
        ("currency: USD\nrates: {EUR: 0}\ndimensions: {}\n", "rules.yaml:2: rates.EUR: expected how many units"),
        ("currency: USD\nrates: {USD: 2}\ndimensions: {}\n", "rules.yaml:2: rates.USD: one USD is 1 USD"),
        ("currency: USD\ncost: list\ndimensions: {}\n", "rules.yaml:2: cost: expected billed or effective"),
        ("currency: USD\ndimension: {}\n", "rules.yaml:2: dimension: unknown key; did you mean 'dimensions'"),
        (TEAM + "    - {tagg: team}\n", "rules.yaml:4: dimensions.team.0.tagg: unknown key; did you mean 'tag'"),
        (TEAM + "    - {account: 1234, is: A}\n", "rules.yaml:4: dimensions.team.0.account: expected a text"),
        (TEAM + "    - {tag: team, is: 5}\n", "rules.yaml:4: dimensions.team.0.is: expected a name, or names by what"),
        (TEAM + "    - {provider: AWS, region: eu}\n", "rules.yaml:4: dimensions.team.0: says no team; expected"),
        (TEAM + "    - {tag: p, in: trackr}\ntables: {tracker: {file: t.csv}}\n",
         "rules.yaml:4: dimensions.team.0.in: no table 'trackr'; did you mean 'tracker'?"),
        (TEAM + "    - {tag: p, in: tracker}\ntables: {tracker: {file: t.csv}}\n", "the table tracker has no col"),
        (TEAM + "    - {tag: p, in: twice}\ntables: {twice: {file: twice.csv}}\n",
         "twice.csv:3: key: 'a' stands in line 2 too; keep one"),
        (TEAM + "    - {tag: p}\ntables: {t: {file: none.csv}}\n", "tables.t.file: none.csv: no such file"),
        (POOL + "  - {name: S, service: x, split: evenly}\n", "rules.yaml:5: shared.0.split: expected even, "),
        (POOL + "  - {name: S, service: x, split: {driver: gpu}}\n", "rules.yaml:5: shared.0.split: no driver 'gpu'"),
        (POOL + "  - {name: S, split: even}\n", "rules.yaml:5: shared.0: matches every charge"),
        (POOL + "  - {name: S, service: x, split: even}\n  - {name: s, service: y, split: even}\n",
         "rules.yaml:6: shared.1.name: the pool 'S' stands twice"),
        (POOL + "  - {name: S, service: x, split: even}\n  - {name: T, service: x, split: even}\n",
         "rules.yaml:6: shared.1: never reached: the rule in line 5"),
        (POOL.replace("shared", "ledgers") + "  - {kind: hardware, name: G, file: none.csv}\n",
         "rules.yaml:5: ledgers.0.file: none.csv: no such file"),
        (POOL.replace("shared", "ledgers") + "  - {kind: hardware, name: G, file: t.csv, columns: {prise: P}}\n",
         "rules.yaml:5: ledgers.0.columns.prise: no column of hardware; did you mean 'price'?"),
        (POOL.replace("shared", "ledgers") + "  - {kind: hardware, name: G, file: t.csv, currency: EUR}\n",
         "rules.yaml:5: ledgers.0.currency: no rate for EUR; say under rates how many USD one EUR is"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_meant_are_refused_with_their_line(tmp_path: Path, rules: str, says: str) -> None:
    files = {"t.csv": "key,product\n1,A\n", "twice.csv": "key,team\nA,x\na,y\n"}
    assert says in refused(tmp_path, rules, files)


def test_one_run_shows_every_problem(tmp_path: Path) -> None:
    rules = TEAM + "    - {tag: a}\n    - {tag: a}\nrates: {USD: 3}\ndrivers: {gpu: {file: none.csv}}\n"
    assert len(refused(tmp_path, rules).splitlines()) == 3


def test_a_missing_rules_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.yaml: no such file; docs/bills/allocate.md"):
        load_rules(str(tmp_path / "none.yaml"))
