"""Reading and writing rows, for peers that leave it to their user: through pyarrow."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path


def arguments() -> tuple[str, Path, Path, Path]:
    """What every script here is called with: the workload, the folder of its rows, that of the other inputs, the
    folder for what is kept."""
    workload, data, more, out = sys.argv[1:]
    Path(out).mkdir(parents=True, exist_ok=True)
    return workload, Path(data), Path(more), Path(out)


def read(data: Path):
    """All rows of a folder of Parquet files: idx, prompt, response, text."""
    import pyarrow.parquet as parquet

    return parquet.read_table(data)


def write(rows, kept: Iterable[bool], out: Path) -> None:
    """The rows that stay."""
    import pyarrow
    import pyarrow.parquet as parquet

    parquet.write_table(rows.filter(pyarrow.array(kept, pyarrow.bool_())), out / "kept.parquet")


def shingles(text: str, n: int = 5) -> set[str]:
    """Word n-grams; a text shorter than that is one shingle (the definition of tunec's `near`)."""
    import re

    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[start : start + n]) for start in range(max(len(words) - n + 1, 1))}
