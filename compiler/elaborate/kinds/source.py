"""`source`, `seeds` and `benchmark`: rows from outside."""

from __future__ import annotations

from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.sources import source

KIND = Kind(("source", "seeds", "benchmark"), source, "rows", value=("connectors",))
