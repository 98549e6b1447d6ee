"""A split of a data set: a view of its rows, which is never run."""

from __future__ import annotations

from tunec.runtime.engine.step import NodeKind

KIND = NodeKind("part")
