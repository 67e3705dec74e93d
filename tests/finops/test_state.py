"""A state: each export counted once, the newest of a month alone, nothing half done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.finops.bill import FILES, SAMPLE, write_bill
from xlroi.errors import InputError
from xlroi.finops.bills import Bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.ledger import Measure
from xlroi.finops.state.record import RECORD, load_record
from xlroi.finops.state.update import Overlap, State, Updated, opened, update
from xlroi.resources import templates

Row = Mapping[str, str]


def day(n: int, cost: str = "1", resource: str = "i-1", **more: str) -> Row:
    """A charge of a resource on a day of March."""
    start = f"2026-03-{n:02}T00:00:00Z"
    return {"ChargePeriodStart": start, "BilledCost": cost, "ResourceId": resource, **more}


def total(bills: Bills) -> Decimal:
    """The billed cost of all that counts."""
    return sum((cost for _, cost in bills.rows(bills.cube(["month"], [Measure("billed", "billed")]))), Decimal(0))


def write_total(state: State, bills: Bills, folder: Path) -> None:
    (folder / "total.txt").write_text(str(total(bills)))


def add(folder: Path, *files: Path, overlap: Overlap = "refuse", mapping: str | None = None) -> Updated:
    with DuckEngine() as engine:
        return update(folder, [str(f) for f in files], engine, write_total, overlap=overlap, mapping=mapping)


def billed(folder: Path) -> Decimal:
    record = load_record(folder)
    assert record is not None
    with DuckEngine() as engine:
        found = total(opened(folder, record, engine))
    assert Decimal((folder / "total.txt").read_text()) == found
    return found


def effective(folder: Path) -> Decimal:
    record = load_record(folder)
    assert record is not None
    with DuckEngine() as engine:
        bills = opened(folder, record, engine)
        return sum((cost for _, cost in bills.rows(bills.cube(["month"], [Measure("cost", "effective")]))), Decimal(0))


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def bill(folder: Path, name: str, rows: Sequence[Row]) -> Path:
    return write_bill(folder / name, rows)


def test_the_same_export_again_changes_nothing(tmp_path: Path) -> None:
    state, first = tmp_path / "state", bill(tmp_path, "1.csv", [day(1), day(2, "2.5")])
    assert add(state, first).refreshed
    before = tree(state)
    again = add(state, first)
    assert (again.refreshed, again.changes, again.known) == (False, (), (str(first),))
    shutil.copy(first, tmp_path / "under another name.csv")
    assert not add(state, tmp_path / "under another name.csv").refreshed
    assert tree(state) == before
    assert billed(state) == Decimal("3.5")


def test_the_month_so_far_replaces_the_older_export_and_both_totals_are_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "to-2.csv", [day(1), day(2, "2.5")]))
    # Day 2 came late in part and was restated from 2.5 to 2.25; day 3 is new: 1 + 2.25 + 0.5 + 4 = 7.75.
    newer = bill(tmp_path, "to-3.csv", [day(1), day(2, "2.25"), day(2, "0.5", "i-2"), day(3, "4")])
    (change,) = add(state, newer).changes
    assert (change.key, change.verdict) == (("AWS", "1", "2026-03"), "replaced")
    assert (change.before, change.after) == ({"USD": Decimal("3.5")}, {"USD": Decimal("7.75")})
    assert (change.rows_before, change.rows_after) == (2, 4)
    assert billed(state) == Decimal("7.75")
    assert len(list((state / "bills").iterdir())) == 1
    # The older export, once more: known, and it does not come back.
    assert not add(state, tmp_path / "to-2.csv").refreshed
    assert billed(state) == Decimal("7.75")


def test_a_day_that_is_new_is_added(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "1.csv", [day(1), day(2)]))
    (change,) = add(state, bill(tmp_path, "3.csv", [day(3, "5")])).changes
    assert (change.verdict, change.after) == ("added", {"USD": Decimal(7)})
    hours = [day(3, "0.5", ChargePeriodStart=f"2026-03-03T{hour}:00:00Z") for hour in ("22", "23")]
    assert add(state, bill(tmp_path, "night.csv", hours)).changes[0].verdict == "added"
    assert billed(state) == Decimal(8)
    # Then the provider sends the whole month: it replaces all three.
    whole = bill(tmp_path, "whole.csv", [day(1), day(2), day(3, "5"), *hours, day(4, "0.25")])
    assert add(state, whole).changes[0].verdict == "replaced"
    assert billed(state) == Decimal("8.25")
    assert len(list((state / "bills").iterdir())) == 1


def test_an_older_export_that_comes_late_changes_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "to-3.csv", [day(1), day(2), day(3)]))
    late = bill(tmp_path, "to-2.csv", [day(1), day(2)])
    said = add(state, late)
    assert (said.refreshed, said.known) == (False, (str(late),))
    assert said.changes[0].verdict == "held"
    assert billed(state) == Decimal(3)


def test_an_unclear_overlap_is_refused_and_the_user_may_decide(tmp_path: Path) -> None:
    first = bill(tmp_path, "to-2.csv", [day(1, "1", "i-1"), day(2, "2", "i-1")])
    # The same days with other resources: the other half of an export, or a restatement? Nobody can tell.
    other = bill(tmp_path, "part.csv", [day(1, "4", "i-0"), day(2, "8", "i-0")])
    state = tmp_path / "state"
    add(state, first)
    before = tree(state)
    with pytest.raises(InputError) as error:
        add(state, other)
    assert tree(state) == before
    said = str(error.value)
    assert f"{other}: 2026-03, AWS, account 1: 2026-03-01 to 2026-03-02: 2 rows, 12 billed; held, of to-2.csv" in said
    assert "2 rows, 3 billed" in said
    assert "--replace" in said
    replaced, both = tmp_path / "replaced", tmp_path / "both"
    shutil.copytree(state, replaced)
    shutil.copytree(state, both)
    add(replaced, other, overlap="replace")
    add(both, other, overlap="keep")
    assert (billed(replaced), billed(both)) == (Decimal(12), Decimal(15))


def test_days_that_are_held_in_part_are_unclear(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "1.csv", [day(1), day(2)]))
    with pytest.raises(InputError, match="unclear what counts"):
        add(state, bill(tmp_path, "2.csv", [day(2), day(3)]))


def test_a_month_is_replaced_within_a_file_of_many_months(tmp_path: Path) -> None:
    february = {"BillingPeriodStart": "2026-02-01", "ChargePeriodStart": "2026-02-03", "BilledCost": "10"}
    other = {"BillingAccountId": "2", "BilledCost": "100"}
    state = tmp_path / "state"
    add(state, bill(tmp_path, "history.csv", [february, day(1), day(2), other]))
    # Only account 1's March comes again: February and account 2 stand.
    changes = add(state, bill(tmp_path, "to-3.csv", [day(1), day(2), day(3, "3")])).changes
    assert [(c.key, c.verdict) for c in changes] == [(("AWS", "1", "2026-03"), "replaced")]
    assert billed(state) == Decimal(10 + 100 + 1 + 1 + 3)
    add(state, bill(tmp_path, "to-4.csv", [day(1), day(2), day(3, "3"), day(4)]))
    assert billed(state) == Decimal(10 + 100 + 1 + 1 + 3 + 1)
    assert len(list((state / "bills").iterdir())) == 2


def test_parts_of_one_export_are_one_export(tmp_path: Path) -> None:
    def parts(name: str, days: int) -> list[Path]:
        return [
            bill(tmp_path, f"{name}-a.csv", [day(n, "1", "i-1") for n in range(1, days + 1)]),
            bill(tmp_path, f"{name}-b.csv", [day(n, "2", "i-2") for n in range(1, days + 1)]),
        ]

    state = tmp_path / "state"
    add(state, *parts("to-2", 2))
    assert billed(state) == Decimal(6)
    assert add(state, *parts("to-3", 3)).changes[0].verdict == "replaced"
    assert billed(state) == Decimal(9)


def test_an_update_that_breaks_off_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "to-1.csv", [day(1)]))
    newer = bill(tmp_path, "to-2.csv", [day(1), day(2, "2")])
    before = tree(state)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    # While results are made; while the record is replaced; while a result is moved into its place.
    with pytest.raises(RuntimeError), DuckEngine() as engine:
        update(state, [str(newer)], engine, broken)
    assert {name: found for name, found in tree(state).items() if name in before} == before
    with monkeypatch.context() as patched:
        patched.setattr("xlroi.finops.state.update.save_record", broken)
        with pytest.raises(RuntimeError):
            add(state, newer)
    assert {name: found for name, found in tree(state).items() if name in before} == before
    assert billed(state) == Decimal(1)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", _replace_but_total(Path.replace))
        with pytest.raises(RuntimeError):
            add(state, newer)
    assert (state / "total.txt").read_text() == "1.000000000000000000"
    # The charges are in, the result is old: the next update sees it and mends it, whatever it is given.
    assert add(state, newer).refreshed
    assert billed(state) == Decimal(3)
    assert sorted(path.name for path in state.iterdir()) == [".lock", "bills", RECORD, "total.txt"]


def _replace_but_total(replace: object) -> object:
    def replaced(self: Path, target: Path) -> Path:
        if Path(target).name == "total.txt":
            raise RuntimeError("power cut")
        return replace(self, target)  # type: ignore[operator,no-any-return]

    return replaced


def test_a_first_update_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        add(tmp_path / "state", bill(tmp_path, "bad.csv", [{"BilledCost": "NaN"}]))
    assert not (tmp_path / "state").exists()
    with pytest.raises(InputError, match="a new state needs a bill"):
        add(tmp_path / "state")


def test_a_result_that_cannot_be_replaced_is_named_and_made_by_the_next_update(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "to-1.csv", [day(1)]))
    (state / "total.txt").unlink()
    (state / "total.txt" / "in the way").mkdir(parents=True)  # as a workbook that Excel holds open
    newer = bill(tmp_path, "to-2.csv", [day(1), day(2, "2")])
    with pytest.raises(InputError, match=r"total.txt: cannot be written: .*then update again"):
        add(state, newer)
    shutil.rmtree(state / "total.txt")
    assert add(state, newer).refreshed
    assert billed(state) == Decimal(3)


def test_a_charge_without_a_day_is_refused_with_its_row(tmp_path: Path) -> None:
    bad = bill(tmp_path, "bad.csv", [day(1), {"ChargePeriodStart": ""}])
    with pytest.raises(InputError, match=r"bad.csv:3: ChargePeriodStart: '\(empty\)' is empty, and mandatory"):
        add(tmp_path / "state", bad)


def test_two_updates_at_once_are_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first, second = bill(tmp_path, "1.csv", [day(1)]), bill(tmp_path, "2.csv", [day(2)])
    add(state, first)
    code = (
        "import sys; from pathlib import Path; from xlroi.finops.state.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(state)], stdin=-1, stdout=-1) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="another update of it is under way"):
            add(state, second)
        other.kill()  # a lock ends with its process, however it ends
    assert add(state, second).refreshed


def test_an_altered_bill_or_record_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    add(state, bill(tmp_path, "1.csv", [day(1)]))
    (held,) = (state / "bills").iterdir()
    held.write_text(held.read_text().replace("2026-03-01", "2026-03-02"))
    with pytest.raises(InputError, match="was altered after it was taken in"):
        add(state, bill(tmp_path, "2.csv", [day(2)]))
    (state / RECORD).write_text('{"version": 1, "exports": 3}')
    with pytest.raises(InputError, match="damaged"):
        add(state)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(InputError, match="no state"):
        add(tmp_path / "mine", SAMPLE)


def test_rules_that_changed_refresh_the_results(tmp_path: Path) -> None:
    state, rules, first = tmp_path / "state", tmp_path / "rules.yaml", bill(tmp_path, "1.csv", [day(1)])
    rules.write_text("currency: USD\n")
    with DuckEngine() as engine:
        assert update(state, [str(first)], engine, write_total, rules=rules).refreshed
        assert not update(state, [], engine, write_total).refreshed
        rules.write_text("currency: EUR\n")
        said = update(state, [], engine, write_total)
        assert said.refreshed
        assert said.record.rules == "../rules.yaml"
        # A file that the rules name counts as part of them.
        rules.write_text("drivers: {hours: {file: hours.csv}}\n")
        (tmp_path / "hours.csv").write_text("1")
        assert update(state, [], engine, write_total).refreshed
        (tmp_path / "hours.csv").write_text("2")
        assert update(state, [], engine, write_total).refreshed
        assert not update(state, [], engine, write_total).refreshed


def test_bills_of_another_layout_stand_beside_focus_with_a_copy_of_their_mapping(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    shutil.copyfile(str(templates().joinpath("bills", "azure_ea_amortized.yaml")), mapping)
    azure = FILES / "azure_ea_amortized_small.csv"
    state = tmp_path / "state"
    add(state, azure, mapping=str(mapping))
    mapping.unlink()  # the state has its own
    add(state, bill(tmp_path, "1.csv", [day(1, "1.25")]))
    # This export has amortised cost only: see tests/finops/test_mappings.py for its total.
    assert effective(state) == Decimal("16.296932136636644627") + Decimal("1.20")
    assert not add(state, azure).refreshed


def test_the_focus_sample_keeps_its_totals(tmp_path: Path) -> None:
    add(tmp_path / "state", SAMPLE)
    assert billed(tmp_path / "state") == Decimal("20.52022672899")
