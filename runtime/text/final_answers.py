"""The final answer of a worked solution, in English or Chinese, as an expression."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Characters of an expression at most.
_LONGEST = 300
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{")
_HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
#: What comes before an answer, as people and models write it.
_SAID = re.compile(
    r"\b(?:final\s+|correct\s+)?(?:answer|result)\b[\s*_]*(?:is|are|equals|to be|=|:)[\s*_:]*"
    r"|(?:最终|最后|正确)?(?:答案|结果|答)\s*\**\s*(?:应该是|应当是|应该为|应为|是|为|等于|=|:)[\s*:]*"
    r"|(?:应|故|因此|所以|本题)选(?:择)?(?:项)?\s*:?\s*",
    re.IGNORECASE,
)
#: A line, a Chinese full stop, or a full stop that is no decimal point ends what is said.
_END = re.compile(r"\n|[。;!]|\.(?=\s|$)|,\s*(?=so\b|because\b|since\b|which\b)|,\s*(?=因|所以)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.^])[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:\s*/\s*\d+)?%?")
#: A text with words between numbers, which is no number with its unit.
_TALK = re.compile(r"\d\s+[A-Za-z]{2,}.*\s[-+]?\d|\d\s*[\u4e00-\u9fff][^(]*\d")
#: What may stand behind the number that a sentence ends with: one word, or two characters, as its unit.
_UNIT_ALONE = re.compile(r"\s*(?:[A-Za-z]+|[\u4e00-\u9fff]{1,2})?\W*")
_LAST_EQUAL = re.compile(r"=\s*([^=]+)$")
#: What is written around an expression and says nothing of its value.
_WRAPS = ("**", "__", "$$", "$", "`", '"', "'", r"\(", r"\)", r"\[", r"\]", "¥", "€", "£", "\u20ac")
_SPACES = re.compile(r"(?<!\\)\\[,;:! ]|\\quad|\\left(?![a-z])|\\right(?![a-z])|~")
_GROUPED = re.compile(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))")
_NAMED = re.compile(r"^\s*[A-Za-z]\s*=\s*(?=[^=]+$)")
_TEXT = re.compile(r"\\(?:text|mathrm|mbox|textbf|mathbf)\s*\{([^{}]*)\}")
#: A unit behind a number: words, a power of them, degrees.
_UNIT = re.compile(
    r"(?<=[\d})])\s*(?:\\?\^\s*\{?\s*\\circ\s*\}?\s*[CF]?|°\s*[CF]?|[A-Za-z]{2,}[A-Za-z\s.()/²³^0-9]*|[\u4e00-\u9fff].*"
    r"|\s(?:m|g|s|h|L|N|J|W|V|A|K)[²³]?(?:/[a-z]+)?)$"
)
_COMMANDS = re.compile(r"\\(?:begin|end)\s*\{[a-z]+\*?\}|\\[A-Za-z]+")
_CALCULATION = re.compile(r"<<[^<>]*>>")  # GSM8K marks what is to be computed
_FUNCTIONS = re.compile(r"\b(?:sin|cos|tan|cot|sec|log|ln|exp|sqrt|pi|max|min|mod)\b")
_CHOICE = re.compile(r"^\(?\s*([A-Ja-j])\s*[).:]?$")


@lru_cache(maxsize=100_000)
def final_answer(text: str) -> str | None:
    """The expression that a text ends up with, without units and what is written around it; None where there is none.

    Looked for are, the last of each: what is boxed, what stands after `####`, what is said to be the answer; else the
    whole text, where it is an expression, or the number that its last sentence ends with, or has alone.
    """
    text = unicodedata.normalize("NFKC", _CALCULATION.sub("", _THOUGHT.sub("", text))).strip()
    for said in (_boxed(text), _last(_HASHES, text), _stated(text)):
        if said is not None:
            found = expression(said)
            return found if found is not None else _number_in(said)
    whole = expression(text)
    if whole is not None and not _TALK.search(text):
        return whole
    sentences = [part for part in _END.split(text) if part and part.strip()]
    return _number_in(sentences[-1]) if sentences else None


def expression(text: str) -> str | None:
    """A text as an expression, or None where it is words."""
    text = text.strip().rstrip(".。,;:")
    text = _TEXT.sub(lambda found: f" {found[1].strip()}", _SPACES.sub(" ", text))
    for wrap in _WRAPS:
        text = text.replace(wrap, " ")
    text = _GROUPED.sub("", text.replace(r"\$", "").replace(r"\%", "%")).strip().rstrip(".")
    text = _NAMED.sub("", text)
    choice = _CHOICE.match(text)
    if choice:
        return choice[1].upper()
    text = _UNIT.sub("", text).strip()
    words = _FUNCTIONS.sub(" ", _COMMANDS.sub(" ", text))
    if not text or len(text) > _LONGEST or re.search(r"[^\W\d_]{2,}|[\u4e00-\u9fff]|\n", words):
        return None
    return text if re.search(r"\w", text) else None


def _boxed(text: str) -> str | None:
    """The content of the last box, whose braces may be nested."""
    found = None
    for start in _BOXED.finditer(text):
        depth, end = 1, start.end()
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0) if text[end - 1] != "\\" else 0
            end += 1
        if not depth:
            found = text[start.end() : end - 1]
    return found


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.findall(text)
    return str(found[-1]) if found else None


def _stated(text: str) -> str | None:
    """What is said to be the answer."""
    places = [found.end() for found in _SAID.finditer(text)]
    if not places:
        return None
    return _END.split(text[places[-1] :].lstrip(), maxsplit=1)[0]


def _number_in(text: str) -> str | None:
    """What follows the last equals sign, the only number of a sentence, or of several the one that it ends with."""
    equal = _LAST_EQUAL.search(text)
    if equal:
        return expression(equal[1])
    numbers = list(_NUMBER.finditer(text))
    if not numbers or (len(numbers) > 1 and not _UNIT_ALONE.fullmatch(text, numbers[-1].end())):
        return None
    return expression(numbers[-1][0])
