"""Specs with the trees, the diagnostics and the canonical texts that they have to give."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunec.dsl.format import format_text
from tunec.dsl.parser import parse
from tunec.dsl.print import print_expression
from tunec.dsl.render.text import render
from tunec.dsl.source import Source, Span

GOLDEN = Path(__file__).parent.parent / "golden"
PARSE = sorted(GOLDEN.glob("parse/*.tune"))
FORMAT = sorted(path for path in GOLDEN.glob("fmt/*.tune") if not path.name.endswith(".fmt.tune"))
Golden = Callable[[Path, str], None]


def named(path: Path) -> str:
    return path.stem


def source_of(path: Path) -> Source:
    return Source(path.name, path.read_text("utf-8"))


def dump(node: Any) -> Any:
    """A tree as JSON: the type and the fields of each node, with the offsets it was read from."""
    if isinstance(node, tuple):
        return [dump(part) for part in node]
    if isinstance(node, Span):
        return f"{node.start}-{node.end}"
    if not hasattr(node, "__slots__"):
        return node
    fields = {name: getattr(node, name) for name in node.__slots__ if name != "comments"}
    present = {name: dump(value) for name, value in fields.items() if value is not None and value != ""}
    return {"node": type(node).__name__, **present}


@pytest.mark.parametrize("path", PARSE, ids=named)
def test_trees(path: Path, golden: Golden) -> None:
    source = source_of(path)
    file, diagnostics = parse(source)
    golden(path.with_suffix(".json"), json.dumps(dump(file), indent=1, ensure_ascii=False) + "\n")
    if path.stem == "faults":
        golden(path.with_suffix(".txt"), render(diagnostics, {source.name: source}))
    else:
        assert diagnostics == []


@pytest.mark.parametrize("path", [path for path in PARSE if path.stem != "faults"], ids=named)
def test_printed_trees_read_back(path: Path) -> None:
    file, _ = parse(source_of(path))
    again, diagnostics = parse(Source("printed", print_expression(file)))
    assert diagnostics == []
    assert again == file


@pytest.mark.parametrize("path", FORMAT, ids=named)
def test_formatted_texts(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".fmt.tune"), format_text(source_of(path)))


@pytest.mark.parametrize("path", [path for path in (*PARSE, *FORMAT) if path.stem != "faults"], ids=named)
def test_formatting_keeps_the_meaning_and_the_comments(path: Path) -> None:
    source = source_of(path)
    file, diagnostics = parse(source)
    assert diagnostics == []
    text = format_text(source)
    again, diagnostics = parse(Source("formatted", text))
    assert diagnostics == []
    assert again == file
    assert [comment.text for comment in again.comments] == [comment.text for comment in file.comments]
    assert format_text(Source("formatted", text)) == text


def test_a_text_with_mistakes_is_not_formatted() -> None:
    source = source_of(GOLDEN / "parse" / "faults.tune")
    assert format_text(source) == source.text
