"""Whether a text is JSON of a certain form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import BoolColumn, TextColumn


@operator(version=1, cost="scan", row_wise=True, packages=("jsonschema", "referencing"))
def json_schema(text: TextColumn, schema: TextColumn, *, ctx: Context) -> BoolColumn:
    """Whether the whole text is one JSON document that fits a JSON schema (draft 2020-12).

    Args:
        text: the text; a missing text gives a missing value.
        schema: the schema as JSON text, the same for all rows or a field of the row. References to other documents are
            not followed. A text that is not a schema gives a missing value, which is counted.

    Example:
        verify { keep json_schema(response, meta.schema) }
    """
    import polars as pl

    from tunec.runtime.text.structured import BadSchema, fits

    found: list[bool | None] = []
    wrong = 0
    for one, form in zip(text, schema, strict=True):
        try:
            found.append(None if one is None or form is None else fits(one, form))
        except BadSchema:
            found.append(None)
            wrong += 1
    ctx.missing("`json_schema` has no value: the schema is not a JSON schema", wrong)
    return pl.Series(text.name, found, dtype=pl.Boolean)
