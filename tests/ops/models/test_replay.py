"""Recordings: what a model behind a server answered is enough to build the same again, anywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.building import Result, build, rows
from tests.needs import needs
from tests.serving import last, serving
from tunec.main import app
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.ops.models.replay import replay

needs("aiohttp")

SPEC = """
spec s(version: "1.0.0", seed: 3)
source q = jsonl("q.jsonl", format: alpaca, license: "MIT")
model teacher = {model}
generate answered from q {{ respond(teacher, samples: 2) }}
dataset out from answered {{ let quality = judge(teacher, rubric: "rate", scale: 1..5) }}
"""


def questions(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    lines = (json.dumps({"instruction": f"Question {n}：什么是 {n}？", "output": "-"}) + "\n" for n in range(count))
    (folder / "q.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module", params=["answers.jsonl", "answers.jsonl.zst"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A recording of eight questions, and the build that made it."""
    folder = tmp_path_factory.mktemp("recorded")
    questions(folder, 8)
    with serving(say=lambda body: "4" if "rate" in last(body) else "An answer to: " + last(body)) as served:
        model = f'openai("m", base_url: "{served.url}", temperature: 0.3, max_tokens: 50)'
        first = build(folder, SPEC.format(model=model))
    assert first.built is not None, first.problems
    file = folder / request.param
    said = CliRunner().invoke(
        app, ["recording", str(folder / "t.tune"), "teacher", "--out", str(file)], standalone_mode=False
    )
    assert said.return_value == 0 and f"24 answers of teacher in {file}" in said.output.replace("\n", ""), said.output
    return file, first


def replayed(folder: Path, file: Path, count: int = 8) -> Result:
    questions(folder, count)
    shutil.copy(file, folder)
    return build(folder, SPEC.format(model=f'replay("{file.name}")'))


def test_the_same_rows_without_the_model(recorded: tuple[Path, Result], tmp_path: Path) -> None:
    file, first = recorded
    one = replayed(tmp_path / "one", file)
    replayed(tmp_path / "two", file)
    columns = ["id", "instruction", "response", "quality"]
    assert rows(one, "out").select(columns).equals(rows(first, "out").select(columns))
    for part in ("datasets/out/train-00000.parquet", "ledger/out.parquet"):
        assert len({(tmp_path / n / "build" / "s" / part).read_bytes() for n in ("one", "two")}) == 1


def test_a_request_that_is_not_recorded_names_the_row(recorded: tuple[Path, Result], tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as failed:
        replayed(tmp_path, recorded[0], 9)
    said = str(failed.value)
    assert f"{recorded[0].name} holds no answer of `m` to this request: 'Question 8：什么是 8？'" in said
    assert "number 8 of its source" in said


def test_another_sampling_is_another_request(recorded: tuple[Path, Result], tmp_path: Path) -> None:
    questions(tmp_path, 1)
    shutil.copy(recorded[0], tmp_path)
    text = SPEC.format(model=f'replay("{recorded[0].name}")').replace("samples: 2", "samples: 2, temperature: 1")
    with pytest.raises(StepFailed, match="holds no answer"):
        build(tmp_path, text)


@pytest.mark.parametrize("content", ["", "{}\n", '{"tunec_recording": 99}\n', "not JSON\n"])
def test_what_is_no_recording(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(content)
    with pytest.raises(OperatorError, match=r"a\.jsonl is not a recording"):
        replay(str(file))
    with pytest.raises(OperatorError, match="cannot be read"):
        replay(str(tmp_path / "b.jsonl"))


def test_only_answers_of_servers_are_written(tmp_path: Path) -> None:
    questions(tmp_path, 1)
    (tmp_path / "t.tune").write_text(SPEC.format(model='openai("m", base_url: "http://127.0.0.1:9/v1")'))

    def run(model: str) -> str:
        arguments = ["recording", str(tmp_path / "t.tune"), model, "--out", str(tmp_path / "a.jsonl")]
        result = CliRunner().invoke(app, arguments, standalone_mode=False)
        return result.stderr + str(result.exception or "")

    assert "no answers of `teacher` are recorded here" in run("teacher")
    assert "unknown model `q`; available: teacher" in run("q")
