"""Each rule: its page, the example that fires, the near miss that does not, and the docs, all of them the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.compiler.docstrings import sections
from tunec.compiler.lint.check import check_spec
from tunec.compiler.lint.pages import document
from tunec.compiler.lint.rule import Rule, all_codes, load_rules
from tunec.dsl.codes import CODES
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
LINT = ROOT / "tests" / "golden" / "lint"
Golden = Callable[[Path, str], None]


def codes_of(spec: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(LINT)
    return [d.code for d in check_spec(Path(spec), load_catalogue()).diagnostics]


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.code)
def test_a_rule_fires_on_its_example_alone(rule: Rule, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    name = rule.about.name.replace("-", "_")
    shown = sections(rule.about.page)
    golden(LINT / f"{name}.tune", shown["Example"])
    golden(LINT / f"{name}_not.tune", shown["Instead"])
    assert set(codes_of(f"{name}.tune", monkeypatch)) == {rule.code}
    assert codes_of(f"{name}_not.tune", monkeypatch) == []


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.code)
def test_a_page_says_what_and_why(rule: Rule) -> None:
    summary, *rest = rule.about.page.split("\n\n")
    assert summary.endswith(".") and len(summary) < 200
    assert len(rest[0]) > 100, "the page does not say why"
    assert re.search(r"^Source: .*\.$", "\n\n".join(rest).replace("\n", " ").replace("  ", "\n"), re.MULTILINE)
    assert rule.about.severity in ("error", "warning")


def test_codes_are_used_once_and_names_too() -> None:
    rules = load_rules()
    assert len(rules) >= 25
    assert len({r.code for r in rules} | set(CODES)) == len(rules) + len(CODES)
    names = [code.name for code in all_codes().values()]
    assert len(set(names)) == len(names)


def test_the_docs_are_fresh() -> None:
    assert (ROOT / "docs" / "diagnostics.md").read_text("utf-8") == document(), (
        "python -m tunec.compiler.lint.pages > docs/diagnostics.md"
    )


@pytest.mark.usefixtures("unbound")
@pytest.mark.parametrize("spec", ["specs/chat.tune", "tests/specs/tiny.tune", "bench/specs/alpaca.tune"])
def test_no_false_alarm(spec: str) -> None:
    assert check_spec(ROOT / spec, load_catalogue()).diagnostics == ()


def test_a_part_that_the_spec_asks_for_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text(
        'source own = rows([{text: "a"}])\n'
        "dataset rows_of_it from own { split { train: 80%, dev: 10%, spare: 10% } }\n"
        "dataset again from rows_of_it { shuffle() }\n"
        'model base = bundled("smollm2-135m-instruct")\n'
        "evaluate scores of base { perplexity(on: again.dev) }\n",
        encoding="utf-8",
    )
    found = check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics
    assert [d.message for d in found if d.code == "T329"] == ["nothing uses a split named `spare`"]


@pytest.mark.parametrize(
    ("rows", "objective", "becomes"),
    [
        ("alpaca", "sft(max_length: 4)", ["these rows stop the build"]),
        ("alpaca", "sft(max_length: 4, allow: [too_long])", ["these rows are left out"]),
        ("text", "pretrain(max_length: 4)", []),
    ],
)
def test_what_becomes_of_rows_that_are_too_long(tmp_path: Path, rows: str, objective: str, becomes: list[str]) -> None:
    long = '{"text": "one two three four five", "instruction": "Say it.", "output": "one two three four five"}\n'
    (tmp_path / "long.jsonl").write_text(long, encoding="utf-8")
    (tmp_path / "a.tune").write_text(
        f'source own = jsonl("long.jsonl", format: {rows})\nmodel base = bundled("smollm2-135m-instruct")\n'
        f"train tuned from base on own {{ lora() {objective} }}\n",
        encoding="utf-8",
    )
    found = check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics
    assert [d.label for d in found if d.code == "T505"] == becomes


def test_the_picture_shows_a_real_diagnostic() -> None:
    import re
    import runpy
    from html import unescape

    drawn = runpy.run_path(str(ROOT / "docs" / "picture.py"))["picture"]()
    for svg in (drawn, (ROOT / "docs" / "diagnostic.svg").read_text("utf-8")):
        text = unescape(re.sub(r"<[^>]+>", "", svg)).replace("\xa0", " ")
        assert "error[T401 unchecked-benchmark]" in text
        assert "path: late → rows → tuned → scores" in text


def test_a_measure_that_is_taken_twice(tmp_path: Path) -> None:
    spec = (
        'source quiz = rows([{question: "a?", choices: ["x", "y"], answer: "x"}])\n'
        'model base = bundled("smollm2-135m-instruct")\n'
        "evaluate scores of base {\n"
        "    multiple_choice(on: quiz)\n"
        "    exact_match(on: quiz, answer: text)\n"
        "    multiple_choice(shots: 0, on: quiz)\n"
        "    exact_match(on: quiz)\n"
        "}\n"
    )
    (tmp_path / "a.tune").write_text(spec, encoding="utf-8")
    [found] = [d for d in check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics if d.code == "T325"]
    assert found.message == "duplicate measure"
    assert spec[found.span.start : found.span.end] == "multiple_choice(shots: 0, on: quiz)"
    [edit] = found.fixes[0].edits
    assert spec[edit.span.start : edit.span.end] == "    multiple_choice(shots: 0, on: quiz)\n"


VOTES = {
    "jsonl('v.jsonl', format: kto)": [{"prompt": "a", "completion": "b", "label": 1}] * 3,
    "jsonl('v.jsonl', format: {prompt: 'a', completion: 'b', label: 'good'})": [{"a": "a", "b": "b", "good": False}],
    "jsonl('v.jsonl', format: {prompt: 'a', completion: 'b', label: 'good'}) ": [
        {"a": "a", "b": "b", "good": False},
        {"a": "a", "b": "c", "good": True},
    ],
    "jsonl('v.jsonl', format: kto) ": [{"prompt": "a", "completion": "b", "label": "yes"}],
}


@pytest.mark.parametrize(("source", "told"), [*zip(VOTES, ["liked", "disliked", "", ""], strict=True)])
def test_ratings_of_one_kind_in_files(tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "v.jsonl").write_text("".join(json.dumps(row) + "\n" for row in VOTES[source]), encoding="utf-8")
    spec = (
        f"source votes = {source}\n".replace("'", '"')
        + 'model base = bundled("smollm2-135m-instruct")\n'
        + "dataset rated from votes { dedup { exact(prompt) } }\n"
        + "train tuned from base on rated { lora() kto() }\n"
    )
    (tmp_path / "a.tune").write_text(spec, encoding="utf-8")
    found = [d.message for d in check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics if d.code == "T509"]
    assert found == ([f"each answer that `tuned` is trained on was {told}"] if told else [])


def test_proxies_as_large_as_all_rows(tmp_path: Path) -> None:
    spec = (
        'source a = rows([{instruction: "a", response: "b"}, {instruction: "c", response: "d"}])\n'
        'source b = rows([{instruction: "e", response: "f"}, {instruction: "g", response: "h"}])\n'
        'source held = rows([{instruction: "i", response: "j"}])\n'
        'model base = bundled("smollm2-135m-instruct")\n'
        "dataset out from [a, b] { mix(search: 8, total: 4, proxy_rows: ROWS) { finetune(base) loss(on: held) } }\n"
    )
    for rows, told in ((3, []), (4, ["each trial draws 4 rows, but at most 4 can arrive"])):
        (tmp_path / "a.tune").write_text(spec.replace("ROWS", str(rows)), encoding="utf-8")
        found = check_spec(tmp_path / "a.tune", load_catalogue()).diagnostics
        assert [d.message for d in found if d.code == "T340"] == told
