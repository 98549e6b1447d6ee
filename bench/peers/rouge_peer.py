"""rouge_score: the loop of Self-Instruct and Alpaca, each row against all accepted before it, two processes.

Measured on the first rows only: `sample.json` tells how many, and the seconds of the loop, which grow with the square.
"""

from __future__ import annotations

import json
import time
from functools import partial
from multiprocessing import Pool

import table

SAMPLE = 1500


def main() -> None:
    from rouge_score import rouge_scorer

    _, data, _, out = table.arguments()
    rows = table.read(data).slice(0, SAMPLE)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    began = time.perf_counter()
    tokens = [scorer._tokenizer.tokenize(text) for text in rows["instruction"].to_pylist()]
    accepted: list[list[str]] = []
    kept = []
    with Pool(2) as pool:
        for row in tokens:
            score = partial(rouge_scorer._score_lcs, row)
            scores = pool.map(score, accepted, chunksize=len(accepted) // 2 + 1)
            kept.append(all(s.fmeasure <= 0.7 for s in scores))
            if kept[-1]:
                accepted.append(row)
    note = {"rows": len(tokens), "seconds": time.perf_counter() - began}
    (out / "sample.json").write_text(json.dumps(note), encoding="utf-8")
    table.write(rows, kept, out)


if __name__ == "__main__":
    main()
