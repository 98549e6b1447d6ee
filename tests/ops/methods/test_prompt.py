"""`prompt`: whatever the spec asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build, rows
from tests.generating import answer, with_the_bundled_model, work
from tests.serving import serving
from tunec.compiler.lint.check import check_spec
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.ops.methods.prompt import prompt
from tunec.runtime.versions.making import Talk
from tunec.runtime.versions.why import lives

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1")


def seeds(instruction: str = "Name a {tree}.") -> pl.DataFrame:
    table = {"instruction": [instruction], "input": [None], "response": ["Oak."], "system": [""], "meta.topic": ["树"]}
    return pl.DataFrame({"id": ["r0"], **table}, schema_overrides={"input": pl.String})


def test_fields_are_filled_in_and_the_answer_is_the_response() -> None:
    text = "On {{topic}} {x}: {{ instruction }}{{ input }}"
    made = work(prompt(MODEL, text, system="Be brief.", samples=2), seeds(), ["An oak.", " "])
    system, user = made.asks[0].requests[0].prompt
    assert (system.content, user.content) == ("Be brief.", "On 树 {x}: Name a {tree}.")
    (row,) = made.rows
    assert row.fields == {"instruction": "Name a {tree}.", "input": "", "response": "An oak.", "system": ""}
    assert [r.sample for r in made.asks[0].requests] == [0, 1] and made.rejected[0].value == "empty"


def test_output_is_checked_json() -> None:
    method = prompt(MODEL, "{{ instruction }}", output={"instruction": "text", "response": "text", "score": "int"})
    made = work(method, seeds(), ['```json\n{"instruction": "问", "response": " 答 ", "score": 3}\n```'])
    assert json.loads(made.asks[0].requests[0].schema)["properties"]["score"] == {"type": "integer"}
    assert made.rows[0].fields == {"instruction": "问", "input": "", "response": "答", "system": ""}
    for said in ('{"instruction": "a", "response": "b"}', '{"instruction": 1, "response": "b", "score": 1}', "no"):
        assert work(method, seeds(), [said]).rejected[0].rule == "output as JSON"


@pytest.mark.parametrize("name", ["instruction", "response"])
def test_an_output_that_says_nothing_is_no_row(name: str) -> None:
    method = prompt(MODEL, "{{ instruction }}", output={"instruction": "text", "input": "text", "response": "text"})
    said = {"instruction": "Ask.", "input": "", "response": "Yes."}
    assert work(method, seeds(), [json.dumps(said)]).rows[0].fields["input"] == ""
    (rejected,) = work(method, seeds(), [json.dumps({**said, name: " "})]).rejected
    assert (rejected.rule, rejected.value) == ("answer", f"an empty `{name}`")


def test_answers_that_are_no_rows() -> None:
    method = prompt(MODEL, "{{ instruction }}")
    assert work(method, seeds(), [answer("An", "length")]).rejected[0].rule == "complete"
    assert work(method, seeds(), [answer("", "failed", reason="no")]).rejected[0].value == "no"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output": {"response": "txt"}}, "response: txt"),
        ({"output": {"score": "int"}}, "none of the fields"),
        ({"samples": 0}, "samples"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        prompt(MODEL, "a", **settings)


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(OperatorError, match="no `topc`; they have instruction, input, response, system"):
        work(prompt(MODEL, "{{ topc }}"), seeds(), [])


def test_a_build(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("Some text.", encoding="utf-8")
    with serving(say=lambda body: '{"instruction": "Q", "response": "A"}') as served:
        text = f"""
spec s(version: "1.0.0-dev")
source d = text("d.txt")
model teacher = openai("m", base_url: "{served.url}")
generate asked from d {{ prompt(teacher, "About: {{{{ text }}}}", output: {{instruction: "text", response: "text"}}) }}
dataset out from asked {{ }}
"""
        built = build(tmp_path, text)
    assert rows(built, "out")["response"].to_list() == ["A"]
    (life,) = lives(built.built.published.out, "A", steps=tmp_path / ".tunec" / "steps")  # type: ignore[union-attr]
    assert [text for _, text in life.made.parents] == ["Some text."]
    asked = '[{"role": "user", "content": "About: Some text."}]'
    assert life.made.asked == (Talk("m", asked, '{"instruction": "Q", "response": "A"}', ""),)
    assert served.bodies[0]["messages"] == [{"role": "user", "content": "About: Some text."}]


@pytest.mark.parametrize("name", ["meta.topic", "topic"])
def test_another_column_of_the_seeds(tmp_path: Path, name: str) -> None:
    (tmp_path / "q.jsonl").write_text('{"instruction": "Tell.", "output": "-", "topic": "trees"}\n', encoding="utf-8")
    with serving() as served:
        text = f"""
spec s(version: "1.0.0-dev")
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}")
generate told from q {{ prompt(teacher, "Of {{{{ {name} }}}}: {{{{ instruction }}}}") }}
dataset out from told {{ }}
"""
        build(tmp_path, text)
    assert served.bodies[0]["messages"] == [{"role": "user", "content": "Of trees: Tell."}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("instrction", "unknown column `instrction`"),
        ("response.text", "unknown column `response.text`"),
        ("prompt", "unknown column `prompt`"),
        ("topc", "unknown column `topc`"),
    ],
)
def test_a_column_that_is_not_there_is_told_by_lint(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "q.jsonl").write_text('{"instruction": "Tell.", "output": "-", "topic": "trees"}\n', encoding="utf-8")
    text = f"""
source q = jsonl("q.jsonl", format: alpaca, license: "MIT")
model teacher = openai("m", base_url: "http://localhost:1/v1")
generate told from q {{ prompt(teacher, text: "Of {{{{ {name} }}}}") }}
dataset out from told {{ let x = words(prompt) }}
"""
    found = check_spec(tmp_path / "t.tune", load_catalogue(), text=text).diagnostics
    assert [(d.code, d.message) for d in found if d.severity == "error"] == [("T101", message)]


def test_another_column_that_no_row_has(tmp_path: Path) -> None:
    text = """
source q = rows([{instruction: "Tell.", response: "-", topic: "trees"}], license: "MIT")
model teacher = openai("m", base_url: "http://localhost:1/v1")
generate told from q { prompt(teacher, "{{ meta.topc }} {{ meta.topic }}") }
dataset out from told { let x = words(prompt) }
"""
    found = check_spec(tmp_path / "t.tune", load_catalogue(), text=text).diagnostics
    assert [d.message for d in found if d.code == "T317"] == ["no row that `told` starts from has a column `topc`"]


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, 'prompt(base, "{{ instruction }}")')
