"""A path starts in the folder of the file that states it, for every operator that takes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.building import build, rows
from tunec.compiler.elaborate.builder import Value
from tunec.compiler.elaborate.paths import anchored
from tunec.compiler.pipeline import compile_spec
from tunec.compiler.types import PATH, TEXT, Type
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources.outside import Outside

MAIN = 'spec a(version: "1.0.0")\nimport "parts/common.tune" as common\n'
SOURCE = 'source tasks = jsonl("data/tasks.jsonl", format: alpaca)\n'


def written(folder: Path, main: str, common: str) -> Path:
    """A spec in a folder that imports `parts/common.tune`."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "parts" / "common.tune").write_text(common, encoding="utf-8")
    (folder / "a.tune").write_text(main, encoding="utf-8")
    return folder / "a.tune"


def arguments(folder: Path, main: str, common: str, op: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The arguments of the node of an operator."""
    compiled = compile_spec(written(folder, main, common), load_catalogue(), params)
    assert compiled.graph is not None, compiled.diagnostics
    return dict(next(n for n in compiled.graph.nodes if n.op == op).params)


@pytest.mark.parametrize(
    "stated, seen",
    [
        ("data/tasks.jsonl", "parts/data/tasks.jsonl"),
        ("../shared/*.jsonl", "shared/*.jsonl"),
        ("/data/tasks.jsonl", "/data/tasks.jsonl"),
        ("s3://bucket/tasks.jsonl", "s3://bucket/tasks.jsonl"),
    ],
)
def test_sources(tmp_path: Path, stated: str, seen: str) -> None:
    common = SOURCE.replace("data/tasks.jsonl", stated)
    assert arguments(tmp_path, MAIN + "dataset d from common.tasks {}", common, "connectors.jsonl")["path"] == seen


def test_files_of_decisions(tmp_path: Path) -> None:
    common = SOURCE + 'dataset read from tasks { review("decided/r.jsonl") }\n'
    main = MAIN + 'dataset d from common.read { review("r.jsonl") }'
    compiled = compile_spec(written(tmp_path, main, common), load_catalogue())
    assert compiled.graph is not None
    found = {n.params["path"] for n in compiled.graph.nodes if n.op == "stages.review"}
    assert found == {"parts/decided/r.jsonl", "r.jsonl"}


def test_decisions_on_contamination(tmp_path: Path) -> None:
    benchmark = 'benchmark quiz = jsonl("quiz.jsonl", format: {question: "q", answer: "a"})\n'
    stage = 'dataset clean from tasks { decontaminate(against: [quiz], review: "gray.jsonl") { exact() } }\n'
    main = MAIN + "dataset d from common.clean {}"
    found = arguments(tmp_path, main, SOURCE + benchmark + stage, "stages.decontaminate")
    assert found["review"] == "parts/gray.jsonl"


def test_models(tmp_path: Path) -> None:
    common = SOURCE + 'embedder own = local("models/mini")\n'
    main = MAIN + "dataset d from common.tasks { dedup { semantic(prompt, cosine: 0.9, using: common.own) } }"
    assert arguments(tmp_path, main, common, "embedders.local")["path"] == "parts/models/mini"
    compiled = compile_spec(tmp_path / "a.tune", load_catalogue())
    assert compiled.graph is not None
    outside = Outside(compiled.graph, load_catalogue(), tmp_path)
    outside.facts(next(n for n in compiled.graph.nodes if n.op == "embedders.local"))
    assert [p.message for _, p in outside.problems] == ["`mini` is not a sentence embedder: it has no modules.json"]
    model = tmp_path / "parts" / "models" / "mini"
    model.mkdir(parents=True)
    (model / "modules.json").write_text("[]")
    outside.problems.clear()
    outside.facts(next(n for n in compiled.graph.nodes if n.op == "embedders.local"))
    assert [p.message for _, p in outside.problems] == ["`mini` holds no weights in safetensors files"]


@pytest.mark.parametrize("kind", ["const", "param"])
def test_a_constant_starts_where_it_is_stated(tmp_path: Path, kind: str) -> None:
    stated = f'{kind} file{": path" if kind == "param" else ""} = "tasks.jsonl"\n'
    source = "source tasks = jsonl(common.file, format: alpaca)\n"
    found = arguments(tmp_path, MAIN + source + "dataset d from tasks {}", stated, "connectors.jsonl")
    assert found["path"] == "parts/tasks.jsonl"


def test_what_the_command_line_sets_starts_at_the_main_file(tmp_path: Path) -> None:
    common = 'param file: path = "tasks.jsonl"\nsource tasks = jsonl(file, format: alpaca)\n'
    main = MAIN + "dataset d from common.tasks {}"
    set_ = {"common.file": "else.jsonl"}
    assert arguments(tmp_path, main, common, "connectors.jsonl", set_)["path"] == "else.jsonl"
    assert arguments(tmp_path, main, common, "connectors.jsonl")["path"] == "parts/tasks.jsonl"


def test_lists_of_paths() -> None:
    several = Type("list", PATH)
    given = Value(Type("list", TEXT), ("a.jsonl", "../b.jsonl", "/c.jsonl"))
    assert anchored(given, several, "parts").lowered == ("parts/a.jsonl", "b.jsonl", "/c.jsonl")
    assert anchored(anchored(given, several, "parts"), several, "parts") == anchored(given, several, "parts")
    assert anchored(given, Type("list", TEXT), "parts") == given


def test_decisions_of_an_imported_file_are_applied(tmp_path: Path) -> None:
    """Written, hashed and read in one place: beside the file that states it."""
    lines = [{"instruction": text, "output": "ok"} for text in ("写一首诗", "Say hello")]
    (tmp_path / "parts" / "data").mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "parts" / "data" / "tasks.jsonl").write_text(text, encoding="utf-8")
    common = SOURCE + 'dataset read from tasks { review("decided/r.jsonl") }\n'
    main = MAIN.replace(" as common", "").replace("1.0.0", "1.0.0-dev") + "dataset d from read {}"
    written(tmp_path, main, common)
    assert build(tmp_path, main, name="a.tune").problems == ()
    decided = tmp_path / "parts" / "decided" / "r.jsonl"
    waiting = [json.loads(line) for line in decided.read_text(encoding="utf-8").splitlines()]
    waiting[0]["decision"] = "drop"
    decided.write_text("".join(json.dumps(line) + "\n" for line in waiting), encoding="utf-8")
    again = build(tmp_path, main, name="a.tune")
    assert len(rows(again, "d")) == 1
    assert not (tmp_path / "decided").exists()


def test_a_list_of_paths_is_read_in_its_order_each_file_once(tmp_path: Path) -> None:
    for name in "abc":
        record = {"instruction": f"Say {name}.", "output": name}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    text = """
param folder: path = "."
const two = ["c.jsonl", "{{ folder }}/a.jsonl"]
source listed = jsonl(["c.jsonl", "{{ folder }}/a.jsonl", "*.jsonl"], format: alpaca)
source one = jsonl(["b.jsonl"], format: alpaca)
source plain = jsonl("b.jsonl", format: alpaca)
dataset d from listed { shuffle() }
dataset e from one { shuffle() }
dataset f from plain { shuffle() }
"""
    graph = compile_spec(tmp_path / "a.tune", load_catalogue(), text=text).graph
    assert graph is not None
    nodes = [node for node in graph.nodes if node.op == "connectors.jsonl"]
    assert {node.paths for node in nodes} == {("c.jsonl", "a.jsonl", "*.jsonl"), ("b.jsonl",)}
    outside = Outside(graph, load_catalogue(), tmp_path)
    listed = next(node for node in nodes if len(node.paths) == 3)
    facts = outside.facts(listed)
    files = outside.files(listed, facts)
    assert [Path(file).name for file in files] == ["c.jsonl", "a.jsonl", "b.jsonl"]
    assert outside.names(listed, files) == ("c.jsonl", "a.jsonl", "b.jsonl")
    assert len(facts["files"]) == 3  # type: ignore[arg-type]
    assert not outside.problems


def test_a_raw_path_is_taken_as_it_stands(tmp_path: Path) -> None:
    """Braces in the name of a file are no constant behind an `r`, although one has their name."""
    common = 'const name = "b"\n' + SOURCE.replace('"data/tasks.jsonl"', 'r"data/{{ name }}.jsonl"')
    seen = arguments(tmp_path, MAIN + "dataset d from common.tasks {}", common, "connectors.jsonl")["path"]
    assert seen == "parts/data/{{ name }}.jsonl"
    filled = common.replace('r"', '"')
    seen = arguments(tmp_path, MAIN + "dataset d from common.tasks {}", filled, "connectors.jsonl")["path"]
    assert seen == "parts/data/b.jsonl"
