"""Nothing is published by accident: what is empty is an error with the rule that emptied it, unless it is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import tunec
from tests.building import build, rows
from tunec.dsl.source import Source
from tunec.main import app
from tunec.runtime.building.nothing_left import NothingLeft

HEAD = 'spec t(version: "0.1.0-dev")\n'
BIRDS = """source birds = rows([
    {instruction: "Name a bird of the sea.", response: "The gull."},
    {instruction: "Name a bird of the night.", response: "The owl."},
    {instruction: "说出一种会游泳的鸟。", response: "企鹅。"}
])
"""
WAITING = """source animals = rows([
    {instruction: "Tell me which animal of the sea sings for 7 hours.", response: "The whale."},
    {instruction: "Tell me which animal of the sea sings for 8 hours.", response: "The whale."},
    {instruction: "Tell me which animal of the sea sings for 9 hours.", response: "The whale."}
])
benchmark quiz = rows([{question: "Tell me which animal of the sea sings for 10 hours.", answer: "The whale."}])
"""


def refused(folder: Path, text: str) -> NothingLeft:
    with pytest.raises(NothingLeft) as caught:
        build(folder, HEAD + text)
    assert not (folder / "build").exists()
    assert not list((folder / ".tunec" / "versions").rglob("manifest.json"))
    return caught.value


def allowed(folder: Path, text: str) -> int:
    done = build(folder, HEAD.replace('"0.1.0-dev"', '"0.1.0-dev", allow_empty: true') + text)
    assert done.built is not None and done.built.published is not None
    return rows(done, "out").height


def place(text: str, error: NothingLeft) -> str:
    span = error.diagnostics[0].span
    return Source("t.tune", HEAD + text).text[span.start : span.end]


def test_a_later_data_set_keeps_rows_of_every_split(tmp_path: Path) -> None:
    cut = f"{BIRDS}dataset cut from birds {{ split {{ train: 60%, test: 40% }} }}\n"
    text = f"{cut}dataset out from cut {{ filter {{ keep words(prompt) >= 1 }}\nshuffle()\nlimit(1) }}"
    error = refused(tmp_path, text)
    assert error.diagnostics[0].message.startswith("`limit` leaves nothing of the split `t")
    assert place(text, error) == "limit(1)"
    assert allowed(tmp_path, text) == 1


def test_a_filter_that_drops_everything_names_its_rules_with_counts_and_values(tmp_path: Path) -> None:
    text = f'{BIRDS}dataset out from birds {{ filter {{ keep words(prompt) >= 2\nkeep lang(prompt) == "fr" }} }}'
    error = refused(tmp_path, text)
    said = error.diagnostics[0]
    assert said.message == "`filter` leaves nothing of `out`: all 3 rows were dropped"
    assert place(text, error) == 'keep lang(prompt) == "fr"'
    assert said.notes == ('dropped: 3 by `keep lang(prompt) == "fr"` (measured: en 2 times, zh 1 times)',)
    assert allowed(tmp_path, text) == 0


@pytest.mark.parametrize(
    ("stage", "note"),
    [
        (
            'review("look.jsonl", unreviewed: drop)',
            "3 rows wait for a decision in look.jsonl and are left out until then",
        ),
        (
            'decontaminate(against: [quiz], review: "look.jsonl") { ngram(5) }',
            "3 rows wait for a decision in look.jsonl and are left out until then",
        ),
    ],
)
def test_rows_that_all_wait_for_people_are_in_their_file_which_the_message_names(
    tmp_path: Path, stage: str, note: str
) -> None:
    text = f"{WAITING}dataset out from animals {{ {stage} }}"
    said = refused(tmp_path, text).diagnostics[0]
    assert said.help == "write a `decision` into the lines of the file, and build again"
    assert said.notes[0] == note
    file = tmp_path / "look.jsonl"
    lines = [json.loads(line) | {"decision": "keep"} for line in file.read_text("utf-8").splitlines()]
    assert len(lines) == 3
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    done = build(tmp_path, HEAD + text)
    assert rows(done, "out").height == 3


def test_a_stored_step_is_looked_at_again(tmp_path: Path) -> None:
    text = f"{BIRDS}dataset out from birds {{ filter {{ keep words(prompt) > 90 }} }}"
    refused(tmp_path, text)
    refused(tmp_path, text)
    assert allowed(tmp_path, text) == 0
    refused(tmp_path / "again", text)


def test_what_is_dropped_later_or_of_a_part_counts_too(tmp_path: Path) -> None:
    inner = f"{BIRDS}dataset inner from birds {{ filter {{ drop words(prompt) > 0 }} }}\n"
    error = refused(tmp_path / "inner", inner + "dataset out from [inner, birds] { }")
    assert "leaves nothing of `inner`" in error.diagnostics[0].message
    error = refused(
        tmp_path / "later", f"{BIRDS}dataset out from birds {{ shuffle() filter {{ drop words(prompt) > 0 }} }}"
    )
    assert error.diagnostics[0].message == "`filter` leaves nothing of `out`: all 3 rows were dropped"


def test_a_source_whose_records_were_all_set_aside(tmp_path: Path) -> None:
    tmp_path.joinpath("bad.jsonl").write_text('{"instruction": 1, "output": "One."}\n' * 2, encoding="utf-8")
    bad = 'source bad = jsonl("bad.jsonl", format: alpaca, on_error: skip)\n'
    text = f"{BIRDS}{bad}dataset out from [birds, bad] {{ }}"
    error = refused(tmp_path, text)
    assert error.diagnostics[0].message == "`bad` has no rows: all 2 records were set aside"
    assert "dropped: 2 by" in error.diagnostics[0].notes[0]
    assert allowed(tmp_path, text) == 3


def test_a_split_without_rows(tmp_path: Path) -> None:
    text = f"{BIRDS}dataset out from birds {{ split {{ train: 90%, test: 10% }} }}"
    said = refused(tmp_path, text).diagnostics[0].message
    assert said == "the split `test` of `out` has no rows; there are 3 in all"
    assert allowed(tmp_path, text) == 3
    meant = f"{BIRDS}dataset out from birds {{ split {{ train: 100%, test: 0% }} }}"
    assert build(tmp_path, HEAD + meant).built is not None


def test_a_sample_warns_only(tmp_path: Path) -> None:
    spec = tmp_path / "t.tune"
    lines = [json.dumps({"instruction": f"Name bird {n}.", "output": "A gull."}) for n in range(5)]
    (tmp_path / "birds.jsonl").write_text("\n".join(lines), encoding="utf-8")
    block = 'filter { keep contains(prompt, "4") }'
    source = 'source birds = jsonl("birds.jsonl", format: alpaca)\n'
    spec.write_text(f"{HEAD}{source}dataset out from birds {{ {block} }}", "utf-8")
    done = CliRunner().invoke(app, ["build", str(spec), "--sample", "2", "--out", str(tmp_path / "build")])
    assert done.exit_code == 0, done.output
    assert "leaves nothing of `out`: all 2 rows were dropped" in done.stderr


def test_the_command_ends_with_1_and_shows_the_rule(tmp_path: Path) -> None:
    spec = tmp_path / "t.tune"
    spec.write_text(f"{HEAD}{BIRDS}dataset out from birds {{ filter {{ keep words(prompt) > 90 }} }}", "utf-8")
    done = CliRunner().invoke(app, ["build", str(spec), "--out", str(tmp_path / "build")])
    assert done.exit_code == 1
    assert "error[T901 nothing-left]" in done.stderr and "t.tune:7:" in done.stderr
    assert "spec t(allow_empty: true)" in done.stderr
    assert "Traceback" not in done.stderr


GENERATION = """spec g(allow_empty: true)
model small = bundled("smollm2-135m-instruct")
seeds first = rows([{instruction: "Name a fish.", response: "The carp."}])
generate more from first {
    self_instruct(small, demonstrations: 1, mode: completion, max_tokens: 4)
    until(requests: 1)
}
"""


def test_a_spec_with_only_a_generation_names_the_way_to_build_it(tmp_path: Path) -> None:
    spec = tmp_path / "g.tune"
    spec.write_text(GENERATION, "utf-8")
    for command in ("build", "plan"):
        done = CliRunner().invoke(app, [command, str(spec)])
        assert done.exit_code == 1
        assert "nothing to build: declare a `dataset`; to run a generation by itself" in done.stderr
        assert f"tunec build {spec} more" in done.stderr


@pytest.mark.model
def test_a_generation_is_built_by_its_name_stored_and_not_published(tmp_path: Path, tiny_base: Path) -> None:
    spec = tmp_path / "g.tune"
    spec.write_text(GENERATION, "utf-8")
    done = CliRunner().invoke(app, ["build", str(spec), "more", "--out", str(tmp_path / "build")])
    assert done.exit_code == 0, done.output
    assert "stored and not published" in done.stdout
    assert not (tmp_path / "build").exists() and not (tmp_path / ".tunec" / "versions").exists()
    plan = CliRunner().invoke(app, ["plan", str(spec), "more"])
    assert "nothing to do: everything is stored" in plan.stdout
    made = tunec.build(spec, ["more"])
    assert (made.version, made.ran, made.cached) == (None, (), ("first", "more"))


def test_an_argument_of_the_spec_is_true_or_false(tmp_path: Path) -> None:
    done = build(tmp_path, "spec t(allow_empty: 1)\n" + BIRDS + "dataset out from birds { }")
    assert [d.message for d in done.problems] == ["`allow_empty` of `spec`: expected bool, found int"]
    done = build(
        tmp_path,
        "spec t(allow_empty: false)\n" + BIRDS + "dataset out from birds { filter { keep words(prompt) > 0 } }",
    )
    assert done.built is not None and "allow_empty" not in done.built.planning.plan.graph.spec


def test_manifest_says_that_it_was_allowed(tmp_path: Path) -> None:
    done = build(
        tmp_path,
        f"spec t(allow_empty: true)\n{BIRDS}dataset out from birds {{ shuffle() filter {{ drop words(prompt) > 0 }} }}",
    )
    assert done.built is not None and done.built.published is not None
    manifest = json.loads((done.built.published.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["spec"]["allow_empty"] is True
