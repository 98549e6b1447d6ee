"""What a connector gives for some files, as it comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tunec.runtime.base.values import Files
from tunec.runtime.sources.reading import Begin, Record, Table, Unreadable


def found(connector: Callable[..., Any], *paths: Path, **options: Any) -> list[tuple[Any, ...]]:
    """Records as (number, record), what is set aside as (number, reason, text)."""
    files = Files(tuple(map(str, paths)), ())
    given: list[tuple[Any, ...]] = []
    for item in connector("", format=None, files=files, **options):
        if isinstance(item, Begin):
            continue
        if isinstance(item, Unreadable):
            given.append((item.number, item.reason, item.text))
        else:
            records = item.records() if isinstance(item, Table) else [item]
            given += [(one.number, one.value) for one in records if isinstance(one, Record)]
    return given
