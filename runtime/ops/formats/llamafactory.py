"""The layout `llamafactory`."""

from __future__ import annotations

from typing import Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.factory import of_factory


@operator(version=4, rows=("chat", "preference", "rated"))
def llamafactory(
    rows: Literal["chat", "preference", "rated"] = "chat", reasoning: Literal["split", "keep"] = "split"
) -> RowFormat:
    """The files of LLaMA-Factory under their default column names, with earlier turns in `history`.

    A record is in the form of `sharegpt` (`conversations` or `messages`) or of `alpaca`: `history` (a list of pairs),
    `instruction`, `input` (on a line of its own, as LLaMA-Factory joins them), and `output`; for `preference` rows
    `chosen` and `rejected`; for `rated` rows `kto_tag` (or `label`). Optional are `system` and `tools`.

    Args:
        rows: the row type.
        reasoning: `split` reads `<think>…</think>` at the head of an answer as reasoning, `keep` leaves it in the text.

    Source: LLaMA-Factory (github.com/hiyouga/LLaMA-Factory), `data/README.md`.
    """
    return of_factory(rows, reasoning == "split")
