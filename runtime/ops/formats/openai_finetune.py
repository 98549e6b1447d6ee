"""The layout `openai_finetune`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.trainers import of_openai


@operator(version=4, rows=("chat", "preference", "task"))
def openai_finetune(rows: Literal["chat", "preference", "task"] = "chat") -> RowFormat:
    """The files of OpenAI's fine-tuning API.

    For `chat` rows `messages` and optional `tools` (or `functions`), with `weight` 0 or 1 on turns; for `preference`
    rows `input` (`messages`, `tools`), `preferred_output` and `non_preferred_output`; for `task` rows `messages`, with
    `reference_answer` (or `answer`) for a grader if there is one.

    Args:
        rows: the row type.

    Source: OpenAI, "Supervised fine-tuning", "Direct preference optimization", "Reinforcement fine-tuning".
    """
    return of_openai(rows)
