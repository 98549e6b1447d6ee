"""Whether a text is JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolColumn, TextColumn


@operator(version=2, cost="scan", row_wise=True)
def json_valid(text: TextColumn) -> BoolColumn:
    """Whether the whole text is one JSON document (RFC 8259); surrounding white space is ignored.

    Args:
        text: the text; a missing text gives a missing value.

    Example:
        keep json_valid(response)
    """
    import polars as pl

    return pl.Series(text.name, [None if one is None else _is_json(one) for one in text], dtype=pl.Boolean)


def _is_json(text: str) -> bool:
    import json

    try:
        # Numbers stay texts: Python refuses to read those of more than 4,300 digits, which JSON allows.
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, which are no JSON."""
    raise ValueError(constant)
