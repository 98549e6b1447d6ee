"""The items of benchmarks, as rows are compared with them."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import polars as pl

from tunec.runtime.text.normal import collapsed
from tunec.runtime.text.turns import answers, choices, questions

_TEXTS = ("id", "text", "origin", "key", "answer")
_CHOICES = {"choices": pl.List(pl.String)}


class BenchmarkItems:
    """Tells the items of benchmarks. It remembers those it told, so that the check of what is published need not make
    them again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Let what is known of benchmarks go."""
        self._told: list[tuple[pl.DataFrame, str, pl.DataFrame]] = []

    def of(self, benchmarks: Sequence[pl.DataFrame], with_: str) -> pl.DataFrame:
        """The different items of benchmarks, columns `id`, `text`, `origin`, `answer` and `choices`; the first of equal
        ones."""
        empty = pl.DataFrame(schema={**dict.fromkeys(_TEXTS, pl.String), **_CHOICES})
        with self._lock:  # publishing asks in two threads
            items = pl.concat([empty, *(self._of_one(rows, with_) for rows in benchmarks)])
        return items.unique("key", keep="first", maintain_order=True).drop("key")

    def _of_one(self, rows: pl.DataFrame, with_: str) -> pl.DataFrame:
        known = (told for read, how, told in self._told if how == with_ and read.equals(rows))
        found = next(known, None)
        if found is None:
            found = _items(rows, with_)
            self._told.append((rows, with_, found))
        return found


def _items(rows: pl.DataFrame, with_: str) -> pl.DataFrame:
    """Every item of a benchmark that says anything, with its normal form as `key`."""
    text, answer = questions(rows), answers(rows)
    if with_ == "question_answer":
        text = pl.select(pl.concat_str([text, answer], separator="\n", ignore_nulls=True)).to_series()
    origin = rows["origin"] if "origin" in rows.columns else pl.repeat("", rows.height, dtype=pl.String, eager=True)
    columns = {"id": rows["id"], "text": text, "origin": origin, "key": collapsed(text)}
    items = pl.DataFrame({**columns, "answer": answer, "choices": choices(rows)})
    return items.filter(pl.col("key").fill_null("") != "")
