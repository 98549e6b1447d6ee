"""The layout `hh`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import text
from tunec.runtime.sources.transcripts import turns_of, written
from tunec.runtime.values import FormatError, RowFormat


@operator(version=1, rows=("preference",))
def hh() -> RowFormat:
    """`chosen` and `rejected`: two transcripts that differ in the last answer (Anthropic's HH), as a preference.

    The prompt is what both have in common: only the human's words if there is one turn, otherwise the transcript.

    Source: Bai et al. (2204.05862).
    """
    return RowFormat("hh", "preference", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    chosen, rejected = (turns_of(text(record, name), name) for name in ("chosen", "rejected"))
    if chosen[-1]["role"] != "assistant" or rejected[-1]["role"] != "assistant":
        raise FormatError("a transcript does not end with an answer")
    if chosen[:-1] != rejected[:-1] or len(chosen) == 1:
        raise FormatError("`chosen` and `rejected` do not answer the same prompt")
    return {
        "prompt": written(chosen[:-1]),
        "chosen": chosen[-1]["content"],
        "rejected": rejected[-1]["content"],
    }
