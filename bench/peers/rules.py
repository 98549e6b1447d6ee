"""The rules of `bench/specs/rules.tune` in plain Python, for peers that filter by functions of their user."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")


def stays(prompt: str, response: str) -> bool:
    """All rules but the language."""
    return (
        1 <= len(_WORD.findall(response)) <= 800
        and 3 <= len(_WORD.findall(prompt)) <= 300
        and sum(map(str.isalnum, response)) >= 0.25 * len(response)
        and repetition(response) <= 0.30
    )


def repetition(text: str, n: int = 5) -> float:
    """The share of a text's word characters that lie in an n-gram which stands in it before."""
    words = _WORD.findall(text.lower())
    seen, covered = set(), set()
    for start in range(len(words) - n + 1):
        gram = tuple(words[start : start + n])
        if gram in seen:
            covered.update(range(start, start + n))
        seen.add(gram)
    return sum(len(words[place]) for place in covered) / max(sum(map(len, words)), 1)


def plain(text: str) -> str:
    """The form in which two prompts are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def line(text: str) -> str:
    """What fastText reads: one line, the first thousand characters."""
    return " ".join(text[:1000].split())
