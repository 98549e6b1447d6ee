"""What is said of a merge before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.catalogue import load_catalogue

HEAD = """\
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: choice)
model base = bundled("smollm2-135m-instruct")
model teacher = openai("x", base_url: "http://localhost:1/v1")
dataset clean from tasks { decontaminate(against: quiz) { exact() cosine(0.8, using: mini) } }
embedder mini = bundled("all-minilm-l6-v2")
train a from base on clean { lora() sft() }
train b from base on tasks { lora() sft() }
train c from base on clean { full() sft() }
"""


def errors(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "tasks.jsonl").write_text('{"instruction": "Say hello.", "output": "Hello!"}\n')
    (folder / "quiz.jsonl").write_text('{"question": "Which?", "choices": ["a", "b"], "answer": "a"}\n')
    found = check_spec(folder / "m.tune", load_catalogue(), text=HEAD + text).diagnostics
    return [(d.code, d.message) for d in found if d.severity == "error"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("merge m from [a, b] { slerp(t: 1.5) }", "T201", "`t` of `slerp` must be from 0 to 1"),
        ("merge m from [a, b] { slerp(t: [0, 2]) }", "T201", "`t` of `slerp` must be from 0 to 1"),
        ("merge m from [a, b] { slerp(t: {mlp: [0, -1], default: 0}) }", "T201", "`t` of `slerp` must be from 0 to 1"),
        (
            "merge m from [a, b] { slerp(t: {mlp: 1}) }",
            "T201",
            "`t` of `slerp`: a record has an entry `default`, for the weights that no other entry names",
        ),
        ('merge m from [a, b] { slerp(t: "half") }', "T201", "`t` of `slerp`: expected schedule, found text"),
        (
            "merge m from [a, b] { slerp(t: [0, true]) }",
            "T201",
            "`t` of `slerp`: expected a number, a list of numbers over the layers, or a record of those",
        ),
        (
            "merge m from [a, b] { slerp(t: {self_atn: 0, default: 1}) }",
            "T201",
            "`t` of `slerp`: no weight of `a` is named `self_atn`",
        ),
        ("merge m from [a, b, c] { slerp() }", "T205", "`slerp` merges 2 models, and this is given 3"),
        ("merge m from a { linear() }", "T205", "`linear` merges at least 2 models, and this is given 1"),
        ("merge m from [a, b] { apply(a) }", "T205", "`apply` merges 1 model, and this is given 2"),
        (
            'merge m from [a, b] { linear(weights: ["x", 1]) }',
            "T201",
            "`weights` of `linear`: expected [float], found [text]",
        ),
        ("merge m from [a, b] { linear(weights: [1]) }", "T201", "`weights` of `linear` has 1 number for 2 models"),
        ("merge m from [a, b] { ties(base, density: 0) }", "T201", "`density` of `ties` must be above 0 and at most 1"),
        ("merge m from [a, b] { ties() }", "T202", "`ties` needs the argument `base: model`"),
        ("merge m from [a, a] { linear() }", "T102", "duplicate models in this list"),
        (
            "merge m from [a, teacher] { linear() }",
            "T208",
            "this model is behind a server, so its weights are not here to be merged",
        ),
        ("merge m from b { apply(c) }", "T208", "`apply` needs an adapter: a model that was trained with `lora(…)`"),
        ("merge m from b { apply(base) }", "T208", "`apply` needs an adapter: a model that was trained with `lora(…)`"),
        (
            "tokenizer w from base on tasks { train_bpe(vocab: 5) }\n"
            "train d from base on clean with w { lora() sft() }\n"
            "merge k from [a, b] { linear() }\nmerge m from [k, d] { linear() }",
            "T208",
            "`k` and `d` have different tokenizers, so weights of different pieces would be mixed",
        ),
        ("merge m from [a, b] { slurp() }", "T103", "unknown way to merge `slurp`"),
        ("merge m from [a, b] { linear() slerp() }", "T207", "only one way of merging is allowed in a `merge`"),
        ("merge m from [a, tasks] { linear() }", "T208", "expected the name of a model, found rows"),
        ("merge m from m { apply(a) }", "T106", "circular reference: m → m"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, code: str, message: str) -> None:
    found = errors(tmp_path, text)
    assert (code, message) in found or any(c == code and message in m for c, m in found), found


def test_a_merge_without_a_way(tmp_path: Path) -> None:
    [(code, message)] = errors(tmp_path, "merge m from [a, b] { }")
    assert code == "T202" and "expected one of `apply`, `dare`, `linear`, `slerp`" in message


@pytest.mark.parametrize("way", ["slerp(t: 1)", "slerp(t: {q_proj: 0.5, default: [0, 1]})", "ties(base)", "dare(base)"])
def test_merges_that_are_sound(tmp_path: Path, way: str) -> None:
    assert not errors(tmp_path, f"merge m from [a, c] {{ {way} }}\nmerge n from m {{ apply(b) }}")


def test_what_parents_have_read_follows_into_a_merge(tmp_path: Path) -> None:
    scored = "evaluate s of m { multiple_choice(on: quiz) }"
    assert not errors(tmp_path, f"merge m from [a, c] {{ linear() }}\n{scored}")
    for other in ("merge m from [a, b] { linear() }", "merge m from a { apply(b) }", "merge m from a { ties(b) }"):
        [(code, message)] = errors(tmp_path, f"{other}\n{scored}")
        assert code == "T401" and message.startswith("`b` is scored on `quiz`, but its training rows from `tasks`")


def test_looking_for_contamination_is_no_score(tmp_path: Path) -> None:
    assert not errors(tmp_path, "evaluate s of b { contamination(on: quiz, method: min_k) }")


def test_the_order_of_a_schedule_is_part_of_it(tmp_path: Path) -> None:
    def fingerprinted(t: str) -> str:
        spec = tmp_path / "m.tune"
        spec.write_text(f"{HEAD}merge m from [a, b] {{ slerp(t: {t}) }}")
        errors(tmp_path, "")
        graph = compile_spec(spec, load_catalogue()).graph
        assert graph is not None
        return graph.targets["m"].node

    first = fingerprinted("{mlp: 1, up_proj: 0, default: 0.5}")
    assert first == fingerprinted("{mlp: 1, up_proj: 0, default: 0.5}")
    assert first != fingerprinted("{up_proj: 0, mlp: 1, default: 0.5}")
    assert first == fingerprinted("{default: 0.5, mlp: 1, up_proj: 0}")  # `default` comes last wherever it stands
