"""rapidfuzz: ROUGE-L is its normalized indel similarity over words; blocks of rows against all before, two threads."""

from __future__ import annotations

import re

import table

BLOCK = 1000
#: Code points for words: rapidfuzz is fastest on strings. Surrogates are no characters and are left out.
_BASE = 0xE000


def main() -> None:
    import numpy as np
    from rapidfuzz.distance import Indel, LCSseq
    from rapidfuzz.process import cdist

    _, data, _, out = table.arguments()
    rows = table.read(data)
    numbers: dict[str, str] = {}
    texts = [
        "".join(numbers.setdefault(word, chr(_BASE + len(numbers))) for word in re.findall(r"\w+", text.lower()))
        for text in rows["instruction"].to_pylist()
    ]
    near: dict[int, list[int]] = {}
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        # The cutoff has a tolerance; what is on the edge is looked at again in whole numbers.
        scores = cdist(
            block,
            texts[: start + len(block)],
            scorer=Indel.normalized_similarity,
            score_cutoff=0.7,
            dtype=np.float32,
            workers=2,
        )
        for row, other in zip(*np.nonzero(scores), strict=True):
            a, b = texts[start + row], texts[other]
            if other < start + row and 20 * LCSseq.similarity(a, b) > 7 * (len(a) + len(b)):
                near.setdefault(start + int(row), []).append(int(other))
    kept: list[bool] = []
    for place in range(len(texts)):
        kept.append(not any(kept[other] for other in near.get(place, ())))
    table.write(rows, kept, out)


if __name__ == "__main__":
    main()
