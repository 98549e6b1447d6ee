"""Rows, contexts and bound calls for tests of operators."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from tunec.runtime.context import Context
from tunec.runtime.values import Bound, Constraint, EmbedderSpec

TINY = EmbedderSpec("tiny", "bag-of-words", "1", "numpy")


def instructions(
    prompts: Sequence[str | None],
    responses: Sequence[str | None] | None = None,
    origin: str | Sequence[str] = "aaaaaaaaaaaaaaaa",
    **columns: Sequence[Any],
) -> pl.DataFrame:
    """Instruction rows with ids `r0`, `r1`, …."""
    count = len(prompts)
    return pl.DataFrame(
        {
            "id": [f"r{n}" for n in range(count)],
            "origin": [origin] * count if isinstance(origin, str) else list(origin),
            "position": range(count),
            "parents": pl.Series([[] for _ in range(count)], dtype=pl.List(pl.String)),
            "instruction": pl.Series(prompts, dtype=pl.String),
            "input": [""] * count,
            "response": pl.Series(["ok"] * count if responses is None else responses, dtype=pl.String),
            "system": [""] * count,
            **columns,
        },
        schema_overrides={"id": pl.String, "origin": pl.String, "input": pl.String, "system": pl.String},
    )


def chats(messages: Sequence[Sequence[tuple[str, str]]]) -> pl.DataFrame:
    """Chat rows with ids `r0`, `r1`, …; a turn is (role, content)."""
    count = len(messages)
    return pl.DataFrame(
        {
            "id": [f"r{n}" for n in range(count)],
            "origin": ["aaaaaaaaaaaaaaaa"] * count,
            "messages": [[{"role": role, "content": content} for role, content in chat] for chat in messages],
        }
    )


def benchmark(questions: Sequence[str], answers: Sequence[str] | None = None) -> pl.DataFrame:
    """Choice rows with ids `q0`, `q1`, …."""
    count = len(questions)
    return pl.DataFrame(
        {
            "id": [f"q{n}" for n in range(count)],
            "question": questions,
            "choices": pl.Series([None] * count, dtype=pl.List(pl.String)),
            "answer": ["A"] * count if answers is None else answers,
        },
        schema_overrides={"question": pl.String, "answer": pl.String, "id": pl.String},
    )


def bag(_: EmbedderSpec, texts: Sequence[str]) -> np.ndarray:
    """Each word (or character of an unspaced script) is a random direction: texts are close if they share words."""
    vectors = np.zeros((len(texts), 64))
    for place, text in enumerate(texts):
        for word in text.lower().split() if text.isascii() else text:
            seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
            vectors[place] += np.random.default_rng(seed).standard_normal(64)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float16)


def context(seed: int = 7, embed: Callable[..., np.ndarray] = bag) -> Context:
    """A context that embeds without a model and reports to nobody."""
    return Context(seed, embed, lambda done, total, what: None)


def bound(text: str, call: Callable[..., Any]) -> Bound:
    """A bound operator; its name is what stands before the bracket."""
    return Bound(text.split("(")[0], text, call)


def constraint(text: str, column: Sequence[Any]) -> Constraint:
    """A line of a `balance` block: `share(x) <= 0.3`."""
    call, operator, limit = text.rsplit(" ", 2)
    return Constraint(text, call.split("(")[0], pl.Series(column), operator, float(limit))


def drops(outcome: Any) -> list[tuple[Any, ...]]:
    """The drops of an outcome as tuples (row, rule, value, threshold, partner)."""
    return outcome.drops.select("row", "rule", "value", "threshold", "partner").rows()


def conserved(before: pl.DataFrame, outcome: Any) -> None:
    """Every row goes on, unchanged and in order, or is dropped exactly once with a reason."""
    gone = outcome.drops["row"].to_list()
    assert len(set(gone)) == len(gone)
    stays = [n for n in range(before.height) if n not in set(gone)]
    assert outcome.rows.select(before.columns).equals(before[stays])
    assert outcome.drops.columns == ["row", "rule", "value", "threshold", "partner", "partner_text"]
    assert outcome.drops.schema["row"] == pl.UInt32
    assert outcome.drops.select(pl.col("rule", "value", "threshold").is_null().any()).row(0) == (False,) * 3
