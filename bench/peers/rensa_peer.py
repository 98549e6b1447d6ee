"""rensa: its deduplicator with an index; rows in order, one that matches no kept one is kept."""

from __future__ import annotations

import table


def main() -> None:
    from rensa import RMinHashDeduplicator

    _, data, _, out = table.arguments()
    rows = table.read(data)
    deduplicator = RMinHashDeduplicator(threshold=0.8, num_perm=128, use_lsh=True)
    texts = rows["text"].to_pylist()
    kept = deduplicator.add_pairs((str(place), list(table.shingles(text))) for place, text in enumerate(texts))
    table.write(rows, kept, out)


if __name__ == "__main__":
    main()
