"""What may be written in two ways: the formatter writes one of them, and both mean the same."""

from __future__ import annotations

import json
from pathlib import Path

from tunec.compiler.canonical import spelled_out
from tunec.compiler.graph import to_json
from tunec.compiler.pipeline import compile_spec, elaborate_spec
from tunec.dsl.format import format_text
from tunec.dsl.source import Source
from tunec.runtime.catalogue import load_catalogue

SHORT = """source tasks = jsonl("tasks.jsonl", format: alpaca)
source own = rows([{instruction: "Say hello.", response: "Hello!"}])
rule good() = stars > 2
rule above(x, least) = x > least

dataset out from tasks, own {  # both
    filter {
        keep good() and above(stars, 1)
        keep words(prompt) in 1 .. 30
    }
    mask(pii(topic))
}
"""
LONG = """source tasks = jsonl("tasks.jsonl", format: alpaca)
source own = rows([{instruction: "Say hello.", response: "Hello!"}])
rule good = meta.stars > 2
rule above(x, least) = x > least

dataset out from [tasks, own] {  # both
    filter {
        keep good() and above(meta.stars, 1)
        keep words(prompt) in 1..30
    }
    mask(pii(meta.topic))
}
"""


def graph_of(path: Path, text: str) -> str:
    compiled = compile_spec(path, load_catalogue(), text=text)
    assert compiled.graph is not None, compiled.diagnostics
    return json.dumps(to_json(compiled.graph))


def formatted(path: Path, text: str) -> str:
    return format_text(Source("a", spelled_out(elaborate_spec(path, load_catalogue(), text=text).builder)))


def test_the_formatter_writes_it_out(tmp_path: Path) -> None:
    record = {"instruction": "Say hello.", "output": "Hello!", "stars": 3, "topic": "greetings"}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    path = tmp_path / "a.tune"
    assert formatted(path, SHORT) == formatted(path, LONG) == LONG
    assert graph_of(path, SHORT) == graph_of(path, LONG)


def test_a_name_that_means_something_else_stays(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"instruction": "a", "output": "b", "stars": 3, "more": 1}\n', "utf-8")
    own = 'source own = rows([{instruction: "Say hello.", response: "Hello!"}])'
    rest = f"\n{own}\nconst more = 2\nrule good = stars > more\n"
    text = (
        'source tasks = jsonl("tasks.jsonl", format: alpaca)'
        + rest
        + "\ndataset one from tasks {\n    filter { keep good() }\n}\n"
        + "\ndataset two from own {\n    let stars = words(prompt)\n    filter { keep good() }\n}\n"
    )
    assert formatted(tmp_path / "a.tune", text) == text
