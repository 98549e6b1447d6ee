"""Rows that stand in the spec itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files
    from tunec.runtime.sources.reading import Item


@operator(version=2, cost="cheap", neutral=("license",))
def rows(rows: list[Any], *, license: str = "", files: Files) -> Iterator[Item]:
    """Rows written directly in the spec. The names of the fields determine the row type.

    Args:
        rows: records such as `{instruction: "…", response: "…"}`.
        license: the licence of the data, as an SPDX identifier.

    Example:
        source greetings = rows([{instruction: "Say hello.", response: "Hello!"}])
    """
    from tunec.runtime.sources.reading import Record

    for number, record in enumerate(rows):
        yield Record(number, record)
