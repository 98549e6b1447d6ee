"""What texts and benchmark items have in common, by one pass over both: the items that texts hold word for word, and
which of them may share runs of words. Rules that compare word by word look at those alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.base.parallel import side_by_side
from tunec.runtime.base.workers import Settings, Work, Worked, each
from tunec.runtime.rows.portions import Rows
from tunec.runtime.text.benchmark_items import BenchmarkItems
from tunec.runtime.text.matches import joined, matches
from tunec.runtime.text.ngrams import U64, Sequences, hashes, leading
from tunec.runtime.text.short_items import searchable, short
from tunec.runtime.text.signs import portions, signs_of
from tunec.runtime.text.turns import compared
from tunec.runtime.text.verbatim import HIDDEN, LONG, Verbatim, hidden, hide

I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Words that follow each other in a text and in an item: as many as an item has at least that is looked for inside of
#: texts. It has at least as many units as words.
RUN = LONG
_WORD_BITS, _SET_BITS, _FEWEST_BITS = 20, 24, 12  # sizes of the tables that spare most hashes a search


def _none() -> I64:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Suspects:
    """Numbers of texts and items, ascending. `texts` and `items` may share a run of `RUN` units; a few of them do not.
    `held` and `holding` are pairs: the item is the text or, if it is long, stands in it (`verbatim`). `mentioned` and
    `mentioning` are pairs as well: a short item stands in the text, which says little by itself (`short_items`)."""

    texts: I64 = field(default_factory=_none)
    items: I64 = field(default_factory=_none)
    holding: I64 = field(default_factory=_none)
    held: I64 = field(default_factory=_none)
    mentioning: I64 = field(default_factory=_none)
    mentioned: I64 = field(default_factory=_none)


class Screen:
    """Compares texts and items by hashes of their words. It remembers the texts it saw last and the items of
    benchmarks, so that of two rules, and of the check of what is published, only one reads every word."""

    def __init__(self) -> None:
        self._benchmarks = BenchmarkItems()
        self.forget()

    def forget(self) -> None:
        """Let what is known of texts and benchmarks go."""
        self._benchmarks.forget()
        self._items = self._texts = pl.Series(dtype=pl.String)
        self._known: Known | None = None
        self._found = Suspects()

    def items(self, benchmarks: Sequence[pl.DataFrame], with_: str) -> pl.DataFrame:
        """The items of benchmarks (`BenchmarkItems.of`)."""
        return self._benchmarks.of(benchmarks, with_)

    def hidden(self, items: pl.Series) -> pl.DataFrame:
        """Items as hashes (`verbatim.HIDDEN`). Those that texts were compared with are hashed already."""
        known = self._known  # another thread may replace it
        place = None if known is None else known.place_of(items)
        return hidden(items) if known is None or place is None else known.hidden[place]

    def suspects(self, texts: pl.Series, items: pl.Series) -> Suspects:
        """What these have in common."""
        if not self._items.equals(items):
            self._items, self._texts, self._known, self._found = items, texts.clear(), None, Suspects()
        if self._texts.equals(texts):
            return self._found
        earlier, before = self._found, self._texts
        new = (~texts.is_in(before.implode())).arg_true().to_numpy().astype(np.int64)
        if self._known is None and len(new):
            self._known = Known(items)
        found = self._known.screened(texts.gather(new)) if self._known is not None else Suspects()
        # Those of then that shared anything, as they are numbered now.
        wanted = np.unique(joined([earlier.texts, earlier.holding, earlier.mentioning]))
        then = pl.DataFrame({"text": before.gather(wanted), "then": wanted})
        moved = pl.DataFrame({"text": texts, "now": np.arange(len(texts))}).join(then, on="text").drop("text")
        seen = moved.filter(pl.col("then").is_in(earlier.texts.tolist()))["now"].to_numpy()
        held = _renumbered(moved, (earlier.holding, earlier.held), (new[found.holding], found.held))
        now = new[found.mentioning], found.mentioned
        mentioned = _renumbered(moved, (earlier.mentioning, earlier.mentioned), now)
        self._texts = texts
        self._found = Suspects(
            np.sort(joined([new[found.texts], seen])),
            np.union1d(found.items, earlier.items),
            *held,
            *mentioned,
        )
        return self._found


def _renumbered(moved: pl.DataFrame, then: tuple[I64, I64], now: tuple[I64, I64]) -> tuple[I64, I64]:
    """Pairs of texts and items of then, as texts are numbered now, and those of now."""
    before = pl.DataFrame({"then": then[0], "item": then[1]}).join(moved, on="then").select("now", "item")
    pairs = pl.concat([before, pl.DataFrame({"now": now[0], "item": now[1]})]).sort("now", "item")
    return pairs["now"].to_numpy(), pairs["item"].to_numpy()


class Known:
    """Benchmark items, ready to be compared with texts."""

    def __init__(self, items: pl.Series) -> None:
        parts = _parts(items)
        read = list(side_by_side(lambda part: _read(part[1]), parts))
        self._items = items
        self.hidden = pl.concat([pl.DataFrame(schema=HIDDEN), *(part.hidden for part in read)])
        inside = searchable(self.hidden, [part.short for part in read])
        self._known, self._short = Verbatim(self.hidden), Verbatim(inside)
        words = [part.words for part in read]
        self._table = np.zeros(1 << _WORD_BITS, dtype=np.bool_)
        for part in words:
            self._table[leading(part.words, _WORD_BITS)] = True
        self._every = [_runs(part, self._table, first) for part, (first, _) in zip(words, parts, strict=True)]
        self._runs = _Set(e.run for e in self._every)

    def place_of(self, items: pl.Series) -> pl.Series | None:
        """The numbers of some of the items; None where others are among them."""
        numbered = pl.DataFrame({"text": self._items}).with_row_index("item").unique("text", keep="first")
        found = items.to_frame("text").join(numbered, on="text", how="left", maintain_order="left")["item"]
        return None if found.has_nulls() else found

    def screened(self, texts: pl.Series) -> Suspects:
        """What texts have in common with the items, by one pass over them."""
        if not len(texts):
            return Suspects()
        found = list(side_by_side(self._found_in, _parts(texts)))
        shared = _Set(f.run for f, _, _ in found)
        return Suspects(
            joined(np.unique(f.of) for f, _, _ in found),
            joined(np.unique(e.only(shared).of) for e in self._every),
            *(joined(pairs[side] for _, pairs, _ in found) for side in (0, 1)),
            *(joined(pairs[side] for _, _, pairs in found) for side in (0, 1)),
        )

    def _found_in(self, part: tuple[int, pl.Series]) -> tuple[_Runs, tuple[I64, I64], tuple[I64, I64]]:
        first, some = part
        signs = signs_of(some)
        of_words = _runs(Sequences(*signs.words(marks=False)), self._table, first).only(self._runs)
        packed = signs.packed()
        (text, item), (other, mentioned) = self._known.within(packed), self._short.within(packed)
        return of_words, (text + first, item), (other + first, mentioned)


def screened(texts: pl.Series, items: pl.Series) -> Suspects:
    """What texts and items have in common, by one pass over both."""
    return Known(items).screened(texts) if len(texts) else Suspects()


def suspected(
    rows: Rows, fields: Sequence[str], with_: str, items: pl.Series, suspects: Callable[..., Suspects]
) -> I64:
    """The numbers of the rows that have a text which shares anything with an item, portion by portion: no other row can
    match one. `fields` and `with` say which texts are compared (`tunec.runtime.text.turns.compared`)."""
    heights = list[int]()

    def parts() -> Iterator[pl.DataFrame]:
        # All that a text may be in; `meta` is not.
        for part in rows.parts(*(name for name in rows.columns if not name.startswith("meta."))):
            heights.append(part.height)
            yield part

    if rows.workers is None:
        found = [_sharing(part, fields, with_, lambda texts: suspects(texts, items)) for part in parts()]
    else:
        settings, shared = {"fields": list(fields), "with": with_}, [items.to_frame("text")]
        worked = each(rows.workers, screening, settings, parts(), shared)
        found = [one.frames[0]["row"].to_numpy() for one in worked]
    starts = accumulate(heights, initial=0)
    return joined(row.astype(np.int64) + start for row, start in zip(found, starts, strict=False))


def screening(settings: Settings, items: pl.DataFrame) -> Work:
    """The task that finds the rows of a portion with a text which shares anything with an item."""
    known, fields, with_ = Known(items["text"]), list(settings["fields"]), str(settings["with"])

    def work(part: pl.DataFrame) -> Worked:
        return Worked((pl.DataFrame({"row": _sharing(part, fields, with_, known.screened)}),))

    return work


def _sharing(part: pl.DataFrame, fields: Sequence[str], with_: str, suspects: Callable[..., Suspects]) -> I64:
    of_part = compared(part, fields, with_)
    texts = of_part["text"].unique(maintain_order=True)
    shared = suspects(texts)
    some = texts.gather(np.unique(joined((shared.texts, shared.holding, shared.mentioning))))
    row = of_part.filter(pl.col("text").is_in(some.implode()))["row"].unique().sort().to_numpy()
    return row.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Items:
    """Some items: as hashes, which of them are short, and their words."""

    hidden: pl.DataFrame
    short: Mask
    words: Sequences


def _read(items: pl.Series) -> _Items:
    signs = signs_of(items)
    return _Items(hide(signs), short(signs), Sequences(*signs.words(marks=False)))


def equal_or_contained(near: Suspects) -> pl.DataFrame:
    """Matches of texts with items that they are, or hold word for word. Where a short item stands in a longer text, the
    match convicts nobody by itself."""
    sides = ((near.holding, near.held, True), (near.mentioning, near.mentioned, False))
    frames = [pl.DataFrame({"text": t, "item": i}).with_columns(convicts=pl.lit(c)) for t, i, c in sides]
    pairs = pl.concat(frames).sort("convicts", descending=True).unique(["text", "item"], keep="first")
    return matches(pairs.with_columns(value=pl.lit(1.0)), "equal or contained")


@dataclass(frozen=True, slots=True)
class _Runs:
    """Every run of units of some texts as a hash, with the number of its text."""

    of: I64
    run: U64

    def only(self, runs: _Set) -> _Runs:
        """What is in this set."""
        there = runs.has(self.run)
        return _Runs(self.of[there], self.run[there])


def _runs(read: Sequences, known: Mask, first: int) -> _Runs:
    text, position = read.windows(RUN)
    # A run with a word that no item has matches nothing.
    strange = np.concatenate([[0], np.cumsum(~known[leading(read.words, _WORD_BITS)])])
    open_ = strange[position + RUN] == strange[position]
    text, position = text[open_], position[open_]
    return _Runs(text + first, hashes(read.words, position, RUN))


class _Set:
    """A set of 64-bit hashes."""

    def __init__(self, parts: Iterable[U64]) -> None:
        self._ordered = np.sort(np.concatenate([np.empty(0, dtype=np.uint64), *parts]))
        # A larger table would only be memory to clear.
        self._bits = min(_SET_BITS, max(_FEWEST_BITS, (8 * len(self._ordered)).bit_length()))
        self._maybe = np.zeros(1 << self._bits, dtype=np.bool_)
        self._maybe[leading(self._ordered, self._bits)] = True

    def has(self, values: U64) -> Mask:
        """Which of these are in the set."""
        there = self._maybe[leading(values, self._bits)]
        maybe = values[there]
        place = np.minimum(np.searchsorted(self._ordered, maybe), max(len(self._ordered) - 1, 0))
        there[there] = self._ordered[place] == maybe if len(maybe) else False
        return there


def _parts(texts: pl.Series) -> list[tuple[int, pl.Series]]:
    """Portions of texts, each with the number of its first text."""
    parts = list(portions(texts))
    firsts = np.cumsum([0, *map(len, parts)]).tolist()
    return list(zip(firsts, parts, strict=False))
