"""`parquet`, read by `datasets`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exports.material import ROWS, exported


@pytest.mark.parametrize("row_type", list(ROWS))
def test_datasets_reads_the_folder(tmp_path: Path, row_type: str) -> None:
    import datasets

    done = exported(tmp_path, row_type, "parquet", {"train": ROWS[row_type], "held_out": ROWS[row_type][:1]})
    found = datasets.load_dataset(str(done.folder / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: part.num_rows for split, part in found.items()} == {"train": 2, "held_out": 1}
    assert [file.rows for file in done.files] == [2, 1, None]


def test_a_copy_is_no_second_name(tmp_path: Path) -> None:
    done = exported(tmp_path, "text", "parquet")
    copy, source = done.folder / "out/train-00000.parquet", tmp_path / "version/datasets/out/train-00000.parquet"
    assert copy.read_bytes() == source.read_bytes() and not copy.samefile(source)
