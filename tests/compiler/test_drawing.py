"""Drawings of a graph: every declaration a box, every flow an arrow."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tunec.compiler.drawing.dot import dot
from tunec.compiler.drawing.mermaid import mermaid
from tunec.compiler.drawing.picture import Arrow, Box, Picture, picture
from tunec.compiler.drawing.svg import svg
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chat() -> Picture:
    graph = compile_spec(ROOT / "specs" / "chat.tune", load_catalogue()).graph
    assert graph is not None
    return picture(graph)


def test_every_declaration_is_a_box(chat: Picture) -> None:
    assert {(b.name, b.kind) for b in chat.boxes} == {
        ("tasks", "source"), ("handwritten", "source"), ("arithmetic", "source"), ("base", "model"),
        ("minilm", "embedder"), ("fresh", "generate"), ("chat", "dataset"), ("chat_lora", "train"),
        ("scores", "evaluate"),
    }  # fmt: skip
    lines = next(b for b in chat.boxes if b.name == "chat").lines
    assert lines[:3] == ("normalize", "filter", "  keep words(prompt) in 3..150")


def test_rows_flow_along_lines_and_the_rest_is_dashed(chat: Picture) -> None:
    flows = {(a.source, a.target): a.rows for a in chat.arrows}
    assert flows == {
        ("handwritten", "fresh"): True, ("base", "fresh"): False, ("tasks", "chat"): True, ("fresh", "chat"): True,
        ("minilm", "chat"): False, ("arithmetic", "chat"): False, ("base", "chat_lora"): False,
        ("chat", "chat_lora"): True, ("base", "scores"): False, ("chat_lora", "scores"): False,
        ("chat", "scores"): False, ("arithmetic", "scores"): False,
    }  # fmt: skip
    order = [b.name for b in chat.boxes]
    assert all(order.index(a.source) < order.index(a.target) for a in chat.arrows)


def test_the_same_spec_is_drawn_the_same(chat: Picture) -> None:
    graph = compile_spec(ROOT / "specs" / "chat.tune", load_catalogue()).graph
    assert graph is not None
    for draw in (mermaid, dot, svg):
        assert draw(picture(graph)) == draw(chat)


def test_svg_is_xml_and_boxes_do_not_overlap(chat: Picture) -> None:
    root = ElementTree.fromstring(svg(chat))
    boxes = [r for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("rx")]
    sides = [tuple(float(r.get(k, "0")) for k in ("x", "y", "width", "height")) for r in boxes]
    assert len(sides) == len(chat.boxes)
    for i, (x1, y1, w1, h1) in enumerate(sides):
        for x2, y2, w2, h2 in sides[:i]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_what_specs_say_is_escaped() -> None:
    odd = Picture((Box("a", "source", ('jsonl "x" <b> & # 中文',)), Box("b", "dataset", ())), (Arrow("a", "b", True),))
    assert "jsonl #quot;x#quot; #lt;b#gt; & #35; 中文" in mermaid(odd)
    assert '\\"x\\"' in dot(odd) and '"a" -> "b";' in dot(odd)
    assert "中文" in "".join(ElementTree.fromstring(svg(odd)).itertext())


def test_nothing_is_a_drawing_too() -> None:
    empty = Picture((), ())
    assert mermaid(empty) == "flowchart LR\n"
    ElementTree.fromstring(svg(empty))
