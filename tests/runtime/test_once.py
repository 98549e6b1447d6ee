"""A row is one row, in however many ways it comes into a data set; and it is known by the data sets that it was in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger, rows
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.versions.promises import PromiseBroken
from tunec.runtime.versions.verify import _conservation as no_row_lost
from tunec.runtime.versions.verify import verify
from tunec.runtime.versions.why import lives

SOURCES = """spec t(version: "0.1.0-dev", seed: 3, license: "MIT")
source s = rows([
    {instruction: "Name a bird of the sea.", response: "The gull."},
    {instruction: "Name a bird of the night.", response: "The owl."},
    {instruction: "说出一种会游泳的鸟。", response: "企鹅。"},
    {instruction: "Bread?", response: "Yes."}
], license: "MIT")
source z = rows([
    {instruction: "Say one.", response: "One."},
    {instruction: "Say two.", response: "Two."},
    {instruction: "Say three.", response: "Three."}
], license: "MIT")
dataset birds from s { filter { keep contains(text, "bird") or contains(text, "鸟") } }
dataset land from s { filter { drop contains(prompt, "sea") } }
"""


def built(folder: Path, text: str) -> Result:
    done = build(folder, SOURCES + text)
    assert done.built is not None and done.built.published is not None, done.problems
    assert not [p for check in verify(done.built.published.out) for p in check.problems]
    return done


def answers(done: Result) -> list[Any]:
    return rows(done, "out")["response"].to_list()


def test_a_row_that_comes_in_two_ways_is_published_once(tmp_path: Path) -> None:
    done = built(tmp_path, 'dataset out from [birds, land] { filter { drop contains(response, "owl") } }')
    assert answers(done) == ["The gull.", "企鹅。", "Yes."]
    assert any("2 rows come in several ways, and are there once" in w for w in done.reporter.warnings)
    book = ledger(done, "out")
    assert book.select("position", "verdict").rows() == [(0, "kept"), (1, "dropped"), (2, "kept"), (3, "kept")]
    assert done.built is not None and done.built.published is not None
    gull = book.filter(position=0)["id"].item()
    found = lives(done.built.published.out, gull)
    assert [life.verdict for life in found if life.dataset == "out"] == ["kept"]
    manifest = json.loads((done.built.published.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["targets"]["out"]["entered"] == 4


def test_a_row_that_is_dropped_in_both_ways_is_in_the_ledger_once(tmp_path: Path) -> None:
    other = 'dataset sea from s { filter { keep contains(prompt, "sea") } }\n'
    book = ledger(built(tmp_path, f"{other}dataset out from [sea, birds] {{ }}"), "out")
    assert book.select("position", "verdict").rows() == [(0, "kept"), (1, "kept"), (2, "kept"), (3, "dropped")]


def test_a_row_that_is_dropped_in_both_ways_is_told_of_where_it_came_farthest(tmp_path: Path) -> None:
    """A row that a sample left out, and that came by itself, was dropped by the filter below."""
    body = 'filter { keep contains(prompt, "sea") }'
    book = ledger(built(tmp_path, f"source few = sample(s, 1)\ndataset out from [few, s] {{ {body} }}"), "out")
    gone = book.filter(verdict="dropped")
    assert gone.height and set(gone["rule"]) == {'keep contains(prompt, "sea")'}


def test_splits_of_a_data_set_are_put_together_again(tmp_path: Path) -> None:
    parts = "dataset cut from s { split { train: 50%, test: 50% } }\n"
    done = built(tmp_path, f"{parts}dataset out from [cut.train, cut.test] {{ }}")
    assert sorted(rows(done, "out")["position"].to_list()) == [0, 1, 2, 3]
    assert set(ledger(done, "out")["verdict"].to_list()) == {"kept"}


def test_rows_without_a_split_are_training_rows_among_rows_with_splits(tmp_path: Path) -> None:
    """What is held out stays held out, whichever way is named first."""
    parts = "dataset cut from s { split { train: 50%, test: 50% } }\n"
    out = "dataset out from [s, z, cut] { check count(test) == 2 }\ndataset held from out.test { }"
    done = built(tmp_path, f"{parts}{out}")
    assert rows(done, "held").height == 2
    assert done.built is not None and done.built.published is not None
    files = (done.built.published.out / "datasets" / "out").glob("*.parquet")
    assert {p.stem.split("-")[0]: pl.read_parquet(p).height for p in files} == {"train": 5, "test": 2}
    held_out = (ledger(done, name).filter(split="test")["id"].to_list() for name in ("cut", "out"))
    assert len({tuple(ids) for ids in held_out}) == 1
    assert any("rows of `s`, `z` are in no split; here they are in `train`" in w for w in done.reporter.warnings)


def test_what_is_held_out_of_one_of_several_is_not_trained_on(tmp_path: Path) -> None:
    (tmp_path / "t.tune").write_text(f"""{SOURCES}
model base = bundled("smollm2-135m-instruct")
dataset cut from s {{ split {{ train: 50%, test: 50% }} }}
dataset out from [cut, z] {{ }}
train tuned from base on out {{ lora()  sft() }}
""", encoding="utf-8")  # fmt: skip
    graph = compile_spec(tmp_path / "t.tune", load_catalogue()).graph
    assert graph is not None
    trained_on = graph.node(graph.node(graph.targets["tuned"].node).inputs[1])
    assert (trained_on.op, trained_on.params) == ("part", {"split": "train"})


def test_rows_that_are_the_same_in_two_splits_are_not_published(tmp_path: Path) -> None:
    one = "dataset one from s { split { train: 50%, test: 50% } }\n"
    two = 'dataset two from s { set(response: "Yes!") }\n'
    with pytest.raises(PromiseBroken, match="`out`: 2 with the same id in two splits"):
        build(tmp_path, f"{SOURCES}{one}{two}dataset out from [one, two] {{ }}")


def test_a_row_with_another_text_is_another_row(tmp_path: Path) -> None:
    loud = 'dataset loud from s { set(response: "Yes!") }\n'
    done = built(tmp_path, f"{loud}dataset out from [s, loud] {{ }}")
    assert rows(done, "out").height == 8


def test_a_row_that_is_published_less_often_than_kept_is_lost(tmp_path: Path) -> None:
    """Rows of one record with two texts have one id."""
    done = built(tmp_path, 'dataset loud from s { set(response: "Yes!") }\ndataset out from [s, loud] { }')
    assert done.built is not None and done.built.published is not None
    file = done.built.published.out / "datasets" / "out" / "train-00000.parquet"
    pl.read_parquet(file).unique("id", maintain_order=True).write_parquet(file)
    manifest = json.loads((done.built.published.out / "manifest.json").read_text(encoding="utf-8"))
    lost = list(no_row_lost(done.built.published.out, manifest).problems)
    assert lost == ["out: the published rows are not those that the ledger calls kept"]


def test_what_was_repeated_stays_repeated(tmp_path: Path) -> None:
    twice = "dataset twice from s { repeat(s, 2) }\n"
    done = built(tmp_path, f"{twice}dataset out from [s, twice] {{ }}")
    assert sorted(rows(done, "out")["position"].to_list()) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        ("filter { keep origin == birds }", ["The gull.", "The owl.", "企鹅。"]),
        ("filter { keep origin == land }", ["The owl.", "企鹅。", "Yes."]),
        ("filter { drop origin in [birds, z] }", ["Yes."]),
        ("filter { keep origin == s }", ["The gull.", "The owl.", "企鹅。", "Yes."]),
    ],
)
def test_origin_is_compared_with_data_sets(tmp_path: Path, block: str, kept: list[str]) -> None:
    done = built(tmp_path, f"dataset out from [birds, land, z] {{ {block} }}")
    assert answers(done) == kept


def test_data_sets_are_mixed_and_repeated_and_counted(tmp_path: Path) -> None:
    done = built(tmp_path, "dataset out from [birds, z] { mix { birds: 75%, z: 25% } }")
    assert sorted(rows(done, "out")["origin"].value_counts()["count"].to_list()) == [1, 3]
    done = built(tmp_path, "dataset out from [birds, z] { repeat(birds, 3)\ncheck count(origin == birds) == 9 }")
    assert rows(done, "out").height == 12
    empty = (
        SOURCES.replace("spec t(", "spec t(allow_empty: true, ")
        + "dataset nobody from s { filter { drop words(text) > 0 } }\n"
    )
    with pytest.raises(Exception, match="mix: no rows of `nobody`"):
        build(tmp_path, empty + "dataset out from [nobody, z] { mix { nobody: 50%, z: 50% } }")


def test_a_part_of_a_source_is_known_by_its_name(tmp_path: Path) -> None:
    done = built(tmp_path, "source some = sample(s, 2)\ndataset out from [s, z] { filter { keep origin == some } }")
    assert rows(done, "out").height == 2
