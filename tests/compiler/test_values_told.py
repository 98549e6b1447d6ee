"""Values that no row can have, told before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

SPEC = """const few = ["a", "b"]
source notes = jsonl("notes.jsonl", format: {{instruction: "a", response: "b"}}, license: "MIT")
dataset all from notes {{
    dedup {{ exact(prompt) }}
    {}
}}
"""


def told(folder: Path, stage: str, state: str) -> list[str]:
    lines = [f'{{"a": "Say {n}.", "b": "Well.", "state": "{state}", "checked": {n % 2}}}\n' for n in range(9)]
    (folder / "notes.jsonl").write_text("".join(lines), encoding="utf-8")
    compiled = check_spec(folder / "a.tune", load_catalogue(), text=SPEC.format(stage))
    return [f"{d.code} {d.message}" for d in compiled.diagnostics if d.severity == "error"]


@pytest.mark.parametrize("of", ["few", '"notes"', "3", "words(prompt)", "notes.few"])
def test_repeat_takes_a_source_or_a_condition(tmp_path: Path, of: str) -> None:
    found = told(tmp_path, f"repeat({of}, 2)", "open")
    assert len(found) == 1
    assert found[0][:4] in ("T201", "T101"), found


@pytest.mark.parametrize("of", ["notes", "words(prompt) > 1", "origin == notes"])
def test_what_repeat_takes(tmp_path: Path, of: str) -> None:
    assert not told(tmp_path, f"repeat({of}, 2)", "open")


def test_a_function_without_its_brackets_is_told_as_one(tmp_path: Path) -> None:
    told(tmp_path, "shuffle()", "open")
    text = SPEC.format("filter { keep not refusal }")
    (found,) = [d for d in check_spec(tmp_path / "a.tune", load_catalogue(), text=text).diagnostics if d.code == "T101"]
    assert found.help == "it is a function: write `refusal(…)`"


def test_a_field_that_is_none_changes_no_text(tmp_path: Path) -> None:
    assert told(tmp_path, "set(respons: prompt)", "open") == ["T210 unknown field `respons`"]


def test_a_text_is_true_only_where_one_says_so(tmp_path: Path) -> None:
    assert told(tmp_path, "filter { keep meta.state == true }", "open") == [
        "T206 cannot compare text and bool with `==`"
    ]
    assert not told(tmp_path, "filter { keep meta.state == true }", "True")
    (tmp_path / "notes.jsonl").unlink()
    assert not [one for one in told(tmp_path, "filter { keep meta.other == true }", "open") if "compare" in one]


@pytest.mark.parametrize("sum_", ['prompt + "\\n" + meta.state', 'meta.state + "!"', "meta.state + prompt"])
def test_a_column_of_the_files_is_joined_to_a_text(tmp_path: Path, sum_: str) -> None:
    assert not told(tmp_path, f"set(meta.asked: {sum_})", "open")


def test_a_number_is_not_joined_to_a_text(tmp_path: Path) -> None:
    assert told(tmp_path, "set(meta.asked: prompt + meta.checked)", "open") == [
        "T206 `+`: expected a number, found text"
    ]
