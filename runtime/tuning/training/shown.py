"""A row as a training sees it: its tokens, and which of them are trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import LeftOut, Objective
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.local import opened_tokenizer
from tunec.runtime.tuning.training.tokenizers import pad_apart, stops_of, use_template

if TYPE_CHECKING:
    import polars as pl

_ROWS, _TOKENS = 8, 500  # of a batch that a report shows


@dataclass(frozen=True, slots=True)
class Shown:
    """A row: its id, each token's text and whether it is trained; or the check that it fails."""

    id: str
    tokens: tuple[tuple[str, bool], ...]
    failed: LeftOut | None = None


def shown_rows(objective: Objective, base: ModelSpec, rows: pl.DataFrame) -> Iterator[Shown]:
    """Rows as an objective trains on them."""
    settings: Any = objective.settings
    tokenizer, folder = opened_tokenizer(base)
    stops = stops_of(tokenizer, folder)
    use_template(tokenizer, settings.template)
    pad_apart(tokenizer, stops)
    for number, id_ in enumerate(rows["id"]):
        given = objective.prepare(tokenizer, rows[number], stops)
        if given.failed:
            yield Shown(id_, (), given.failed[0])
        for record in given.records:
            yield Shown(id_, tuple(_tokens(tokenizer, record)))


def first_batch(tokenizer: Any, records: Sequence[dict[str, Any]]) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """Rows of a batch as a report shows them: of a large one the first, and of a long one its beginning."""
    return tuple(tuple(islice(_tokens(tokenizer, record), _TOKENS)) for record in records[:_ROWS])


def _tokens(tokenizer: Any, record: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The tokens of a record as its trainer takes it: tokens with labels, or a prompt and answers to it."""
    if "input_ids" in record:
        marked = [(token, label == token) for token, label in zip(record["input_ids"], record["labels"], strict=True)]
    else:
        parts = [(name, ids) for name, ids in record.items() if name.endswith("_ids") and ids]
        marked = [(token, name != "prompt_ids") for name, ids in parts for token in ids]
    yield from stretches(tokenizer, marked)


def stretches(tokenizer: Any, marked: list[tuple[int, bool]]) -> Iterator[tuple[str, bool]]:
    """Tokens as texts; those that only together are a character stand together."""
    held: list[int] = []
    for number, (token, trained) in enumerate(marked):
        held.append(token)
        text = tokenizer.decode(held)
        last = number + 1 == len(marked) or marked[number + 1][1] != trained
        if "\ufffd" not in text or last:
            yield text, trained
            held = []
