"""The layout `hh`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.chats import compared
from tunec.runtime.sources.notices import Notices
from tunec.runtime.sources.records import text
from tunec.runtime.sources.transcripts import turns_of


@operator(version=3, rows=("preference",))
def hh() -> RowFormat:
    """`chosen` and `rejected`: two transcripts that begin alike (Anthropic's HH), as a preference.

    The turns that both have in common are the context, the others the two answers.

    Source: Bai et al. (2204.05862).
    """
    notices = Notices()

    def content(record: dict[str, Any]) -> dict[str, Any]:
        chosen, rejected = (turns_of(text(record, name), name, notices) for name in ("chosen", "rejected"))
        if chosen[-1]["role"] != "assistant" or rejected[-1]["role"] != "assistant":
            raise FormatError("a transcript does not end with an answer")
        return compared(None, chosen, rejected)

    return RowFormat("hh", "preference", content, notes=notices.notes)
