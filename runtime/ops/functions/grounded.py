"""Whether a response can be told from what its prompt says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import PROMPT, RESPONSE, OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, FloatColumn, TextColumn


@operator(version=1, cost="embed", row_wise=True, packages=("rjieba",))
def grounded(
    response: TextColumn = RESPONSE,
    context: TextColumn = PROMPT,
    *,
    using: EmbedderSpec | None = None,
    at_least: Annotated[float, "0<..1"] = 0.5,
    ctx: Context,
) -> FloatColumn:
    """The share of a response's sentences that its context supports, from 0 to 1.

    Training on answers that do not follow from the text before them teaches a model to make things up. With an
    embedder, a sentence is supported if its cosine with some sentence of the context is at least `at_least`. Without
    one, it is supported if at least that share of its content words occurs anywhere in the context: words of four
    letters or more, of two characters or more in Chinese, and numbers; sentences without such words do not count.
    Neither method detects a negation or a changed name. Use it for rows that bring their context along, not for
    questions about the world.

    Args:
        response: the response; missing, or without a sentence that counts, it gives a missing value.
        context: the text that the response is compared with; missing gives a missing value, empty supports nothing.
        using: the embedder; without one, words are compared, which demands more of the response than the same meaning.
        at_least: when a sentence is supported: a cosine, or a share of words.

    Source: rule 9 of Meta's "How to fine-tune: effective datasets": the answer is in the example's own context.

    Example:
        drop grounded(response, input, using: minilm) < 0.5
    """
    import polars as pl

    from tunec.runtime.text.foreign import tell_foreign
    from tunec.runtime.text.grounds import by_meaning, by_words
    from tunec.runtime.text.sentences import sentences_of

    if not 0 < at_least <= 1:
        raise OperatorError("`at_least` of `grounded` must be above 0 and at most 1")
    if using is not None:
        tell_foreign("grounded", ctx, using, response, context)
    said, given = sentences_of(response), sentences_of(context)
    supported = by_words(said, context, at_least) if using is None else by_meaning(ctx, using, said, given, at_least)
    # A mean of no sentences is missing, and so is a row without a context.
    shares = supported.list.eval(pl.element().cast(pl.Float64)).list.mean().set(context.is_null(), None)
    return shares.cast(pl.Float64).alias(response.name)
