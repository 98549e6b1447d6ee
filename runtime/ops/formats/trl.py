"""The layout `trl`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.trainers import of_trl


@operator(version=4, rows=("chat", "text", "instruction", "preference", "rated", "task"))
def trl(
    rows: Literal["chat", "text", "instruction", "preference", "rated", "task"] = "chat",
    reasoning: Literal["split", "keep"] = "split",
) -> RowFormat:
    """The dataset types of TRL, with texts or with messages; optional `tools`.

    For `text` rows `text`; for `chat` rows `messages`, or `prompt` and `completion`, of which only the completion is
    trained on; for `instruction` rows `prompt` and `completion` as texts; for `preference` rows `prompt`, `chosen` and
    `rejected`, or the latter two with the prompt in them; for `rated` rows `prompt`, `completion` and `label`; for
    `task` rows `prompt`, with `answer` or `solution` if there is one. Stepwise supervision has no row type.

    Args:
        rows: the row type.
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.

    Source: TRL, documentation, "Dataset formats and types".
    """
    return of_trl(rows, reasoning == "split")
