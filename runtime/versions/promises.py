"""What a published data set promises: that no row holds an item of a benchmark that it was compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.lowered import references
from tunec.runtime.base.values import Bound
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.store.results import Results
from tunec.runtime.versions.ledger import rows_steps

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions
    from tunec.runtime.text.screening import Screen

#: The benchmarks that the data sets of a version promise not to hold, as hashes.
BENCHMARKS = "benchmarks.parquet"


class PromiseBroken(Exception):
    """Published rows break a promise; nothing was published."""


@dataclass(frozen=True, slots=True)
class Promise:
    """That these fields of the rows hold no item of these benchmarks (nodes): as `decontaminate` was told to compare,
    with the question, or with the question and its answer."""

    benchmarks: tuple[str, ...]
    fields: tuple[str, ...]
    with_: str

    def read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The texts of rows that the promise is about (`row`, `text`)."""
        from tunec.runtime.text.turns import compared

        return compared(rows, self.fields, self.with_)


def promises_of(results: Results, node_id: str) -> list[Promise]:
    """What the rows of a node promise not to hold, by every `decontaminate` that they came through."""
    plan = results.plan
    steps = set(rows_steps(plan, node_id))
    found: dict[tuple[tuple[str, ...], str], dict[str, None]] = {}
    for part in (n for s in plan.steps if s.step.id in steps for n in s.step.nodes):
        if part.op == "stages.decontaminate" and part.params.get("action") == "drop":
            fields = part.params["fields"]
            assert isinstance(fields, tuple)
            how = tuple(str(field) for field in fields), str(part.params["with"])
            found.setdefault(how, {}).update(dict.fromkeys(references(part.params["against"])))
    return [Promise(tuple(benchmarks), *how) for how, benchmarks in found.items()]


def check_promises(
    name: str, rows: Portions, promises: Sequence[Promise], results: Results, screen: Callable[[], Screen]
) -> None:
    """Check on the final text of a data set that no benchmark item is in it. Raises PromiseBroken."""
    if not promises:
        return  # and load nothing for it
    import polars as pl

    from tunec.runtime.text.convictions import convictions
    from tunec.runtime.text.headline import LIMIT
    from tunec.runtime.text.screening import equal_or_contained, suspected

    def exact(rows: pl.DataFrame, texts: pl.Series, items: pl.Series) -> pl.DataFrame:
        return equal_or_contained(screen().suspects(texts, items))

    for promise in promises:
        items = screen().items([results.rows(b) for b in promise.benchmarks], promise.with_)
        some = rows
        if not isinstance(some, pl.DataFrame):
            some = some.at(suspected(some, promise.fields, promise.with_, items["text"], screen().suspects))
        guilty = convictions(some, promise.read(some), items, [Bound("exact", "exact()", exact)]).rows
        if guilty.height:
            first = guilty.row(0, named=True)
            row = some.row(first["row"], named=True)["id"]
            text = items["text"].str.slice(0, LIMIT)[first["item"]]
            raise PromiseBroken(
                f"`{name}`: {guilty.height:,} rows still hold a benchmark item, the first is row {row}: "
                f"{text!r}; add `exact()` to `decontaminate`, and let no later stage change texts"
            )


def write_benchmarks(results: Results, nodes: Mapping[str, str], folder: Path, screen: Callable[[], Screen]) -> None:
    """Write the items that the rows of these nodes promise not to hold, by the name of their data set, as hashes, for
    anyone to check later."""
    found = [(name, promise) for name, node in nodes.items() for promise in promises_of(results, node)]
    if not found:
        return
    import polars as pl

    from tunec.runtime.versions.hidden_items import hidden_items

    parts = []
    for name, promise in found:
        ordered = sorted(promise.benchmarks, key=lambda b: results.plan.prints[b])
        told = screen().items([results.rows(b) for b in ordered], promise.with_)
        items = hidden_items(told["id"], screen().hidden(told["text"]))
        parts.append(items.select(pl.lit(name).alias("data_set"), pl.lit(",".join(promise.fields)).alias("fields"),
                                  pl.lit(promise.with_).alias("with"), pl.all()))  # fmt: skip
    write_parquet(pl.concat(parts), folder / BENCHMARKS)
