"""Mutated files for every connector: `python -m bench.fuzz_readers COUNT [SEED]`.

Whatever a file holds, reading it ends in rows, in records that are set aside, or in an error that names the file; never
in another exception, and never in fewer records than the file has. Each file is made from its number and the seed, so a
failure can be repeated; what failed is written beside the working folder.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Files, RowFormat
from tunec.runtime.catalogue import function_of, load_catalogue
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.sources.framing import Origin, read
from tunec.runtime.sources.mapping import mapped
from tunec.runtime.sources.reading import Begin, Item, Table

CONNECTORS = ("jsonl", "json", "csv", "parquet", "text")
COLUMNS = ("v", "w", "text")
#: Texts that people and programs leave in files.
TEXTS = (
    "", " ", "Say one.", "你好，世界", "😀", "\ufeff", "a\x00b", '"', '""', "'", ",", "\t", "\n", "\r\n", "\u2028", 
    "NaN", "null", "007", "1e999", "-0", "½", "\\", "{", "[1]", "</script>", "é" * 50, "\ufffd", "٣", "1,5", "a" * 3000,
)  # fmt: skip
NUMBERS = (0, -1, 2**31, 2**53 + 1, 2**63, -(2**63), 2**64, 2**200, 0.1, -0.0, 1e308, float("inf"), float("nan"))


def value(draw: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can say, more often plain than nested."""
    kind = draw.randrange(12)
    if kind < 4:
        return draw.choice(TEXTS)
    if kind < 7:
        return draw.choice(NUMBERS)
    if kind < 8:
        return draw.random() < 0.5
    if kind < 9 or depth > 3:
        return None
    if kind < 10:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind < 11:
        return {draw.choice(("a", "b", "键", "", "a.b")): value(draw, depth + 1) for _ in range(draw.randrange(4))}
    deep: Any = draw.choice(TEXTS)
    for _ in range(draw.choice((2, 9, 60, 250))):
        deep = [deep] if draw.random() < 0.5 else {"k": deep}
    return deep


def records(draw: random.Random) -> list[Any]:
    """Records, most of them rows."""
    made: list[Any] = []
    alike = draw.random() < 0.5  # columns of one type, so that there is something to keep
    first = value(draw)
    for n in range(draw.randrange(1, 12)):
        record: dict[str, Any] = {"instruction": f"Say {n}.", "output": draw.choice(TEXTS)}
        for column in COLUMNS:
            if draw.random() < 0.7:
                record[column] = first if alike else value(draw)
        if draw.random() < 0.1:
            record["instruction"] = value(draw)
        made.append(record if draw.random() < 0.95 else value(draw))
    return made


def as_jsonl(draw: random.Random) -> bytes:
    ascii_ = draw.random() < 0.5
    return "\n".join(json.dumps(r, ensure_ascii=ascii_) for r in records(draw)).encode("utf-8", "surrogatepass")


def as_json(draw: random.Random) -> bytes:
    made: Any = records(draw) if draw.random() < 0.95 else value(draw)
    return json.dumps(made, ensure_ascii=draw.random() < 0.5, indent=draw.choice((None, 1))).encode()


def as_csv(draw: random.Random) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=draw.choice(("\n", "\r\n", "\r")))
    writer.writerow(["instruction", "output", *COLUMNS])
    kinds = [draw.choice((lambda: draw.choice(TEXTS), lambda: draw.choice(NUMBERS))) for _ in COLUMNS]
    for n in range(draw.randrange(12)):
        writer.writerow([f"Say {n}.", draw.choice(TEXTS), *(kind() for kind in kinds)])
    return text.getvalue().encode("utf-8", "surrogatepass")


def as_text(draw: random.Random) -> bytes:
    return "\n\n".join(draw.choice(TEXTS) for _ in range(draw.randrange(6))).encode("utf-8", "surrogatepass")


def array(draw: random.Random, count: int) -> Any:
    """A column of any Arrow type."""
    import pyarrow as pa

    def some(*values: Any) -> list[Any]:
        return [draw.choice((*values, None)) for _ in range(count)]

    day, moment = datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, 12, 30, 0, 5)
    made: tuple[Callable[[], Any], ...] = (
        lambda: pa.array(some(1, -5), draw.choice((pa.int8(), pa.int16(), pa.int32(), pa.int64()))),
        lambda: pa.array(some(1, 2**64 - 1), pa.uint64()),
        lambda: pa.array(some(0.5, float("nan"), float("inf")), draw.choice((pa.float32(), pa.float64()))),
        lambda: pa.array(some(0.5), pa.float64()).cast(pa.float16()), lambda: pa.nulls(count),
        lambda: pa.array(some(*TEXTS), draw.choice((pa.string(), pa.large_string(), pa.string_view()))),
        lambda: pa.array(some(b"\xff", b"a"), draw.choice((pa.binary(), pa.large_binary(), pa.binary_view()))),
        lambda: pa.array(some(b"ab"), pa.binary(2)), lambda: pa.array(some("a", "b"), pa.string()).dictionary_encode(),
        lambda: pa.array(some(day), draw.choice((pa.date32(), pa.date64()))), lambda: pa.array(some(True, False)),
        lambda: pa.array(some(moment), pa.timestamp("us", tz=draw.choice((None, "UTC", "Asia/Tokyo", "+07:30")))),
        lambda: pa.array(some(1), pa.timestamp("us", tz="Nowhere/Town")),
        lambda: pa.array(some(1, 2**62, -1), pa.timestamp("ns")), lambda: pa.array(some(1, 2**38), pa.timestamp("s")),
        lambda: pa.array(some(1), draw.choice((pa.time32("s"), pa.time64("ns")))),
        lambda: pa.array(some(1, 2**62), pa.duration(draw.choice(("s", "ns")))),
        lambda: pa.array(some(Decimal("1.50")), draw.choice((pa.decimal128(38, 2), pa.decimal256(60, 2)))),
        lambda: pa.array(some([1, None], []), draw.choice((pa.list_(pa.int8()), pa.large_list(pa.int64())))),
        lambda: pa.array(some([1, 2]), pa.list_(pa.int32(), 2)),
        lambda: pa.array(some([("a", 1)], []), pa.map_(pa.string(), pa.int64())),
        lambda: pa.array(some({"a": 1, "b": ["x"]}, {"a": None})),
        lambda: pa.array(some([{"a": "x"}], [])),
        lambda: pa.array(some(["a"]), pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    )  # fmt: skip
    return draw.choice(made)()


def as_parquet(draw: random.Random) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = draw.randrange(8)
    columns = {"instruction": pa.array([f"Say {n}." for n in range(count)], pa.string())}
    columns["output"] = pa.array(["x"] * count, pa.string()) if draw.random() < 0.8 else array(draw, count)
    columns |= {name: array(draw, count) for name in COLUMNS if draw.random() < 0.8}
    out = io.BytesIO()
    options = {"row_group_size": draw.choice((2, 1000)), "compression": draw.choice(("none", "snappy", "zstd"))}
    pq.write_table(pa.table(columns), out, version="2.6", **options)
    return out.getvalue()


MAKERS = {"jsonl": as_jsonl, "json": as_json, "csv": as_csv, "parquet": as_parquet, "text": as_text}


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A file with a few faults, or none."""
    for _ in range(draw.choice((0, 0, 1, 1, 2, 5))):
        at = draw.randrange(len(data) + 1)
        fault = draw.randrange(7)
        if fault == 0:
            data = data[:at]
        elif fault == 1:
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        elif fault == 2:
            data = (
                data[:at] + draw.choice((b'"', b"\n", b",", b"\x00", b"\xff\xfe", b"}", b"\\", b"\\ud800")) + data[at:]
            )
        elif fault == 3:
            data = data[:at] + data[at + draw.randrange(1, 20) :]
        elif fault == 4:
            data = data[at:] + data[:at]
        elif fault == 5:
            data = data.replace(b"\n", draw.choice((b"\r", b"\n\n", b"\xc2\x85", b"")))
        else:
            data = data.decode("utf-8", "replace").encode(draw.choice(("utf-16", "latin-1", "utf-8-sig")), "replace")
    return data


def layouts() -> dict[str, Callable[[], RowFormat]]:
    """The formats that records are given to."""
    catalogue = load_catalogue()
    named = {name: function_of(catalogue.at(f"formats.{name}")) for name in ("alpaca", "auto", "text")}
    by_field = {"instruction": "instruction", "response": "output"}
    return {**named, "record": lambda: mapped(by_field, "instruction")}


def counted(items: Iterable[Item], seen: list[int]) -> Iterator[Item]:
    """What a connector gives; `seen` counts the records."""
    for item in items:
        seen[0] += 0 if isinstance(item, Begin) else item.batch.num_rows if isinstance(item, Table) else 1
        yield item


def one(number: int, seed: int, folder: Path, formats: dict[str, Callable[[], RowFormat]]) -> tuple[str, str]:
    """Make and read the file of a number: its connector, and how it ended. Anything but an OperatorError comes out."""
    draw = random.Random(f"{seed}:{number}")
    connector = draw.choice(CONNECTORS)
    end = draw.choice(("", "", "", ".gz", ".zst")) if connector != "parquet" else ""
    paths = []
    for part in range(draw.choice((1, 1, 1, 2))):
        data = MAKERS[connector](draw)
        if connector != "parquet" or draw.random() < 0.5:  # hardly a fault leaves a table that can be read
            data = mutated(data, draw)
        if end:
            data = packed(data, end)
            data = mutated(data, draw) if draw.random() < 0.2 else data
        paths.append(folder / f"{part}.{connector}{end}")
        paths[-1].write_bytes(data)
    options: dict[str, Any] = {} if connector == "text" else {"format": None}
    if connector == "csv":
        options |= {"types": draw.choice(("infer", "text")), "quoting": draw.choice(("double", None))}
    name = "text" if connector == "text" else draw.choice(sorted(formats))
    function = function_of(load_catalogue().at(f"connectors.{connector}"))
    files = tuple(str(path) for path in paths)
    try:
        items = function("", **options, files=Files(files, COLUMNS))
        seen = [0]
        limit = draw.choice((None, None, None, 3))
        reading = read(counted(items, seen), formats[name](), Origin("s", "o", files), COLUMNS, limit, True)
    except OperatorError as error:
        named = any(path.name in str(error) for path in paths) or str(error).startswith("s: ")
        assert named, f"which file? {error}"
        return connector, "error"
    most = seen[0] if limit is None else min(seen[0], limit)
    numbers = set(reading.rows["position"].to_list()) | {bad.number for bad in reading.bad}
    assert len(numbers) == most, f"{most} records, {len(numbers)} accounted for"
    write_parquet(reading.rows, folder / "rows.parquet", quick=True)
    return connector, "rows" if reading.rows.height else "set aside"


def packed(data: bytes, end: str) -> bytes:
    if end == ".gz":
        return gzip.compress(data, 1)
    import zstandard

    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)


def fuzz(count: int, seed: int = 0, first: int = 0) -> tuple[Counter[tuple[str, str]], list[tuple[int, str]]]:
    """Read the files with numbers from `first` on: how they ended, and the tracebacks of those that failed."""
    ends: Counter[tuple[str, str]] = Counter()
    failed: list[tuple[int, str]] = []
    formats = layouts()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            try:
                ends[one(number, seed, Path(folder), formats)] += 1
            except KeyboardInterrupt:
                raise
            except BaseException:  # a panic of Polars is no Exception
                failed.append((number, traceback.format_exc(limit=-4)))
    return ends, failed


def main() -> None:
    """Read COUNT files and say how they ended."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    began = time.monotonic()
    ends, failed = fuzz(count, seed, first)
    for (connector, end), times in sorted(ends.items()):
        print(f"{connector:10} {end:10} {times:8,}")
    for number, said in failed[:20]:
        print(f"file {number} of seed {seed}:\n{said}")
    print(f"{count:,} files in {time.monotonic() - began:,.0f} s, {len(failed):,} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
