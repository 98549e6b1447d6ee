"""Templates of prompts: files beside a method, one for each language, with `{names}` that are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FOLDER = "tunec.runtime.ops.methods/prompts"
#: The languages that prompts are written in.
LANGUAGES = ("en", "zh")

#: Patterns are compiled where they are first used: operators load this module to declare their templates.
_NAME = r"\{([a-z_]+)\}"
_HAN = r"[\u3400-\u9fff\uf900-\ufaff]"
#: Thoughts before an answer: some templates put their beginning into the prompt, and a truncated answer has no end.
_THOUGHT = r"(?s)^(?:\s*<think>)?((?!<think>).)*?</think>|^\s*<think>.*"
_FENCED = r"(?s)```\w*\n(.*)\n?```"
_LABEL = (
    r"(?i)^(?:\*\*|#+ )?(?:(?:the )?(?:rewritten |new |paraphrased )?(?:instruction|question)"
    r"|(?:改写后的|新的)?(?:指令|问题))(?:\*\*)?\s*[:：]\s*(?:\*\*)?"
)
_LETTER = r"[^\W\d_]"


def files(*names: str) -> tuple[str, ...]:
    """The files of templates in all languages, for an operator to declare."""
    return tuple(f"{FOLDER}/{name}.{language}.txt" for name in names for language in LANGUAGES)


def filled(name: str, language: str, values: Mapping[str, object]) -> str:
    """The template of that name in a language, filled in; braces in the values stay as they are."""
    from tunec.runtime.base.resources import text_of

    return re.sub(_NAME, lambda found: str(values.get(found[1], found[0])), text_of(f"{FOLDER}/{name}.{language}.txt"))


def language_of(*texts: str | None) -> str:
    """The language in which to ask about texts: Chinese where at least a third of their letters is, else English."""
    whole = " ".join(text for text in texts if text)
    han, letters = len(re.findall(_HAN, whole)), len(re.findall(_LETTER, whole))
    return "zh" if han and han * 3 >= letters else "en"


def unwrapped(text: str) -> str:
    """An answer without thoughts before it and a fence around it."""
    text = re.sub(_THOUGHT, "", text).strip()
    fenced = re.fullmatch(_FENCED, text)
    return fenced[1].strip() if fenced else text


def stripped(text: str) -> str:
    """An answer without thoughts before it, and without quotation marks, a fence or a label around it."""
    text = unwrapped(text)
    text = re.sub(_LABEL, "", text, count=1).strip()
    for left, right in ('""', "“”", "「」", "''"):
        if len(text) > 1 and text[0] == left and text[-1] == right and not {left, right} & set(text[1:-1]):
            return text[1:-1].strip()
    return text


def plain(text: str) -> str:
    """A text by its letters and digits alone, for comparing it with another."""
    return re.sub(r"[\W_]+", "", text).casefold()


def question_of(row: Mapping[str, Any]) -> str:
    """The instruction of a row with its input below, where it has one."""
    return "\n\n".join(text.strip() for text in (row["instruction"], row.get("input")) if text and text.strip())
