"""Configurations of other tools become specs; what these do not carry is told with its location."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.characters import ANY
from tests.cli.from_yaml.conftest import left
from tunec.compiler.lint.check import check_spec
from tunec.dsl.parser import parse
from tunec.dsl.source import Source
from tunec.from_yaml import Begun, NotUnderstood, spec_from_yaml
from tunec.main import app
from tunec.runtime.catalogue import load_catalogue

NASTY = 'a"b\\c\n}\n# {{ x }} \t\u2028 \u0001 \U0001f600 数据.jsonl'


def start(folder: Path, text: str, name: str = "conf.yml") -> Begun:
    (folder / name).write_text(text, encoding="utf-8")
    return spec_from_yaml(folder / name, load_catalogue())


def test_the_command_prints_the_spec_and_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "conf.yml").write_text(
        "datasets:\n- path: a.jsonl\n  type: completion\n  shards: 3\n", encoding="utf-8"
    )
    done = CliRunner().invoke(app, ["lint", "--from-yaml", str(tmp_path / "conf.yml")])
    assert done.exit_code == 0
    assert (
        done.stderr
        == "conf.yml:4: datasets[0].shards: not carried: a source reads all of its rows, or the first with `limit`\n"
    )
    assert 'source a = jsonl("a.jsonl", format: text)' in done.stdout


def test_it_is_formatted(tmp_path: Path) -> None:
    from tunec.dsl.format import format_text

    text = start(tmp_path, "datasets: [{path: a.jsonl, type: oasst}]\nbase_model: x\n").text
    assert format_text(Source("x", text)) == text


@pytest.mark.parametrize("form", ["axolotl", "llamafactory", "trl", "unsloth"])
def test_values_are_data_and_never_text_of_the_spec(tmp_path: Path, form: str) -> None:
    told = {NASTY: NASTY}
    conf = {
        "axolotl": {
            "base_model": NASTY, **told,
            "datasets": [
                {"path": NASTY, "type": {"field_instruction": NASTY, "field_output": NASTY, "format": NASTY, **told}},
                {"path": "json", "data_files": NASTY, "type": NASTY, "split": NASTY, "name": NASTY, "revision": NASTY},
                {"path": "o/n", "type": "chat_template", "roles": {NASTY: [NASTY]}, "name": NASTY, "revision": NASTY},
            ],
        },
        "llamafactory": {NASTY: {"file_name": NASTY, "columns": {"prompt": NASTY, "response": NASTY, **told}, **told}},
        "trl": {"dataset_name": NASTY, "dataset_text_field": NASTY, "model_name_or_path": NASTY, **told},
        "unsloth": {"data": {"local_dataset": [NASTY], "format_type": NASTY, **told}, "model": NASTY, **told},
    }[form]  # fmt: skip
    begun = start(tmp_path, json.dumps(conf), "conf.json")
    (tmp_path / "spec.tune").write_text(begun.text, encoding="utf-8")
    compiled = check_spec(tmp_path / "spec.tune", load_catalogue())
    found = [d for d in compiled.diagnostics if d.code.startswith(("T0", "T1", "T2"))]
    # Names in two braces are constants in the path of a spec, which has no other way to write them.
    found = [d for d in found if (d.code, d.message) != ("T101", "unknown name `x`")]
    assert not found, (found, begun.text)
    from tunec.dsl.print import print_text

    assert print_text(NASTY) in begun.text
    assert all(len(str(said).splitlines()) == 1 for said in begun.left) and left(begun)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(ANY), st.text(ANY, min_size=1), st.text(ANY, min_size=1))
def test_any_text_is_a_path_a_column_or_a_key(tmp_path: Path, path: str, column: str, key: str) -> None:
    conf = {"datasets": [{"path": f"{path}.jsonl", "type": {"field_instruction": column}}], f"_{key}": 1}
    try:
        begun = start(tmp_path, json.dumps(conf), "conf.json")
    except NotUnderstood as error:  # what YAML cannot hold
        assert "half a character" in str(error) or "not valid YAML" in str(error)
        return
    _, problems = parse(Source("spec.tune", begun.text))
    assert not problems, begun.text
    assert sum(said.key.startswith(("_", "'_", '"_')) for said in begun.left) == 1


NAMES = """
datasets:
  - {path: data.jsonl, type: oasst}
  - {path: train.jsonl, type: oasst}
  - {path: text.csv, type: oasst}
  - {path: 数据/问答.jsonl, type: {field_instruction: 问, field_output: 答}}
  - {path: base.jsonl, type: oasst}
  - {path: 1.jsonl, type: oasst}
  - {path: a/x.jsonl, type: oasst}
  - {path: b/x.jsonl, type: oasst}
  - {path: c/x_2.jsonl, type: oasst}
"""


def test_names(tmp_path: Path) -> None:
    text = start(tmp_path, NAMES, "train.yml").text
    for name in ("s_data", "s_train", "s_text", "s_base", "s_1", "x", "x_2", "x_3", "问答"):
        assert f"source {name} = " in text
    assert '{instruction: "问", response: "答"}' in text
    (tmp_path / "out.tune").write_text(text, encoding="utf-8")
    assert {d.code for d in check_spec(tmp_path / "out.tune", load_catalogue()).diagnostics} <= {"T309", "T332", "T503"}


def test_nothing_held_out_is_said(tmp_path: Path) -> None:
    text = start(tmp_path, "datasets: [{path: a.jsonl, type: oasst}]").text
    assert "split {" not in text.replace("`split {", "") and "# The configuration holds no rows out" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "is not a mapping"),
        ("", "is not a mapping"),
        ("a: 1\n", "is not a configuration that is known here"),
        ("a: [", "is not valid YAML"),
        ("a: &x [*x]\ndatasets: []", "conf.yml:1: `a.0.` contains itself"),
        ("datasets: []\n", "names no data set"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ('{"datasets": [{"path": "\\ud83d.jsonl"}]}', "half a character"),
    ],
)
def test_what_is_no_configuration_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        start(tmp_path, text)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "conf.yml").write_bytes("datasets: [{path: 问答.jsonl}]\n".encode("gbk"))
    with pytest.raises(NotUnderstood, match="is not valid UTF-8 at byte 18"):
        spec_from_yaml(tmp_path / "conf.yml", load_catalogue())


def test_merged_and_doubled_keys(tmp_path: Path) -> None:
    begun = start(
        tmp_path,
        "shared: &shared {type: oasst, split: dev}\n"
        "datasets:\n"
        "  - {<<: *shared, path: org/a, split: train}\n"
        "seed: 1\n"
        "seed: 2\n",
    )
    assert 'hub("org/a", split: "train", format: {instruction: "INSTRUCTION"' in " ".join(begun.text.split()).replace(
        "( ", "("
    )
    assert left(begun)["seed"] == "not carried: given again in line 5" and "seed: 2" in begun.text
    assert set(left(begun)) == {"seed", "shared", "datasets[0].type"}
