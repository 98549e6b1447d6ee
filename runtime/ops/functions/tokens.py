"""Number of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, ModelSpec, TextExpr


@operator(version=1, cost="index", row_wise=True)
def tokens(text: TextExpr, *, of: ModelSpec | None = None) -> IntExpr:
    """The number of tokens in a text: by a model's tokenizer, or by a count that needs no model.

    Without a model, tokens are words and punctuation marks; in scripts without spaces every character is a token. For
    English prose this is within a few percent of a byte-pair tokenizer; good for shares and for comparing rows, not for
    fitting a context. With a model, begin and end tokens and the chat template are not counted.

    Args:
        text: the text to count in; a missing text gives a missing value.
        of: the model whose tokenizer counts, which must have local weights.

    Example:
        keep tokens(response, of: base) <= 512
    """
    import polars as pl

    from tunec.runtime.text.tokens import counter

    return text.map_batches(counter(of), return_dtype=pl.Int64, is_elementwise=True)
