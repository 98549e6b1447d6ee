"""`tokenizer`: a vocabulary that is extended."""

from __future__ import annotations

from tunec.compiler.elaborate.clauses import pending
from tunec.compiler.elaborate.kind import Kind

KIND = Kind(("tokenizer",), pending, "tokenizer", source="model")
