"""`train_bpe(vocab: 20k)` in a `tokenizer` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Share
    from tunec.runtime.tuning.tokenizing.extension import Bpe


@operator(version=1, cost="index", packages=("tokenizers",))
def train_bpe(
    *,
    vocab: Annotated[int, "1.."],
    longest: Annotated[int, "2.."] = 24,
    least: Annotated[int, "1.."] = 2,
    held_out: Annotated[Share, "0<..<1"] = 0.1,
) -> Bpe:
    """Finds new pieces for the tokenizer of a model: byte-pair encoding that goes on where the model's own stopped.

    The rows are cut into the model's tokens; then the pair that occurs most often becomes a piece, again and again. The
    new merges come after all old ones: old pieces keep their ids, and texts without a new pair keep their tokens.

    How many tokens a character takes, before and after, is measured on rows that were held out, and shown in the
    summary and the report.

    Args:
        vocab: how many new pieces at most.
        longest: the most bytes of a piece; a Chinese character has three.
        least: how often a pair has to occur.
        held_out: the share of the rows that are not learned from, drawn by their ids.

    Source: Sennrich et al., BPE (arXiv 1508.07909); Cui et al., Chinese-LLaMA (arXiv 2304.08177), which appends the
    pieces of a tokenizer that was trained apart.

    Example:
        tokenizer wide from base on corpus {
            train_bpe(vocab: 2k)
            extend(embeddings: mean)
        }
    """
    from tunec.runtime.tuning.tokenizing.extension import Bpe

    return Bpe(vocab, longest, least, held_out)
