"""Measures the row functions that ask a model on rows whose better half is known.

    python bench/scored.py [--write docs/functions-measured.md] [--rows 32]

A row of the data is held against a spoilt copy of it: the same words (in Chinese, characters) of the response in
disorder, or the response of another row. The figure is the area under the curve: how often a row scores above a spoilt
one, each with each. One half says nothing about the rows that are spoilt in other ways. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from functions import ALPACA, DATA, write

from tunec.runtime.base.context import Context
from tunec.runtime.base.values import Range
from tunec.runtime.models import answers as asking
from tunec.runtime.models import scores, vectors
from tunec.runtime.models.embed import encode
from tunec.runtime.models.windows import cut
from tunec.runtime.ops.embedders.bundled import bundled as embedder
from tunec.runtime.ops.functions.coherence import coherence
from tunec.runtime.ops.functions.grounded import grounded
from tunec.runtime.ops.functions.ifd import ifd
from tunec.runtime.ops.functions.judge import judge
from tunec.runtime.ops.functions.naturalness import naturalness
from tunec.runtime.ops.functions.perplexity import perplexity
from tunec.runtime.ops.functions.reward import reward
from tunec.runtime.ops.functions.understandability import understandability
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet

CHINESE = DATA / "instruct/alpaca_gpt4_zh_1000.json.gz"


def context(store: Store) -> Context:
    """Models are asked as in a build."""
    return Context(
        7,
        lambda spec, texts: vectors.embed(store, spec, list(texts), encode, quiet)[0],
        quiet,
        Path(),
        lambda model, requests, sampling: asking.ask(store, model, requests, sampling, quiet).answers,
        lambda model, pairs: scores.losses(store, model, pairs, quiet)[0],
        lambda model, prompts, words: scores.logits(store, model, prompts, words, quiet)[0],
        cut=cut,
    )


def english(count: int) -> pl.DataFrame:
    """Rows of Alpaca with short responses of several words."""
    return _named(pl.read_parquet(ALPACA), 60, 300, count)


def chinese(count: int) -> pl.DataFrame:
    """Rows of the Chinese set, likewise."""
    rows = json.loads(gzip.decompress(CHINESE.read_bytes()))
    return _named(pl.DataFrame(rows, infer_schema_length=None), 20, 120, count)


def _named(rows: pl.DataFrame, low: int, high: int, count: int) -> pl.DataFrame:
    short = rows.filter(pl.col("output").str.len_chars().is_between(low, high)).sample(count, seed=5)
    both = pl.col("instruction") + "\n\n" + pl.col("input")
    prompt = pl.when(pl.col("input") == "").then("instruction").otherwise(both)
    return short.select(prompt=prompt, response="output")


def disordered(texts: pl.Series) -> pl.Series:
    """The words of each text in another order."""
    chance = random.Random(0)
    mixed = []
    for text in texts:
        parts = text.split() if text.isascii() else list(text)
        chance.shuffle(parts)
        mixed.append((" " if text.isascii() else "").join(parts))
    return pl.Series(mixed)


def above(own: pl.Series, spoilt: pl.Series) -> float:
    """How often one of the rows scores above one of the spoilt ones; a tie is half."""
    pairs = [(a, b) for a in own.drop_nulls() for b in spoilt.drop_nulls()]
    return sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)


def alone(rows: pl.DataFrame, ctx: Context) -> Iterator[tuple[str, float]]:
    """Functions of the response, against its words in disorder."""
    model = bundled("smollm2-135m-instruct")
    mixed = disordered(rows["response"])
    found = _both(partial(perplexity, using=model, ctx=ctx), mixed, rows["response"])
    yield "`perplexity`, lower is better", above(*found)
    for function in (naturalness, understandability):
        yield f"`{function.__name__}`", above(*_both(partial(function, using=model, ctx=ctx), rows["response"], mixed))


def together(rows: pl.DataFrame, ctx: Context) -> Iterator[tuple[str, float]]:
    """Functions of prompt and response, against the response of another row."""
    model = bundled("smollm2-135m-instruct")
    prompt, response = rows["prompt"], rows["response"]
    other = pl.concat([response[1:], response[:1]])
    yield "`ifd`, lower is better", above(*_both(partial(ifd, prompt, using=model, ctx=ctx), other, response))
    for function in (coherence, reward):
        yield f"`{function.__name__}`", above(*_both(partial(function, prompt, using=model, ctx=ctx), response, other))
    rubric = "How accurate and helpful is the response?"

    def rated(text: pl.Series) -> pl.Series:
        scale = Range(1, 5)
        return judge(model, rubric=rubric, scale=scale, prompt=prompt, response=text, method="expected", ctx=ctx)

    yield "`judge(…, method: expected)`", above(*_both(rated, response, other))


def grounds(ctx: Context, count: int) -> Iterator[tuple[str, float, float]]:
    """Responses to rows with an input of 200 characters or more, against those of other rows."""
    long = (pl.col("input").str.len_chars() > 200) & (pl.col("output").str.len_chars() > 60)
    rows = pl.read_parquet(ALPACA).filter(long).sample(count, seed=1)
    other = pl.concat([rows["output"][1:], rows["output"][:1]])
    for name, using in (("words", None), ("all-MiniLM-L6-v2", embedder("all-minilm-l6-v2"))):
        own, spoilt = _both(partial(grounded, context=rows["input"], using=using, ctx=ctx), rows["output"], other)
        yield f"`grounded` by {name}: mean of the rows, of the spoilt ones", _mean(own), _mean(spoilt)


def _mean(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).sum()) / (len(values) - values.null_count())


def _both(function: Callable[..., Any], first: pl.Series, second: pl.Series) -> tuple[pl.Series, pl.Series]:
    return function(first), function(second)


def main() -> int:
    """Print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", type=Path, help="replace the table of this page")
    parser.add_argument("--rows", type=int, default=32, help="of each language")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        ctx = context(store)
        sets = (english(given.rows), chinese(given.rows))
        lines = ["| function | spoilt by | English | Chinese |", "| --- | --- | ---: | ---: |"]
        for what, measure in (("disorder", alone), ("another response", together)):
            for (name, first), (_, second) in zip(*(measure(rows, ctx) for rows in sets), strict=True):
                lines.append(f"| {name} | {what} | {first:.2f} | {second:.2f} |")
                print(lines[-1], flush=True)
        for name, own, spoilt in grounds(ctx, 200):
            lines.append(f"| {name} | another response | {own:.2f}, {spoilt:.2f} | |")
            print(lines[-1], flush=True)
    if given.write:
        write(given.write, "scored", lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
