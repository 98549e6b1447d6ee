"""Byte-pair encoding that goes on where a tokenizer stopped.

New merges come after all old ones, so that a text is first cut as it always was, and only then are pieces joined. Old
pieces keep their ids, and a text without a new pair keeps its tokens.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunec.runtime.base.values import Progress


@dataclass(frozen=True, slots=True)
class Merge:
    """Two pieces by their ids, and the id of the one that they become."""

    left: int
    right: int
    made: int


def learned(
    words: Mapping[tuple[int, ...], int], pieces: Mapping[int, str], count: int, longest: int, least: int,
    progress: Progress,
) -> tuple[list[Merge], dict[int, str]]:  # fmt: skip
    """Merges that give up to `count` new pieces, and these by their ids, from the largest old one on.

    `words` are the stretches that the tokenizer never joins, each as its old ids, with how often it occurs; `pieces`
    are the old ones in the tokenizer's alphabet of bytes. The pair that occurs most often is joined, of equals the
    first by its text. No piece gets longer than `longest` bytes or joins a pair that occurs less than `least` times.
    """
    known = dict(pieces)
    ids = {piece: id_ for id_, piece in known.items()}
    fresh = max(known) + 1
    sequences = [list(word) for word in words]
    weights = list(words.values())
    counts: Counter[tuple[int, int]] = Counter()
    places: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, sequence in enumerate(sequences):
        for pair in itertools.pairwise(sequence):
            counts[pair] += weights[number]
            places[pair].add(number)
    queue = [(-n, known[a] + "\0" + known[b], (a, b)) for (a, b), n in counts.items()]
    heapq.heapify(queue)
    merges: list[Merge] = []
    made: dict[int, str] = {}
    while queue and len(made) < count:
        occurs, text, pair = heapq.heappop(queue)
        if counts[pair] != -occurs:
            if counts[pair] >= least:
                heapq.heappush(queue, (-counts[pair], text, pair))
            continue
        if -occurs < least:
            break
        piece = known[pair[0]] + known[pair[1]]
        if len(piece) > longest:
            continue
        if piece not in ids:
            ids[piece] = fresh
            known[fresh] = made[fresh] = piece
            fresh += 1
        merges.append(Merge(*pair, ids[piece]))
        for changed in _join(pair, ids[piece], sequences, weights, counts, places):
            heapq.heappush(queue, (-counts[changed], known[changed[0]] + "\0" + known[changed[1]], changed))
        progress(len(made), count, "new pieces")
    return merges, made


def _join(
    pair: tuple[int, int],
    made: int,
    sequences: list[list[int]],
    weights: Sequence[int],
    counts: Counter[tuple[int, int]],
    places: dict[tuple[int, int], set[int]],
) -> set[tuple[int, int]]:
    """Join a pair wherever it stands; gives the pairs that occur more often than before."""
    more: set[tuple[int, int]] = set()
    for number in sorted(places.pop(pair)):
        before = sequences[number]
        after: list[int] = []
        place = 0
        while place < len(before):
            if place + 1 < len(before) and (before[place], before[place + 1]) == pair:
                after.append(made)
                place += 2
            else:
                after.append(before[place])
                place += 1
        for old in itertools.pairwise(before):
            counts[old] -= weights[number]
        for new in itertools.pairwise(after):
            counts[new] += weights[number]
            places[new].add(number)
            if made in new:
                more.add(new)
        sequences[number] = after
    del counts[pair]
    return more
