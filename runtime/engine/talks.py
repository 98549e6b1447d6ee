"""What a generation asked and was answered, kept beside its rows so that `why` can tell it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunec.runtime.base.method import Prompt

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.engine.units import Done

#: The file in the folder of a step.
FILE = "asked.parquet"


def talks_of(group: Sequence[Done], first: int) -> pl.DataFrame:
    """A line for each request of units: which rows the unit made (positions `from` up to and without `to`), the model,
    the prompt (messages as JSON), and the answer. `first` is the position of the first row of the group."""
    import polars as pl

    lines = []
    for unit in group:
        last = first + len(unit.parts)
        for model, request, answer in unit.talks:
            said = answer.text or answer.reason
            lines.append((first, last, model.id, written(request.prompt), said, answer.reasoning, answer.finish))
        first = last
    names = ("from", "to", "model", "prompt", "answer", "reasoning", "finish")
    types = dict.fromkeys(names, pl.String()) | dict.fromkeys(("from", "to"), pl.Int64())
    return pl.DataFrame(lines, schema=types, orient="row")


def written(prompt: Prompt) -> str:
    """A prompt as text: messages as JSON."""
    if isinstance(prompt, str):
        return prompt
    return json.dumps([{"role": m.role, "content": m.content} for m in prompt], ensure_ascii=False)
