"""Reads multiple-choice items. The answer of a row is the text of the right choice, however a file says which it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from tunec.runtime.base.values import FormatError
from tunec.runtime.sources.reading import called
from tunec.runtime.sources.records import text, value_at

Columns = str | list[str]
#: What a choice may be.
_PLAIN = frozenset((str, int, float, bool, type(None)))


def choice_row(
    record: dict[str, Any], question: Columns, choices: Columns | None, answer: str, labels: str | None = None
) -> dict[str, Any]:
    """A multiple-choice item. `choices` is one column with a list, or a list of columns with one choice each; `labels`
    is a column with a label for each choice.

    A `question` of several columns is their texts with a space between; of a column that holds a list, its first item.
    Missing and blank choices are none. Raises FormatError.
    """
    options, given = _options(record, choices, labels)
    value = value_at(record, answer)
    if value is None:
        raise FormatError(f"`{answer}` is null" if answer in record else f"has no `{answer}`", answer)
    if isinstance(value, list):
        if options is not None and len(value) > 1:
            raise FormatError("several answers are right")
        value = value[0] if value else ""
    row: dict[str, Any] = {"question": _joined(record, question)}
    if options is None:
        return {**row, "answer": _shown(value)}
    shown = [None if option is None or not _plain(option) else _shown(option) for option in options]
    right = shown[_right(value, options, given)]
    if right is None:
        raise FormatError("the answer is a choice that is missing or blank")
    return {**row, "choices": [option for option in shown if option is not None], "answer": right}


def right_choice(answer: str, choices: Sequence[str]) -> int | None:
    """The number of the right choice of a row: the one that the answer says. None where it is none of them.

    An answer that a spec has set may also be a letter or a number counted from zero.
    """
    try:
        return _right(answer, list(choices), None)
    except FormatError:
        return None


def _options(
    record: dict[str, Any], choices: Columns | None, labels: str | None
) -> tuple[list[Any] | None, list[Any] | None]:
    """The choices and their labels, as they stand in a record."""
    if choices is None:
        return None, None
    if isinstance(choices, list):
        listed: Any = [record[column] if column in record else _there(record, column) for column in choices]
    else:
        listed = value_at(record, choices)
    beside: Any = value_at(record, labels) if labels is not None else None
    if isinstance(listed, dict) and "text" in listed:
        # ARC and CommonsenseQA: `{text: […], label: […]}`.
        beside = listed.get("label", listed.get("labels")) if beside is None else beside
        listed = listed["text"]
    elif isinstance(listed, dict) and listed and _PLAIN.issuperset(map(type, listed.values())):
        # MedQA: `{A: …, B: …}`.
        beside, listed = list(listed) if beside is None else beside, list(listed.values())
    elif isinstance(listed, list) and listed and all(isinstance(option, dict) for option in listed):
        listed, beside = _each(listed, beside)
    elif labels is None and isinstance(choices, str) and choices.endswith(".text"):
        beside = value_at(record, choices.removesuffix("text") + "label")
    if listed is None:
        return None, None
    if not isinstance(listed, list):
        raise FormatError(f"`{choices}` is not a list")
    if not _PLAIN.issuperset(map(type, listed)):
        raise FormatError(f"a choice in `{choices}` is not text but {called(next(_odd(listed)))}")
    if beside is not None and (not isinstance(beside, list) or len(beside) != len(listed)):
        raise FormatError("there are not as many labels as choices")
    return listed, beside


def _each(listed: list[dict[str, Any]], beside: Any) -> tuple[list[Any], Any]:
    """The choices and their labels of a list of objects, one for each choice (the files of ARC)."""
    text_key = next((key for key in ("text", "content", "option") if key in listed[0]), "")
    label_key = next((key for key in ("label", "key", "id") if key in listed[0]), "")
    if not text_key or any(text_key not in option for option in listed):
        return list(listed), beside
    if beside is None and label_key:
        beside = [option.get(label_key) for option in listed]
    return [option[text_key] for option in listed], beside


def _odd(listed: list[Any]) -> Iterator[Any]:
    return (option for option in listed if type(option) not in _PLAIN)


def _right(value: Any, options: list[Any], labels: list[Any] | None) -> int:
    """The number of the right choice. An index is a number, a label one of the labels, a text one of the choices; what
    could be two of them and means two choices is refused. Raises FormatError."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if labels is not None:
        found = [n for n, label in enumerate(labels) if label is not None and _plain(label) == _plain(value)]
    elif isinstance(value, int) and not isinstance(value, bool):
        numbers = [n for n, option in enumerate(options) if not isinstance(option, str | bool) and option == value]
        found = list(dict.fromkeys([*([value] if 0 <= value < len(options) else []), *numbers]))
        if not found and value == len(options):
            raise FormatError(f"the answer {value} is not one of the choices, whose indexes are counted from 0")
        if len(found) > 1:
            raise FormatError(f"the answer {value} is the index of a choice and another choice")
    else:
        found = _named(_plain(value), options)
    if labels is not None and not found:
        found = [n for n, option in enumerate(options) if option is not None and _plain(option) == _plain(value)]
    if not found:
        raise FormatError("the answer is not one of the choices")
    return found[0]


def _named(answer: str, options: list[Any]) -> list[int]:
    """The choices that a text names: by what it says, else by letter, else by a number counted from zero."""
    found = [n for n, option in enumerate(options) if option is not None and _plain(option) == answer]
    if found:
        return found
    if answer.isascii() and answer.isdecimal():
        found = [int(answer[:4])]
    elif letter := re.fullmatch(r"\(?([A-Za-z])\)?[.)、．]?", unicodedata.normalize("NFKC", answer)):
        found = [ord(letter[1].upper()) - ord("A")]
    return [n for n in found if n < len(options)]


def _plain(value: Any) -> str:
    return value.strip() if isinstance(value, str) else _shown(value).strip()


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _joined(record: dict[str, Any], question: Columns) -> str:
    if isinstance(question, str):
        return text(record, question)
    firsts = {c: v[0] if isinstance(v, list) and v else v for c, v in record.items()}
    return " ".join(text(firsts, column) for column in question)


def _there(record: dict[str, Any], column: str) -> Any:
    """The value of a path that is no column."""
    value = value_at(record, column)
    if value is None:
        raise FormatError(f"has no `{column}`", column)
    return value
