"""`extend(embeddings: mean)` in a `tokenizer` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.tuning.tokenizing.extension import Extend


@operator(version=1, cost="cheap")
def extend(*, embeddings: Literal["mean", "random", "all"] = "mean", trained: Literal["new", "all"] = "new") -> Extend:
    """Says how the embeddings of new pieces begin, and which embeddings an adapter trains.

    Args:
        embeddings: `mean` of the old pieces that a new one consists of; `all`, the mean of all old pieces; `random`, as
            the model's own were before it was trained.
        trained: beside `lora(…)`, train the embeddings of the `new` pieces, or of `all` pieces. `full()` trains all
            weights in any case.

    Source: Hewitt 2021 for the mean of all, which keeps what the model finds likely; Cui et al., Chinese-LLaMA (arXiv
    2304.08177), which trains all embeddings beside LoRA.

    Example:
        tokenizer wide from base on corpus {
            train_bpe(vocab: 2k)
            extend(embeddings: mean, trained: new)
        }
    """
    from tunec.runtime.tuning.tokenizing.extension import Extend

    return Extend(embeddings, trained)
