"""datasketch: MinHash in bulk, then rows in order; one that matches no kept one is kept."""

from __future__ import annotations

import table


def main() -> None:
    from datasketch import MinHash, MinHashLSH

    _, data, _, out = table.arguments()
    rows = table.read(data)
    index = MinHashLSH(threshold=0.8, num_perm=128)
    sets = ([gram.encode() for gram in table.shingles(text)] for text in rows["text"].to_pylist())
    kept = []
    for place, sketch in enumerate(MinHash.generator(sets, num_perm=128)):
        new = not index.query(sketch)
        if new:
            index.insert(place, sketch, check_duplication=False)
        kept.append(new)
    table.write(rows, kept, out)


if __name__ == "__main__":
    main()
