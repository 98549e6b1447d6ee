"""Texts that are longer than an embedder reads are compared in windows, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.building import build, rows
from tests.ops.material import TINY, context
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import EmbedderSpec, Windows
from tunec.runtime.models.windows import _sentences, _whole, cut
from tunec.runtime.ops.decontaminate.cosine import cosine
from tunec.runtime.ops.dedup.semantic import semantic
from tunec.runtime.ops.embedders.bundled import bundled

NAME = "all-minilm-l6-v2"


def test_windows_follow_each_other_and_the_last_ends_with_the_text() -> None:
    assert list(_whole(256, 256)) == [(0, 256)]
    assert list(_whole(257, 256)) == [(0, 256), (1, 257)]
    assert list(_whole(600, 256)) == [(0, 256), (256, 512), (344, 600)]


def test_windows_of_sentences_are_whole_sentences() -> None:
    assert list(_sentences([0, 10, 20, 100, 105], 32, 50)) == [(0, 20), (10, 20), (20, 70), (100, 105)]


def test_each_text_is_its_windows() -> None:
    spec = bundled(NAME)
    end = "Which planet is the largest of all?"
    texts = ["short", "word " * 254, "word " * 300 + "end. " + end, "一二三。" * 100]
    found = cut(spec, texts)
    assert (found.longer, found.reads) == (2, 256)
    assert [len(parts) for parts in found.parts] == [1, 1, 2, 2]
    assert found.parts[0] == ("short",) and found.parts[1] == (texts[1],)
    assert found.parts[2][-1].endswith(end)
    assert end in cut(spec, texts, like=["How many days has a week?"]).parts[2]


def by_fours(_: EmbedderSpec, texts: Sequence[str], __: Sequence[str] | None) -> Windows:
    """Four words a window."""
    parts = [[" ".join(t.split()[at : at + 4]) for at in range(0, max(1, len(t.split())), 4)] for t in texts]
    return Windows(parts, sum(len(part) > 1 for part in parts), 4)


def told(said: list[str]) -> Context:
    return replace(context(), cut=by_fours, note=said.append)


def test_a_shared_beginning_is_no_duplicate_and_a_shared_whole_is() -> None:
    texts = [
        "a b c d e f g h", "a b c d i j k l", "a b c d", "d c b a h g f e", "a b c d a b c d", "e f g h a b c d", None,
    ]  # fmt: skip
    said: list[str] = []
    found = semantic(pl.Series(texts), cosine=0.99, using=TINY, ctx=told(said))
    assert found.select("left", "right").sort("left", "right").rows() == [(0, 3), (0, 5), (2, 4)]
    assert said == ["5 of 7 texts are longer than the 4 pieces that `bag-of-words` reads, and are compared in windows"]
    # As without windows: the bags of whole texts.
    whole = semantic(pl.Series(texts[:3]), cosine=0.99, using=TINY, ctx=context())
    assert whole.height == 0


def test_an_item_is_found_in_any_window_and_a_long_one_in_several() -> None:
    texts = pl.Series(["x y z w a b c d", "a b c d e f g h x y z w", "a b c d"])
    items = pl.Series(["d c b a", "a b c d e f g h"])
    found = cosine(texts, items, 0.99, using=TINY, ctx=told([]))
    assert found.select("text", "item").rows() == [(0, 0), (1, 0), (1, 1), (2, 0)]


SPEC = """spec t(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: text, license: "MIT")
benchmark exam = rows([{{text: "What is the capital city of France, and which river does it lie on?"}}])
embedder minilm = bundled("all-minilm-l6-v2")
dataset out from tasks {{ {} }}
"""
COMMON = "The council of the town met on Monday to talk about the bridge, the school and the price of water. " * 16
ENDS = (
    "At last a recipe for bread was read out, with flour, yeast and salt. " * 8,
    "Which river does the capital of France lie on, and what is that capital city called?",
)


@pytest.mark.model
@pytest.mark.parametrize(
    ("stage", "stays"),
    [
        ("dedup { semantic(text, cosine: 0.95, using: minilm) }", [0, 1]),
        ("decontaminate(against: [exam]) { cosine(0.80, using: minilm) }", [0]),
    ],
)
def test_what_stands_beyond_the_first_256_pieces_counts(tmp_path: Path, stage: str, stays: list[int]) -> None:
    pl.DataFrame({"text": [COMMON + end for end in ENDS]}).write_ndjson(tmp_path / "tasks.jsonl")
    done = build(tmp_path, SPEC.format(stage))
    assert rows(done, "out")["text"].to_list() == [COMMON + ENDS[n] for n in stays]
    assert any(
        "texts are longer than the 256 pieces that `all-minilm-l6-v2` reads, and are compared in windows" in warning
        for warning in done.reporter.warnings
    )
