"""What is known of the 52,002 Alpaca rows is what comes out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.building import build, ledger

DATA = (Path(__file__).parents[2] / "../shared/data/instruct/alpaca_52k.parquet").resolve()
pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder"),
    pytest.mark.usefixtures("unbound"),
]


def dropped(folder: Path, stages: str) -> dict[str, int]:
    source = f'source raw = parquet("{DATA}", format: alpaca)\n'
    book = ledger(build(folder, f"{source}dataset out from raw {{ {stages} }}"), "out")
    assert book.height == 52_002
    return dict(book.filter(pl.col("verdict") == "dropped")["rule"].value_counts().iter_rows())


def test_empty_answers(tmp_path: Path) -> None:
    assert dropped(tmp_path, 'filter { drop strip(response) == "" }') == {'drop strip(response) == ""': 28}


def test_exact_duplicates(tmp_path: Path) -> None:
    assert dropped(tmp_path / "a", "dedup { exact(instruction) }") == {}
    assert dropped(tmp_path / "b", "dedup { exact(text) }") == {}


def test_near_duplicates(tmp_path: Path) -> None:
    assert dropped(tmp_path, "dedup { near(text, jaccard: 0.8) }") == {"near(text)": 3}
