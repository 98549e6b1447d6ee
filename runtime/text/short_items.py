"""Short benchmark items inside of longer texts.

Eight words in a row are evidence by themselves. Fewer may stand in a text by chance: "What is the capital of France?"
inside of a prompt is that item if its answer, or two of its choices, stand in the row as well; and, unless the question
speaks of its choices ("Which of the following is true?"), if it is a sentence of its own there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from tunec.runtime.text.normal import folded
from tunec.runtime.text.signs import Signs, signs_of
from tunec.runtime.text.verbatim import LONG
from tunec.runtime.text.words import count_words

#: Fewer words are found in too many texts to say anything, whatever stands beside them.
LEAST = 3
#: Likewise, of an item that nothing stands beside.
LEAST_ALONE = 5
#: An answer of so many words need not be there word for word: most of its words are enough.
_LONG_ANSWER, _MOST = 8, 0.8
#: Bytes that the search for items begins with.
_SHORTEST = 8
_END = r"[.!?:;,\n\"'()\[\]。！？：；，“”‘’「」『』（）】【…]"
#: What a question says that means nothing without its choices, and is asked in many an exam.
_CHOICES = re.compile(r"\b(following|these|those|above|below|options?|choices?)\b|下列|以下|下面|上述|选项")
#: What the end of a question is written with: marks, and the blank that an answer belongs into.
_MARKS = " .!?:。！？：…_"
FOUND = {"row": pl.UInt32, "text": pl.UInt32, "item": pl.UInt32}


def searchable(hidden: pl.DataFrame, read: Sequence[Signs]) -> pl.DataFrame:
    """Hashed items so that only those are found, inside of texts, that are too short to be found by themselves."""
    words = [part.long(LEAST) & ~part.long(LONG) for part in read]
    short = pl.Series(np.concatenate([np.empty(0, dtype=np.bool_), *words])) & (hidden["length"] >= _SHORTEST)
    # Of length 0 an item matches nothing; the others keep their numbers.
    return hidden.with_columns(length=hidden["length"].set(~short, 0), inside=short)


def embedded(mentions: pl.DataFrame, texts: pl.Series, of_row: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold a short item: `row`, the `text` that has its question, and the `item`.

    `mentions` are pairs of texts and items that stand in them (`text`, `item`). `of_row` says which texts a row has
    (`row`, `text`), `items` have `text`, `answer` and `choices`.
    """
    pairs = mentions.join(of_row, on="text").sort("row", "item", "text").select(*FOUND)
    if not pairs.height:
        return pl.DataFrame(schema=FOUND)
    rows = pairs["row"].unique()
    whole = of_row.filter(pl.col("row").is_in(rows.implode())).sort("row", "text")
    whole = whole.with_columns(said=texts.gather(whole["text"])).group_by("row").agg(pl.col("said").str.join("\n"))
    said = _Said(dict(whole.iter_rows()), texts)
    known: dict[int, _Item] = {}
    holds = []
    for row, text, item in pairs.iter_rows():
        if item not in known:
            known[item] = _Item.of(*items.select("text", "answer", "choices").row(item))
        holds.append(known[item].stands(said, row, text))
    return pairs.filter(pl.Series(holds, dtype=pl.Boolean)).cast(pl.Schema(FOUND))


class _Said:
    """What rows and texts say, in the forms that items are compared with, read when it is asked for."""

    def __init__(self, whole: Mapping[int, str], texts: pl.Series) -> None:
        self._whole, self._texts = whole, texts
        self._rows: dict[int, str] = {}

    def row(self, number: int) -> str:
        """The words and marks of a row, with blanks around each."""
        if number not in self._rows:
            self._rows[number] = _written(self._whole[number])
        return self._rows[number]

    def text(self, number: int) -> str:
        """A text in the normal form, line by line."""
        return re.sub(r"[^\S\n]+", " ", str(folded(self._texts.slice(number, 1))[0]))


class _Item:
    """A short item, ready to be compared."""

    def __init__(self, question: str, marks: Sequence[str], answer: str) -> None:
        self.question, self.marks, self.answer = question, marks, answer
        self.written = _written(question)
        long = bool((count_words(pl.Series([question])) >= LEAST_ALONE).all())
        self.says_enough = long and not (marks and _CHOICES.search(question.lower()))

    @staticmethod
    def of(question: str, answer: str | None, choices: Sequence[str] | None) -> _Item:
        """An item with what is looked for beside its question."""
        return _Item(question, [_written(c) for c in dict.fromkeys(choices or ())], _written(answer or ""))

    def stands(self, said: _Said, row: int, text: int) -> bool:
        """Whether a row that has the question holds the item."""
        if self.says_enough and self._is_a_sentence(said.text(text)):
            return True
        rest = said.row(row).replace(self.written, " ¶ ", 1)
        if self.answer.strip() and _has(rest, self.answer):
            return True
        return sum(_has(rest, choice) for choice in self.marks) >= 2

    def _is_a_sentence(self, text: str) -> bool:
        question = re.sub(r"\s+", " ", str(folded(pl.Series([self.question]))[0])).strip()
        said = question.strip(_MARKS)
        # The choices complete "Glucose is carried into the cell by", and whatever is added completes it as well.
        end = r"(?!\w)" if self.marks and said == question else rf"(?:{_END}|$)"
        return re.search(rf"(?:^|{_END})[\s_]*{re.escape(said)}[\s_]*{end}", text) is not None


def _has(rest: str, wanted: str) -> bool:
    if wanted.strip() and wanted in rest:
        return True
    words = set(wanted.split())
    return len(words) >= _LONG_ANSWER and len(words & set(rest.split())) >= _MOST * len(words)


def _written(text: str | None) -> str:
    return f" {signs_of(pl.Series([text], dtype=pl.String)).written(marks=True)[0]} "
