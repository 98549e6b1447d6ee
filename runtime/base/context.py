"""What an operator may use while it runs, handed to it as the argument `ctx`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec, ModelSpec, Progress, Windows

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from tunec.runtime.base.method import Answer, Loss, Message, Prompt, Ranked, Request, Sampling
    from tunec.runtime.text.screening import Suspects

    Ask: TypeAlias = Callable[[ModelSpec, Sequence[Request], Sampling], list[Answer]]
    Losses: TypeAlias = Callable[[ModelSpec, Sequence[tuple[Prompt, str]]], list[Loss | None]]
    Ranks: TypeAlias = Callable[[ModelSpec, Sequence[tuple[Prompt, str]], int], list[Ranked | None]]
    Cut: TypeAlias = Callable[[EmbedderSpec, Sequence[str], Sequence[str] | None], Windows]
    Suspicion: TypeAlias = Callable[[pl.Series, pl.Series], Suspects]
    Items: TypeAlias = Callable[[Sequence[pl.DataFrame], str], pl.DataFrame]
    Rewards: TypeAlias = Callable[[ModelSpec, Sequence[tuple[Message, ...]]], list[float | None]]
    Logits: TypeAlias = Callable[[ModelSpec, Sequence[Prompt], Sequence[str]], list[tuple[float, ...] | None]]


def _no_model(model: ModelSpec, *_: Any) -> Any:
    raise OperatorError(f"the model `{model.id}` cannot be used here: models run only in a build")


def _screened(texts: pl.Series, items: pl.Series) -> Suspects:
    from tunec.runtime.text.screening import screened

    return screened(texts, items)


def _items(benchmarks: Sequence[pl.DataFrame], with_: str) -> pl.DataFrame:
    from tunec.runtime.text.benchmark_items import BenchmarkItems

    return BenchmarkItems().of(benchmarks, with_)


def _uncut(_: EmbedderSpec, texts: Sequence[str], __: Sequence[str] | None) -> Windows:
    return Windows([(text,) for text in texts], 0, 0)


def _unsaid(message: str) -> None:
    pass


def _uncounted(reason: str, rows: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Context:
    """`seed` is hash(seed of the spec, operator, its arguments), never the rows (`docs/semantics.md`): a random choice
    ranks rows by hash(seed, row id). `embed(embedder, texts)` gives float16 vectors of unit length, shape
    (texts, dimensions), recorded by content in the store. Relative paths start in `folder`, the spec's.

    What a model says is recorded by content too, and computed once for each distinct question:

    `ask(model, requests, sampling)` gives an answer a request, in order. One that does not fit into the model's context
    has an empty answer of the finish `length`.
    `losses(model, pairs)` gives for each (given, text) how unexpected the text is after what is given; an empty given
    is the beginning of a text. None where the two do not fit into the model's context.
    `ranks(model, pairs, most)` gives the same with the ranks of the tokens, each at most `most`, summed.
    `logits(model, prompts, candidates)` gives for each prompt the logits of the candidates' first tokens as the next
    token, or None likewise. Candidates that begin with the same token are an OperatorError.
    `rewards(model, chats)` gives for each chat the number of a model with a head for it, or None likewise.
    `missing(reason, rows)` counts rows for which a value could not be computed, and why; the engine says it.

    `note(message)` says what a person should know, with the numbers.

    `cut(embedder, texts, like)` gives the windows of each text that the embedder reads whole, and counts the texts that
    are longer (`tunec.runtime.models.windows`); with `like` also windows of the size of those texts.

    `suspects(texts, items)` gives the texts and the benchmark items that may share runs of words, or be the same
    (`tunec.runtime.text.screening`); texts that it was last asked about are not read again. `items(benchmarks, with)`
    gives the items of benchmarks (`tunec.runtime.text.benchmark_items`), remembered likewise.
    """

    seed: int
    embed: Callable[[EmbedderSpec, Sequence[str]], np.ndarray]
    progress: Progress
    folder: Path = Path()
    ask: Ask = _no_model
    losses: Losses = _no_model
    logits: Logits = _no_model
    missing: Callable[[str, int], None] = _uncounted
    suspects: Suspicion = _screened
    cut: Cut = _uncut
    note: Callable[[str], None] = _unsaid
    rewards: Rewards = _no_model
    items: Items = _items
    ranks: Ranks = _no_model
