"""Times sentence embeddings on the processor: sentence-transformers as it comes against `embedder minilm = bundled(…)`.

    python bench/embeddings.py [--texts 256] [--runs 3]

Both run in one process and take turns, so that what else the machine does hits both. Texts: a seeded sample of Alpaca
(prompts, and whole rows) and of its Chinese counterpart. Times include cutting into tokens; models are loaded and have
seen the texts once. Medians of wall clock, and of the processor time of all threads, which a busy machine moves less.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tunec.runtime.models.embed import _load, encode
from tunec.runtime.ops.embedders.bundled import bundled

DATA = Path(__file__).parents[1] / "../shared/data/instruct"
NAME = "all-minilm-l6-v2"


def samples(count: int) -> dict[str, list[str]]:
    """The texts by the name of their kind."""
    choice = random.Random(1)
    english = choice.sample(pl.read_parquet(DATA / "alpaca_52k.parquet").to_dicts(), count)
    chinese = choice.sample(json.loads(gzip.decompress((DATA / "alpaca_gpt4_zh_1000.json.gz").read_bytes())), count)
    return {
        "English prompts": [f"{row['instruction']}\n{row['input']}" for row in english],
        "English rows": ["\n".join((row["instruction"], row["input"], row["output"])) for row in english],
        "Chinese prompts": [f"{row['instruction']}\n{row['input']}" for row in chinese],
        "Chinese rows": ["\n".join((row["instruction"], row["input"], row["output"])) for row in chinese],
    }


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall clock and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    ours, torch = bundled(NAME), bundled(NAME, backend="torch")
    peer = _load(torch)  # sentence-transformers itself; every default but the progress bar stays
    print(f"{ours.backend}\n{torch.backend}\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| texts | sentence-transformers, texts/s | ours, texts/s | ratio | ratio, processor time | least cosine |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, texts in samples(asked.texts).items():
        theirs = peer.encode(texts, show_progress_bar=False, normalize_embeddings=True)
        mine = encode(ours, texts).astype(np.float64)
        cosine = ((mine * theirs).sum(1) / np.linalg.norm(mine, axis=1)).min()
        slow, fast = [], []
        for _ in range(asked.runs):
            slow.append(timed(lambda t=texts: peer.encode(t, show_progress_bar=False, normalize_embeddings=True)))
            fast.append(timed(lambda t=texts: encode(ours, t)))
        wall, processor = ([statistics.median(run[i] for run in runs) for runs in (slow, fast)] for i in (0, 1))
        print(
            f"| {name} | {len(texts) / wall[0]:.0f} | {len(texts) / wall[1]:.0f} | {wall[0] / wall[1]:.2f} | "
            f"{processor[0] / processor[1]:.2f} | {cosine:.6f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
