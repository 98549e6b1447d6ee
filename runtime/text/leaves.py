"""The texts inside of JSON: what a call of a tool says, without the marks of JSON between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tunec.runtime.base import json_text
from tunec.runtime.base.digits import Digits

if TYPE_CHECKING:
    import polars as pl


def leaves(texts: pl.Series) -> pl.Series:
    """Each JSON text as the texts and numbers in it, a line each."""
    import polars as pl

    found = [None if text is None else "\n".join(texts_in(json_text.loads(text))) for text in texts]
    return pl.Series(texts.name, found, pl.String)


def texts_in(value: Any) -> Iterator[str]:
    """The texts and numbers in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def with_texts(value: Any, change: Callable[[str], str], whole: Callable[[Any], Any] | None = None) -> Any:
    """A JSON value with every text in it changed, and every whole number by `whole`; the keys of objects stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: with_texts(item, change, whole) for key, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item, change, whole) for item in value]
    if whole is not None and isinstance(value, int | Digits) and not isinstance(value, bool):
        return whole(value)
    return value
