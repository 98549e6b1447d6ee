"""The layout `choice`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.choices import choice_row


@operator(version=3, rows=("choice",))
def choice() -> RowFormat:
    """`question`, optional `choices`, `answer`, optional `labels`.

    `choices` is a list, `{text, label}` with a list of each (ARC), a list of `{text, label}`, or an object from labels
    to texts (MedQA). The answer is a label where there are labels; else a number is an index counted from zero, and a
    text is one of the choices, a letter, or an index. The row's answer is the text of the right choice. Missing and
    blank choices are left out; an item with several right answers is set aside.
    """
    return RowFormat("choice", "choice", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return choice_row(record, "question", "choices", "answer", "labels" if "labels" in record else None)
