"""sentence-transformers on PyTorch: encode, compare all with all, keep what is near to no kept row."""

from __future__ import annotations

import table


def main() -> None:
    import numpy as np
    from sentence_transformers import SentenceTransformer

    _, data, more, out = table.arguments()
    rows = table.read(data)
    model = SentenceTransformer(str(more / "minilm"), device="cpu", local_files_only=True)
    vectors = model.encode(rows["prompt"].to_pylist(), batch_size=32, normalize_embeddings=True)
    kept = np.ones(len(vectors), dtype=bool)
    for start in range(0, len(vectors), 1000):
        for row, other in zip(*np.nonzero(vectors[start : start + 1000] @ vectors.T >= 0.95), strict=True):
            if other < start + row and kept[other]:
                kept[start + row] = False
    table.write(rows, kept.tolist(), out)


if __name__ == "__main__":
    main()
