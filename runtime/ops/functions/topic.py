"""What a text is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Collection

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, TextColumn

PROTOTYPES = "tunec.runtime.ops.functions/prototypes/topics.txt"


def _names() -> Collection[str]:
    from tunec.runtime.base.resources import sections_of

    return sections_of(PROTOTYPES)


@operator(version=1, cost="embed", row_wise=True, reads=(PROTOTYPES,), words={"return": _names})
def topic(text: TextColumn, *, using: EmbedderSpec, ctx: Context) -> TextColumn:
    """The topic of a text: the subject whose description is nearest to it.

    The subjects are `arts`, `business`, `economics`, `education`, `environment`, `everyday_life`, `food`, `geography`,
    `health`, `history`, `language`, `literature`, `mathematics`, `philosophy`, `politics`, `programming`, `science`,
    `society`, `sports`, `technology`, `travel`. The descriptions are in English and Chinese; an English embedder does
    not do well on Chinese. Good for shares of a whole data set, less so for a single row.

    Args:
        text: the text; a missing or blank text gives a missing value.
        using: the embedder.

    Example:
        set(meta.topic: topic(prompt, using: minilm))
    """
    from tunec.runtime.base.resources import sections_of
    from tunec.runtime.text.foreign import tell_foreign
    from tunec.runtime.text.prototypes import nearest_name

    tell_foreign("topic", ctx, using, text)
    return nearest_name(ctx, using, text, sections_of(PROTOTYPES), 1)
