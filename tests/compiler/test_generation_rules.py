"""Rules about generations, beside their pages' examples: what they find elsewhere, and where they say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.compiler.lint.rules import teacher_forbids_training
from tunec.compiler.teachers import DATE, TERMS, terms_of
from tunec.runtime.catalogue import load_catalogue

HEAD = """
source tasks = rows([{instruction: "Name a colour.", response: "Red."}], license: "MIT")
model writer = openai("w", base_url: "http://localhost:8000/v1")
model again = openai("w", base_url: "http://localhost:8000/v1", temperature: 0)
model other = openai("o", base_url: "http://localhost:8001/v1")
"""


def codes(folder: Path, generation: str, dataset: str = "") -> list[str]:
    path = folder / "t.tune"
    path.write_text(f"{HEAD}generate g from tasks {{ {generation} }}\ndataset d from g {{ {dataset} }}\n", "utf-8")
    wanted = ("T607", "T608", "T609", "T610")
    return [d.code for d in check_spec(path, load_catalogue()).diagnostics if d.code in wanted]


@pytest.mark.parametrize(
    ("generation", "dataset", "expected"),
    [
        ("pairs([writer, other], judge: writer)", "", ["T607"]),
        ("pairs([writer, other], judge: again)", "", ["T607"]),  # the same model by another name
        ("pairs([writer, again], judge: other)", "", []),
        ('respond(writer) filter { keep judge(writer, rubric: "Good?", scale: 1..5) >= 3 }', "", ["T607"]),
        ('respond(writer) filter { keep judge(other, rubric: "Good?", scale: 1..5) >= 3 }', "", []),
        ("respond(writer)", 'let good = judge(again, rubric: "好吗？", scale: 1..5)', ["T607"]),
        ("respond(writer)", 'let good = judge(other, rubric: "好吗？", scale: 1..5)', []),
        ("respond(again, samples: 2)", "", ["T609"]),
        ("respond(again, samples: 2, temperature: 0.5)", "", []),
        ("respond(again)", "", []),
        ("pairs([writer, again], judge: other, samples: 2)", "", ["T609"]),
        ('prompt(writer, "{{ instruction }}", output: {response: "text"}, max_tokens: 4)', "", ["T610"]),
        ('prompt(writer, "{{ instruction }}", output: {response: "text"}, max_tokens: 64)', "", []),
        ('prompt(writer, "{{ instruction }}", max_tokens: 1)', "", []),
    ],
)
def test_where_rules_fire(tmp_path: Path, generation: str, dataset: str, expected: list[str]) -> None:
    assert codes(tmp_path, generation, dataset) == expected


@pytest.mark.parametrize(
    ("model", "url", "owner"),
    [
        ("gpt-4.1", "https://api.openai.com/v1", "OpenAI"),
        ("claude", "https://api.anthropic.com/v1", "Anthropic"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "Google"),
        ("meta-llama/Llama-2-7b-chat-hf", "http://localhost/v1", "Llama 2"),
        ("llama3:8b", "http://localhost/v1", "Llama 3"),
        ("meta-llama/Meta-Llama-3-70B-Instruct", "http://localhost/v1", "Llama 3"),
        ("meta-llama/Llama-3.1-8B-Instruct", "http://localhost/v1", None),
        ("llama3.2", "http://localhost/v1", None),
        ("huggyllama/llama-30b", "http://localhost/v1", None),
        ("gpt-oss-120b", "http://localhost:8000/v1", None),
        ("qwen3-32b", "http://localhost:8000/v1", None),
    ],
)
def test_the_table_of_terms(model: str, url: str, owner: str | None) -> None:
    terms = terms_of(model, url)
    assert (terms.owner if terms else None) == owner


def test_the_page_tells_of_each_terms_whether_they_were_read() -> None:
    page = " ".join(str(teacher_forbids_training.__doc__).split())
    assert f"as of {DATE}:" in page
    for terms in TERMS:
        assert f"{terms.source}: {terms.how}" in page


@pytest.mark.parametrize(
    ("seeds", "rows", "found"),
    [("cut", "g", True), ("cut", "[cut, g]", True), ("cut.train", "g", False), ("cut.train", "[cut.train, g]", False)],
)
def test_what_is_generated_from_held_out_rows_is_not_scored_on_them(
    tmp_path: Path, seeds: str, rows: str, found: bool
) -> None:
    path = tmp_path / "t.tune"
    text = f"""{HEAD}model base = bundled("smollm2-135m-instruct")
dataset cut from tasks {{ split {{ train: 50%, test: 50% }} }}
generate g from {seeds} {{ paraphrase(writer) }}
dataset d from {rows} {{ normalize() }}
train tuned from base on d {{ lora()  sft() }}
evaluate scores of [base, tuned] {{ perplexity(on: cut.test) }}
"""
    path.write_text(text, encoding="utf-8")
    told = [d.message for d in check_spec(path, load_catalogue()).diagnostics if d.code == "T406"]
    assert told == (["`tuned` was trained on what was generated from these rows"] if found else [])
