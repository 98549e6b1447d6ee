from __future__ import annotations

import polars as pl

from tests.needs import needs
from tests.ops.material import context
from tunec.runtime.ops.functions.json_schema import json_schema

needs("jsonschema")
SCHEMA = """
{"type": "object", "properties": {"城市": {"type": "string"}}, "required": ["城市"], "additionalProperties": false}
"""
FENCED = '```\n{"城市": "x"}\n```'


def of(texts: list[str | None], schemas: list[str | None]) -> list[bool | None]:
    texts_, schemas_ = (pl.Series(values, dtype=pl.String) for values in (texts, schemas))
    return json_schema(texts_, schemas_, ctx=context()).to_list()


def test_whole_documents() -> None:
    texts = ['{"城市": "北京"}', ' {"城市": "Paris"}\n', '{"城市": 3}', '{"city": "Paris"}', FENCED, "NaN", ""]
    assert of(list(texts), [SCHEMA] * len(texts)) == [True, True, False, False, False, False, False]


def test_a_schema_of_the_row() -> None:
    assert of(["3", "3"], ['{"type": "integer"}', '{"type": "string"}']) == [True, False]


def test_what_is_no_schema() -> None:
    other = '{"$ref": "http://127.0.0.1:9/schema.json"}'
    assert of(["3", "3", "3", None], ["{", '{"type": "whole"}', other, "true"]) == [None] * 4
