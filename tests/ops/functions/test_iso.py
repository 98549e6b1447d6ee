from __future__ import annotations

import datetime
from functools import partial

import polars as pl

from tests.ops.material import missing_stays, values
from tunec.runtime.ops.functions.iso import iso

of = partial(values, iso)
NOON = datetime.datetime(2026, 3, 1, 12, 30)


def test_by_hand() -> None:
    assert of([datetime.date(2026, 3, 1), None]) == ["2026-03-01", None]
    assert of([NOON, NOON.replace(microsecond=1500)]) == ["2026-03-01T12:30:00", "2026-03-01T12:30:00.0015"]
    assert of([datetime.time(7, 5)]) == ["07:05:00"]
    assert of(["2026-03-01", "今天 10:00"]) == ["2026-03-01", "今天 10:00"]


def test_with_a_time_zone() -> None:
    column = pl.DataFrame({"t": pl.Series([NOON]).dt.replace_time_zone("UTC")})
    assert column.select(iso(pl.col("t"))).item().startswith("2026-03-01T12:30:00")


def test_missing() -> None:
    missing_stays(of)
