"""What a side kept, read after the clock has stopped: `python -m bench.outcome OUT DATA` prints it as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

BANDS = ((0.80, 0.85), (0.85, 0.90), (0.90, 0.951))


def kept(out: Path) -> pl.DataFrame:
    """The rows in a folder: tunec's publication, or the files of another tool."""
    if published := sorted(out.glob("*/datasets/clean/*.parquet")):
        return pl.read_parquet(published)
    if tables := sorted(out.glob("*.parquet")):
        return pl.concat([pl.read_parquet(path) for path in tables], how="diagonal_relaxed")
    if streams := sorted(out.glob("*.arrow")):
        return pl.concat([pl.read_ipc_stream(path) for path in streams])
    return pl.read_ndjson([path for path in sorted(out.glob("*.jsonl")) if "stats" not in path.name])


def recall(rows: pl.DataFrame, data: Path) -> dict[str, object]:
    """How many planted pairs lost a row, by their similarity; and rows that went without any partner at 0.8.

    A pair counts as found where not both of its rows were kept, which any tool tells by what it keeps.
    """
    given = pl.read_parquet(data / "peers" / "*.parquet")
    if "idx" in rows.columns:
        numbers = rows["idx"]
    else:
        numbers = rows.select("response", prompt="instruction").join(given, on=["prompt", "response"])["idx"]
    if len(numbers) != rows.height:
        raise SystemExit(f"{rows.height} rows were kept, {len(numbers)} of them are known")
    stayed = set(numbers.to_list())
    near = pl.read_parquet(data / "near.parquet")
    gone = pl.Series([not (a in stayed and b in stayed) for a, b in zip(near["a"], near["b"], strict=True)])
    near = near.with_columns(found=gone)
    planted = near.filter("planted")
    parts = {
        f"{low:.2f} to {high:.2f}": planted.filter(pl.col("jaccard").is_between(low, high, "left"))
        for low, high in BANDS
    }
    partners = set(near["a"].to_list()) | set(near["b"].to_list())
    return {
        "pairs": planted.height,
        "found": int(planted["found"].sum()),
        "bands": {name: [part.height, int(part["found"].sum())] for name, part in parts.items()},
        "wrong": len(set(given["idx"].to_list()) - stayed - partners),
    }


def main() -> None:
    """Print the number of rows kept, and what belongs to it."""
    out, data = Path(sys.argv[1]), Path(sys.argv[2])
    rows = kept(out)
    said: dict[str, object] = {"kept": rows.height}
    if (data / "near.parquet").exists():
        said["recall"] = recall(rows, data)
    if (out / "sample.json").exists():
        said["sample"] = json.loads((out / "sample.json").read_text(encoding="utf-8"))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
