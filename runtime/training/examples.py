"""Rows as training examples, and the rows that a trainer would silently drop or cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.runtime.method import LeftOut
from tunec.runtime.models.chat import Encoded, NotTrainable, conversations, encode

if TYPE_CHECKING:
    import polars as pl

#: The label that the loss ignores.
MASKED = -100


def examples(tokenizer: Any, rows: pl.DataFrame, max_length: int) -> tuple[list[Encoded], tuple[LeftOut, ...]]:
    """The rows that can be trained on as they are, in order, and the others with the reason."""
    kept: list[Encoded] = []
    left_out: list[LeftOut] = []
    for number, chat in enumerate(conversations(rows)):
        try:
            encoded = encode(tokenizer, chat)
        except NotTrainable as reason:
            left_out.append(LeftOut(number, reason.rule, reason.value, reason.threshold))
            continue
        if encoded.count == 0:
            left_out.append(LeftOut(number, "no trained token", "0", "1"))
        elif len(encoded.ids) > max_length:
            left_out.append(LeftOut(number, "longer than max_length", str(len(encoded.ids)), str(max_length)))
        else:
            kept.append(encoded)
    return kept, tuple(left_out)


def labels(encoded: Encoded) -> list[int]:
    """What the loss compares with: the token where the assistant wrote it, `MASKED` elsewhere."""
    return [token if mine else MASKED for token, mine in zip(encoded.ids, encoded.written, strict=True)]


def check_batch(batch: dict[str, Any], ends: frozenset[int]) -> None:
    """Make sure that what the trainer is given trains: some token, and an end token, in every row of the batch.

    Ours rather than the user's mistake if it fails: `examples` has left such rows out, and the labels are its own.
    """
    for row in batch["labels"].tolist():
        trained = [token for token in row if token != MASKED]
        if not trained:
            raise AssertionError("a row of the first batch has no trained token")
        if trained[-1] not in ends:
            raise AssertionError("a row of the first batch does not train the token that ends its answer")
