"""A case as a long table: one row per model, scenario, line, member and date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.files import placed
from xlroi.model.case import Case
from xlroi.model.model import Scenario
from xlroi.values import ExcelError, from_serial

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["long_table", "write_table"]

COLUMNS = ("model", "scenario", "line", "member", "unit", "date", "value", "text")


def long_table(case: Case, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Every line up to the horizon. A single value has no date; errors and texts stand in ``text``."""
    import pandas as pd

    model = case.model
    engine = Engine(model.system, model.steps)
    rows: list[tuple[object, ...]] = []
    for scenario in scenarios:
        values = engine.evaluate(case.values(scenario))
        horizon = values.cell("horizon")
        steps = int(horizon) + 1 if isinstance(horizon, float) else model.steps
        dates = [from_serial(d) if isinstance(d, float) else None for d in values.row("date")[:steps]]
        for id, line in model.system.lines.items():
            text = model.texts.get(id)
            unit = text.unit_text.replace("money", case.currency) if text else ""
            names = values.row_names(line.type.table) if line.type.table else [""]
            for member, name in enumerate(names):
                if line.type.table and not name:
                    continue
                for step, day in enumerate(dates) if line.type.month else [(0, None)]:
                    value = values.cell(id, member, step)
                    number = None if isinstance(value, (str, ExcelError)) or value is None else float(value)
                    said = str(value) if isinstance(value, (str, ExcelError)) else None
                    rows.append((model.id, scenario, id, name or None, unit, day, number, said))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_table(frame: pd.DataFrame, path: Path, *, force: bool) -> None:
    """As CSV or Parquet, by the name's ending; the file appears only when it is complete."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise InputError(f"{path}: the name must end in .csv or .parquet")
    if path.exists() and not force:
        raise InputError(f"{path}: exists already; choose another name, or overwrite it with --force")
    if not path.resolve().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.resolve().parent}")
    with placed(path) as draft:
        if kind == ".csv":
            frame.to_csv(draft, index=False, lineterminator="\n")
        else:
            import duckdb

            with duckdb.connect() as connection:
                connection.register("long", frame)
                connection.sql("SELECT * FROM long").write_parquet(str(draft))
