"""Files that hold far more than they should: an error with their name, in bounded memory and time."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.building import Result, build, rows
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.sources import bounds


def spec(file: str, connector: str = "jsonl", more: str = ", format: alpaca") -> str:
    return f'source a = {connector}("{file}"{more}, license: "MIT")\ndataset t from a {{}}\n'


def gz(path: Path, piece: bytes, times: int) -> None:
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(times):
            file.write(piece)


def zst(path: Path, piece: bytes, times: int) -> None:
    with path.open("wb") as raw, zstandard.ZstdCompressor(level=19).stream_writer(raw) as file:
        for _ in range(times):
            file.write(piece)


def failure(folder: Path, *words: str) -> str:
    with pytest.raises(StepFailed) as caught:
        build(folder, spec(*words))
    return str(caught.value)


@pytest.mark.parametrize("pack", [gz, zst])
@pytest.mark.parametrize("connector", ["jsonl", "json", "csv", "text"])
@pytest.mark.parametrize("piece", [b"\0", b"\n", b" "])
def test_bombs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pack: Callable[[Path, bytes, int], None],
    connector: str,
    piece: bytes,
) -> None:
    monkeypatch.setattr(bounds, "UNPACKED", 1 << 20)
    monkeypatch.setattr(bounds, "LINE", 1 << 19)
    name = f"a.{connector if connector != 'text' else 'txt'}.{'gz' if pack is gz else 'zst'}"
    pack(tmp_path / name, piece * (1 << 16), 40)
    said = failure(tmp_path, name, connector, "" if connector == "text" else ", format: alpaca")
    assert name in said and ("MB come out of" in said or "a line of more than" in said)


def test_well_packed_rows_are_read(tmp_path: Path) -> None:
    line = json.dumps({"instruction": "Say it again. " * 40, "output": "Again. " * 40}).encode() + b"\n"
    gz(tmp_path / "a.jsonl.gz", line, 20_000)
    assert rows(build(tmp_path, spec("a.jsonl.gz")), "t").height == 20_000


def test_a_line_without_an_end(tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b'{"instruction": "one", "output": "ok"}\n')
        file.truncate(1 << 27)
    assert "a.jsonl:2: a line of more than 64 MB" in failure(tmp_path, "a.jsonl")


def test_a_whole_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WHOLE", 1 << 20)
    (tmp_path / "a.json").write_bytes(b"[" + b" " * (1 << 21) + b"]")
    assert "in one piece" in failure(tmp_path, "a.json", "json")


def test_a_table_that_claims_a_thousand_million_rows(tmp_path: Path) -> None:
    group = pa.table({"instruction": pa.array(["Say it."] * 1_000_000), "output": pa.array(["It."] * 1_000_000)})
    with pq.ParquetWriter(tmp_path / "a.parquet", group.schema, data_page_size=1 << 30) as writer:
        for _ in range(20):
            writer.write_table(group)
    size = (tmp_path / "a.parquet").stat().st_size
    assert "claims 20,000,000 rows" in failure(tmp_path, "a.parquet", "parquet"), size


def test_a_table_of_one_large_text_many_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "UNPACKED", 1 << 24)
    one = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"instruction": one, "output": one}).cast(
        pa.schema([("instruction", one.type), ("output", one.type)])), tmp_path / "a.parquet")  # fmt: skip
    assert "MB come out of" in failure(tmp_path, "a.parquet", "parquet")


def test_tables_of_large_rows_are_read_in_small_parts(tmp_path: Path) -> None:
    texts = [f"{n} " + os.urandom(20_000).hex() for n in range(300)]
    pl.DataFrame({"instruction": texts, "output": ["ok"] * 300}).write_parquet(tmp_path / "a.parquet")
    with pq.ParquetFile(tmp_path / "a.parquet") as file:
        parts = [batch.num_rows for batch in bounds.batches(file, str(tmp_path / "a.parquet"), 100)]
    assert sum(parts) == 300 and max(parts) <= 100
    found: Result = build(tmp_path, spec("a.parquet", "parquet"))
    assert rows(found, "t")["instruction"].to_list() == texts


@pytest.mark.parametrize("connector", ["jsonl", "json", "csv", "parquet", "text"])
def test_pipes_and_devices_are_no_files(tmp_path: Path, connector: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    os.mkfifo(tmp_path / "pipe")
    for path in ("pipe", "/dev/zero"):
        result = build(tmp_path, spec(path, connector, "" if connector == "text" else ", format: alpaca"))
        (problem,) = result.problems
        assert problem.code == "T601" and "not a regular file" in problem.message


def test_repeat_has_a_bound(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "one", "output": "ok"}\n')
    text = spec("a.jsonl").replace("{}", "{ repeat(a, 2000000) }")
    (problem,) = build(tmp_path, text).problems
    assert problem.message == "`times` of `repeat` must be from 1 to 1000"
