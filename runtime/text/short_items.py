"""Short benchmark items inside of longer texts.

Eight words in a row are evidence by themselves. Fewer may stand in a text by chance: "What is the capital of France?"
inside of a prompt is that item if its answer, or two of its choices, stand in the row as well; and, unless the question
speaks of its choices ("Which of the following is true?"), if it is a sentence of its own there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tunec.runtime.text.normal import collapsed, folded
from tunec.runtime.text.signs import Mask, Signs, signs_of
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


def short(items: Signs) -> Mask:
    """Which items are too short to be found by themselves, and not too short to be found at all."""
    return items.long(LEAST) & ~items.long(LONG)


def searchable(hidden: pl.DataFrame, brief: Sequence[Mask]) -> pl.DataFrame:
    """Hashed items so that only the `short` ones are found, inside of texts."""
    wanted = pl.Series(np.concatenate([np.empty(0, dtype=np.bool_), *brief])) & (hidden["length"] >= _SHORTEST)
    # Of length 0 an item matches nothing; the others keep their numbers.
    return hidden.with_columns(length=hidden["length"].set(~wanted, 0), inside=wanted)


def embedded(mentions: pl.DataFrame, texts: pl.Series, of_row: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold a short item: `row`, the `text` that has its question, and the `item`.

    `mentions` are pairs of texts and items that stand in them (`text`, `item`). `of_row` says which texts a row has
    (`row`, `text`), `items` have `text`, `answer` and `choices`.
    """
    pairs = mentions.join(of_row, on="text").sort("row", "item", "text").select(*FOUND)
    if not pairs.height:
        return pl.DataFrame(schema=FOUND)
    said = _Said.of(pairs, texts, of_row)
    numbers = pairs["item"].unique()
    wanted = dict(zip(numbers.to_list(), _items(items[numbers]), strict=True))
    holds = [wanted[item].stands(said.rows[row], said.texts[text]) for row, text, item in pairs.iter_rows()]
    return pairs.filter(pl.Series(holds, dtype=pl.Boolean)).cast(pl.Schema(FOUND))


@dataclass(frozen=True, slots=True)
class _Said:
    """What rows and texts say, by their numbers, in the forms that items are compared with: the words and marks of a
    row with blanks around each, and a text in the normal form, line by line."""

    rows: Mapping[int, str]
    texts: Mapping[int, str]

    @staticmethod
    def of(pairs: pl.DataFrame, texts: pl.Series, of_row: pl.DataFrame) -> _Said:
        """What the rows and the texts of these pairs say."""
        whole = of_row.filter(pl.col("row").is_in(pairs["row"].implode())).sort("row", "text")
        whole = whole.with_columns(said=texts.gather(whole["text"])).group_by("row").agg(pl.col("said").str.join("\n"))
        numbers = pairs["text"].unique()
        plain = folded(texts.gather(numbers)).str.replace_all(r"[^\S\n]+", " ")
        return _Said(
            dict(zip(whole["row"].to_list(), _written(whole["said"]), strict=True)),
            dict(zip(numbers.to_list(), plain.to_list(), strict=True)),
        )


def _items(items: pl.DataFrame) -> Iterator[_Item]:
    """Short items, ready to be compared."""
    questions = items["text"]
    choices = [list(dict.fromkeys(named or ())) for named in items["choices"].to_list()]
    marks = iter(_written(pl.Series([choice for named in choices for choice in named], dtype=pl.String)))
    plain = collapsed(questions)
    long = count_words(questions) >= LEAST_ALONE
    parts = (_written(questions), choices, _written(items["answer"]), plain, questions.str.to_lowercase(), long)
    for written, named, answer, question, lower, enough in zip(*parts, strict=True):
        alone = bool(enough) and not (named and _CHOICES.search(lower))
        yield _Item(written, [next(marks) for _ in named], answer, question, alone)


@dataclass(frozen=True, slots=True)
class _Item:
    """A short item: its question, its choices and its answer as words and marks, the question in the normal form, and
    whether it says enough by itself."""

    written: str
    marks: Sequence[str]
    answer: str
    question: str
    says_enough: bool

    def stands(self, row: str, text: str) -> bool:
        """Whether a row holds the item, of which the text has the question."""
        if self.says_enough and self._is_a_sentence(text):
            return True
        rest = row.replace(self.written, " ¶ ", 1)
        if self.answer.strip() and _has(rest, self.answer):
            return True
        return sum(_has(rest, choice) for choice in self.marks) >= 2

    def _is_a_sentence(self, text: str) -> bool:
        said = self.question.strip(_MARKS)
        # The choices complete "Glucose is carried into the cell by", and whatever is added completes it as well.
        end = r"(?!\w)" if self.marks and said == self.question else rf"(?:{_END}|$)"
        return re.search(rf"(?:^|{_END})[\s_]*{re.escape(said)}[\s_]*{end}", text) is not None


def _has(rest: str, wanted: str) -> bool:
    if wanted.strip() and wanted in rest:
        return True
    words = set(wanted.split())
    return len(words) >= _LONG_ANSWER and len(words & set(rest.split())) >= _MOST * len(words)


def _written(texts: pl.Series) -> list[str]:
    """The words and marks of each text, with blanks around each."""
    return [f" {written} " for written in signs_of(texts).written(marks=True)]
