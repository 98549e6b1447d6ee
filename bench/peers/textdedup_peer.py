"""text-dedup: its command for MinHash, as documented, with the faster of its two hash functions."""

from __future__ import annotations

import os
import sys

import table


def main() -> None:
    _, data, _, out = table.arguments()
    given = {
        "path": "parquet",
        "data_files": str(data / "*.parquet"),
        "split": "train",
        "column": "text",
        "ngram": "5",
        "min_length": "0",
        "num_perm": "128",
        "threshold": "0.8",
        "hash_func": "xxh3",
        "num_proc": "2",
        "cache_dir": "cache",
        "output": str(out),
    }
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    os.execv(sys.executable, [sys.executable, "-m", "text_dedup.minhash", *words])


if __name__ == "__main__":
    main()
