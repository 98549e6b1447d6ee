"""Rows, contexts and bound calls for tests of operators."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from tests.characters import ANY
from tunec.compiler.types import MESSAGE, MESSAGES, OPTIONAL, RowType
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import Bound, Constraint, EmbedderSpec, FormatError, RowFormat
from tunec.runtime.rows.messages import content_schema

TINY = EmbedderSpec("tiny", "bag-of-words", "1", "numpy")

#: English, Chinese, digits, marks, blanks of several kinds, a combining accent, an emoji.
LETTERS = "abABé1_ \n\t\u00a0\u3000.,!?:;-'\"()[]{}/@#`好的中文，。！“”ー\u0301😀"
TEXTS = st.lists(st.none() | st.text(LETTERS, max_size=20) | st.text(ANY, max_size=10), max_size=7)
#: Anything that JSON can say.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(ANY, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ANY, max_size=5), inner, max_size=3),
    max_leaves=6,
)
#: How often a property is tried.
MANY = settings(max_examples=16, deadline=None)


def values(function: Callable[..., pl.Expr], texts: Sequence[Any], *arguments: Any, **named: Any) -> list[Any]:
    """What a function that is an expression gives for each text (or list)."""
    kind = pl.String if all(text is None or isinstance(text, str) for text in texts) else None
    frame = pl.DataFrame({"t": pl.Series(texts, dtype=kind)})
    return frame.select(function(pl.col("t"), *arguments, **named).alias("v"))["v"].to_list()


def row_wise(of: Callable[[list[Any]], list[Any]], given: list[Any]) -> None:
    """A value depends on its own row alone: parts give what the whole gives, twice the same."""
    whole = of(given)
    assert len(whole) == len(given)
    half = len(given) // 2
    assert of(given[:half]) + of(given[half:]) == whole
    assert of(given[::-1]) == whole[::-1]


def missing_stays(of: Callable[[list[Any]], list[Any]]) -> None:
    """A missing value gives missing, a text does not, and nothing gives nothing."""
    first, second, third = of([None, "One text.", None])
    assert (first, third) == (None, None)
    assert second is not None
    assert of([]) == []


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
    return conversations([[{"role": role, "content": content} for role, content in chat] for chat in messages])


def conversations(
    messages: Sequence[Sequence[dict[str, Any]]], tools: Sequence[str | None] | None = None
) -> pl.DataFrame:
    """Chat rows with ids `r0`, `r1`, … of whole messages."""
    count = len(messages)
    types = content_schema(RowType.CHAT)
    return pl.DataFrame(
        {
            "id": [f"r{n}" for n in range(count)],
            "origin": ["aaaaaaaaaaaaaaaa"] * count,
            "messages": pl.Series(messages, dtype=types["messages"]),
            "tools": pl.Series(tools or [None] * count, dtype=pl.String),
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


@cache
def _sum(text: str) -> np.ndarray:
    vector = np.zeros(64)
    for word in text.lower().split() if text.isascii() else text:
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
        vector += np.random.default_rng(seed).standard_normal(64)
    return vector


def bag(_: EmbedderSpec, texts: Sequence[str]) -> np.ndarray:
    """Each word (or character of an unspaced script) is a random direction: texts are close if they share words."""
    vectors = np.array([_sum(text) for text in texts]).reshape(len(texts), 64)
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


def records(*columns: str, like: st.SearchStrategy[Any] = JSON) -> st.SearchStrategy[dict[str, Any]]:
    """Records that have some of these columns, with anything in them or what is more to the point."""
    value = like | JSON
    return st.fixed_dictionaries({}, optional=dict.fromkeys(columns, value)) | st.fixed_dictionaries(
        dict.fromkeys(columns, value)
    )


def row_or_reason(layout: RowFormat, record: dict[str, Any]) -> None:
    """Whatever a record holds, it is rows with all content columns, or there is a reason why not; the same one twice,
    and the record stays as it was."""
    before = repr(record)
    try:
        row = layout.content(record)
    except FormatError as error:
        assert str(error)
        return
    assert layout.content(record) == row
    assert repr(record) == before
    for one in row if isinstance(row, list) else [row]:
        kind = RowType(layout.rows)
        types = content_schema(kind)
        assert set(one) <= set(types) and set(types) - set(one) <= set(OPTIONAL.get(kind, ()))
        for name, value in one.items():
            if name in MESSAGES.get(kind, ()):
                assert value and all(set(turn) <= set(MESSAGE) and None not in turn.values() for turn in value)
                assert {turn["role"] for turn in value} <= {"system", "developer", "user", "assistant", "tool"}
            assert value is not None or name in (*OPTIONAL.get(kind, ()), "response")
            pl.Series(name, [value], types[name])


def said(row: Any) -> list[tuple[str, str]]:
    """The turns of a chat as pairs."""
    return [(turn["role"], turn.get("content")) for turn in row["messages"]]


def kept_by(prompts: Sequence[str], keep: Callable[[pl.DataFrame], Any]) -> list[int]:
    """Which rows stay of those with equal prompts, by a way to choose of `keep/`."""
    from tunec.runtime.ops.dedup.exact import exact
    from tunec.runtime.ops.stages.dedup import dedup

    rows = instructions(prompts)
    rule = bound("exact(prompt)", lambda frame: exact(frame["instruction"]))
    outcome = dedup(rows, keep=bound("keep()", keep), rules=[rule])
    conserved(rows, outcome)
    return outcome.rows["position"].to_list()


def winners(groups: Sequence[str], marks: Sequence[float]) -> list[int]:
    """The place of the highest mark of each group, of equals the first."""
    best = {group: max(mark for other, mark in zip(groups, marks, strict=True) if other == group) for group in groups}
    pairs = list(zip(groups, marks, strict=True))
    return sorted(pairs.index((group, mark)) for group, mark in best.items())
