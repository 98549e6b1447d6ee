"""The layout `self_instruct`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.notices import watched
from tunec.runtime.sources.records import optional, text


@operator(version=2, rows=("instruction",))
def self_instruct() -> RowFormat:
    """`instruction` and `instances`, of which the first is read (Self-Instruct's seed tasks)."""
    return watched(RowFormat("self_instruct", "instruction", _content))


def _content(record: dict[str, Any]) -> dict[str, Any]:
    instances = record.get("instances")
    if instances is None:
        raise FormatError("has no `instances`", "instances")
    if not isinstance(instances, list) or not instances or not isinstance(instances[0], dict):
        raise FormatError("`instances` holds no object")
    return {
        "instruction": text(record, "instruction"),
        "input": optional(instances[0], "input"),
        "response": text(instances[0], "output"),
        "system": None,
    }
