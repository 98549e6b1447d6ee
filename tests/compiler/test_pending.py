"""What is not supported yet is said to be that, with what to use instead; and nothing of it is offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler import pending
from tunec.compiler.lint.check import check_spec
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import load_catalogue

LANGUAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
HEAD = """\
source a = rows([{instruction: "Say hello.", response: "Hello!"}])
model base = bundled("smollm2-135m-instruct")
"""
WRITTEN = {
    "training stage": "train t from base on a { NAME() }",
    "measure": "evaluate e of base { NAME() }",
    "model": 'model m = NAME("x")',
    "way to select": "dataset d from a { select(3, by: NAME()) }",
    "stage": "generate g from a { NAME(base) }",
}


def found(tmp_path: Path, text: str) -> list[Diagnostic]:
    return list(check_spec(tmp_path / "a.tune", load_catalogue(), text=HEAD + text).diagnostics)


@pytest.mark.parametrize(("what", "name"), pending.OPERATORS)
def test_operators(tmp_path: Path, what: str, name: str) -> None:
    told = [d for d in found(tmp_path, WRITTEN[what].replace("NAME", name)) if d.severity == "error"]
    assert [(d.code, d.help, d.fixes) for d in told if f"`{name}`" in d.message] == [
        ("T110", pending.OPERATORS[what, name], ())
    ]
    assert "T103" not in {d.code for d in told}
    assert name not in load_catalogue().names(*KINDS[what]), "it is supported by now"
    assert f"| `{name}` | {pending.OPERATORS[what, name]} |" in LANGUAGE and f"{name}(" in LANGUAGE


KINDS = {
    "training stage": ("adapters", "objectives"),
    "measure": ("evaluate",),
    "model": ("models",),
    "way to select": ("select",),
    "stage": ("stages", "methods"),
}


def test_a_misspelling_is_not_taken_for_it(tmp_path: Path) -> None:
    assert "T103" in {d.code for d in found(tmp_path, "evaluate e of base { perplexty(on: a) }")}
