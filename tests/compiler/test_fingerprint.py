"""What must change a fingerprint, and what must not (`docs/semantics.md`, identity and recordings)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.compiler.pipeline import compile_spec
from tunec.compiler.planning.fingerprint import fingerprints, ingredients
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources.outside import Outside

SPEC = """
spec a(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
dataset out from tasks {
    filter {
        keep words(prompt) in 2..50
        drop refusal(response) as refusals
    }
    select(2, by: random())
}
"""
DATA = '{"instruction": "Name a colour.", "output": "Red."}\n{"instruction": "Name a fruit.", "output": "Pear."}\n'


def print_of(folder: Path, text: str, data: str = DATA, file: str = "tasks.jsonl", target: str = "out") -> str:
    """The fingerprint of the target of a spec in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(data)
    spec = folder / "a.tune"
    spec.write_text(text)
    compiled = compile_spec(spec, load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    outside = Outside(compiled.graph, load_catalogue(), folder)
    prints = fingerprints(ingredients(compiled.graph, load_catalogue(), outside.facts))
    assert not outside.problems
    return prints[compiled.graph.targets[target].node]


SAME: dict[str, Callable[[str], str]] = {
    "comment": lambda t: "# a remark\n" + t.replace("filter {", "filter {  # rules"),
    "layout": lambda t: " ".join(t.split()),
    "order of rules": lambda t: t.replace("        keep words(prompt) in 2..50\n", "").replace(
        "as refusals\n", "as refusals\n        keep words(prompt) in 2..50\n"
    ),
    "name of a rule": lambda t: t.replace("as refusals", "as sorry"),
    "name of a source": lambda t: t.replace("tasks =", "things =").replace("from tasks", "from things"),
    "licence": lambda t: t.replace('"MIT"', '"Apache-2.0"'),
    "version": lambda t: t.replace("1.0.0", "2.0.0"),
    "name of the spec": lambda t: t.replace("spec a(", "spec b("),
    "default written out": lambda t: t.replace("by: random()", "by: random(), exactly: false"),
    "doc comment": lambda t: t.replace("dataset out", "## What comes out.\ndataset out"),
}
OTHER: dict[str, Callable[[str], str]] = {
    "threshold": lambda t: t.replace("2..50", "2..51"),
    "another rule": lambda t: t.replace("refusal(response)", "refusal(prompt)"),
    "seed": lambda t: t.replace("seed: 1", "seed: 2"),
    "operator": lambda t: t.replace("select(2, by: random())", "limit(2)"),
    "limit": lambda t: t.replace("format: alpaca", "format: alpaca, limit: 1"),
}


@pytest.mark.parametrize("change", SAME)
def test_what_means_the_same_has_the_same_fingerprint(tmp_path: Path, change: str) -> None:
    changed = SAME[change](SPEC)
    assert changed != SPEC
    assert print_of(tmp_path / "a", SPEC) == print_of(tmp_path / "b", changed)


@pytest.mark.parametrize("change", OTHER)
def test_what_means_something_else_has_another(tmp_path: Path, change: str) -> None:
    changed = OTHER[change](SPEC)
    assert changed != SPEC
    assert print_of(tmp_path / "a", SPEC) != print_of(tmp_path / "b", changed)


def test_names_and_places_of_files_do_not_count(tmp_path: Path) -> None:
    moved = SPEC.replace("tasks.jsonl", "things.jsonl")
    assert print_of(tmp_path / "a", SPEC) == print_of(tmp_path / "deep" / "b", moved, file="things.jsonl")


def test_bytes_of_files_do(tmp_path: Path) -> None:
    assert print_of(tmp_path / "a", SPEC) != print_of(tmp_path / "b", SPEC, DATA.replace("Red", "Blue"))


def test_the_seed_counts_only_where_something_is_random(tmp_path: Path) -> None:
    plain = SPEC.replace("    select(2, by: random())\n", "")
    assert print_of(tmp_path / "a", plain) == print_of(tmp_path / "b", plain.replace("seed: 1", "seed: 2"))


def test_operator_version_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tunec.compiler.catalogue import Catalogue

    before = print_of(tmp_path / "a", SPEC)
    real = load_catalogue()
    words = real.at("functions.words")
    newer = Catalogue({**real.operators, ("functions", "words"): replace(words, version=words.version + 1)})
    monkeypatch.setitem(globals(), "load_catalogue", lambda: newer)
    assert print_of(tmp_path / "a", SPEC) != before
