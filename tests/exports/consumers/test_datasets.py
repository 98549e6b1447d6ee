"""Every layout, read by `datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import ROWS, exported, lines
from tunec.runtime.exchange.layout import layouts

pytestmark = pytest.mark.extras
EVERY = [(name, row_type.value) for name, layout in layouts().items() for row_type in layout.holds]


def plain(value: Any) -> Any:
    """A value without what Arrow adds: keys of one row that another does not have."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("to", "row_type"), [pair for pair in EVERY if pair[1] in ROWS])
def test_datasets_reads_what_was_written(tmp_path: Path, to: str, row_type: str) -> None:
    import datasets

    done = exported(tmp_path, row_type, to)
    files = [file for file in done.files if file.split]
    assert files
    for file in files:
        path = done.folder / file.path
        kind = "parquet" if path.suffix == ".parquet" else "json"
        found = datasets.load_dataset(kind, data_files=str(path), cache_dir=str(tmp_path / "cache"))["train"]
        assert found.num_rows == file.rows
        if kind == "json":
            assert [plain(row) for row in found] == [plain(row) for row in lines(path)]
