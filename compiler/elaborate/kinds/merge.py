"""`merge`: a model made of others."""

from __future__ import annotations

from tunec.compiler.elaborate.clauses import pending
from tunec.compiler.elaborate.kind import Kind

KIND = Kind(("merge",), pending, "model", target=True, source="model")
