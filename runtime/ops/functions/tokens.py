"""Number of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import IntExpr, ModelSpec, TextExpr


@operator(version=1, cost="index", row_wise=True)
def tokens(text: TextExpr, *, of: ModelSpec | None = None) -> IntExpr:
    """The number of tokens of a text: those of a model's tokenizer, or a count that needs no model.

    Without a model, tokens are words and marks of punctuation; in scripts without spaces every character is one. For
    English prose that is within a few per cent of a byte-pair tokenizer; good for shares and for comparing rows, not to
    fit a context. With a model, marks for the beginning and the end and the chat template are not counted.

    Args:
        text: what is counted; missing gives missing.
        of: the model whose tokenizer counts; one whose weights lie here.

    Example:
        keep tokens(response, of: base) <= 512
    """
    import polars as pl

    from tunec.runtime.text.tokens import counter

    return text.map_batches(counter(of), return_dtype=pl.Int64, is_elementwise=True)
