"""Arguments that each are fine, and cannot be beside each other: told where they stand, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

HEAD = """spec t(version: "1.0.0")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
source notes = jsonl("notes.jsonl", format: text, license: "MIT")
source quiz = jsonl("quiz.jsonl", format: choice, license: "MIT")
source pairs_ = jsonl("pairs.jsonl", format: preference, license: "MIT")
source votes = jsonl("votes.jsonl", format: kto, license: "MIT")
model base = bundled("smollm2-135m-instruct")
model other = local("other", revision: "a")
model served = openai("qwen3-32b", base_url: "http://localhost:8000/v1")
model strange = openai("house-7b", base_url: "http://localhost:8000/v1")
"""
FIT = """rule worth from ROWS {
    let length = words(response)
    subsets(count: 8, rows: 20)
    finetune(base)
    loss(on: quiz)
    least_squares()
}"""

LIKE = """embedder mini = bundled("all-minilm-l6-v2")
dataset few from {} {{ select(5, by: like({}, using: mini{})) }}"""
MIX = "dataset mixed from [tasks, more] {{ mix({}) {{ {} }} }}"
JUDGED = "evaluate e of [base] {{ judge_score(other, on: quiz, scale: {}, method: {}) }}"
RATED = 'dataset rated from tasks {{ let worth = judge(other, rubric: "Good?", {}) }}'
TRAIN = "train tuned from base on votes {{ {} }}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quiz.jsonl").write_text(
        '{"question": "a b c?", "choices": ["x", "y"], "answer": "x", "subject": "law"}\n', encoding="utf-8"
    )
    return tmp_path


def told(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """The code and the message of each mistake, and what it points to."""
    spec = f"{HEAD}{text}\n"
    (folder / "t.tune").write_text(spec, encoding="utf-8")
    found = check_spec(folder / "t.tune", load_catalogue()).diagnostics
    known = {"T332", "T323"}
    aside = [d for d in found if d.code not in known and (d.severity == "error" or d.code == "T317")]
    return [(d.code, d.message, spec[d.span.start : d.span.end]) for d in aside]


MODEL = 'model m = openai("gpt", base_url: "http://localhost:8000/v1", {})\ngenerate g from tasks {{ respond(m) }}'
GENERATE = "generate g from {} {{ {} until({}) }}"


@pytest.mark.parametrize(
    ("text", "code", "said", "place"),
    [
        (MODEL.format("price_input: $1"), "T201", "stated without `price_output`", "$1"),
        (MODEL.format("price_output: $1"), "T201", "stated without `price_input`", "$1"),
        (MODEL.format("price_cached: $1"), "T201", "stated without `price_input` and", "$1"),
        (MODEL.format("extra: {stream: true}"), "T201", "`stream` is part of every request", "{stream: true}"),
        (MODEL.format('extra: {model: "b"}'), "T201", "`model` is part of every request", '{model: "b"}'),
        ('model m = openai("gpt", base_url: "localhost:8000")\ngenerate g from tasks { respond(m) }', "T201",
         "is the address of a server", '"localhost:8000"'),
        ('model m = local("m", revision: "a")\nmerge soup from [base, m] { linear(weights: [1, -1]) }', "T201",
         "add up to 0", "[1, -1]"),
        (GENERATE.format("tasks", "pairs(served, judge: served)", "rows: 5"), "T201", "compares two answers", ""),
        (GENERATE.format("tasks", "pairs([served, base], judge: served)", "requests: 3"), "T201",
         "up to 4 requests", "3"),
        (GENERATE.format("tasks", "respond(served, samples: 4)", "requests: 2"), "T201", "up to 4 requests", "2"),
        (GENERATE.format("tasks", "magpie(served)", "requests: 1"), "T201", "up to 2 requests", "1"),
        (GENERATE.format("tasks", "magpie(strange)", "rows: 5"), "T201", "state it as `opening`", "strange"),
        (GENERATE.format("notes", "backtranslate(served, judge: base)", "rows: 5"), "T201", "add `at_least: 4`",
         "base"),
        (GENERATE.format("tasks", "self_instruct(served, demonstrations: 9, count: 8)", "rows: 5"), "T201",
         "less than `count`", "9"),
        (TRAIN.format("lora() kto(batch_size: 4, micro_batch_size: 1)"), "T201",
         "`micro_batch_size: 1` computes one at a time; use `micro_batch_size: 2`", "1"),
        (TRAIN.format("lora() kto(batch_size: 1)"), "T201", "use `batch_size: 2`", "1"),
        (TRAIN.format("lora() kto(batch_size: 11)"), "T201", "use `batch_size: 12`", "11"),
        (TRAIN.format("lora() kto(batch_size: 11, micro_batch_size: 2)"), "T201", "is not a multiple", ""),
        (TRAIN.format("lora(modules: []) kto()"), "T201", "`modules` of `lora` must not be empty", "[]"),
        (TRAIN.format("qlora(modules: []) kto()"), "T201", "`modules` of `qlora` must not be empty", "[]"),
        ("evaluate e of [base] { contamination(on: quiz) }", "T201", "needs a `reference`", ""),
        ("evaluate e of [base] { contamination(on: quiz, reference: other, unseen: notes) }", "T201",
         "`unseen` of `contamination` has no effect without `method: min_k` or `method: min_k_plus`", "unseen: notes"),
        ("evaluate e of [base] { contamination(on: quiz, reference: other, k: 10%) }", "T201", "`k` of", "k: 10%"),
        ("evaluate e of [base] { contamination(on: quiz, method: min_k, samples: 3) }", "T201",
         "has no effect without `method: reference_ratio`", "samples: 3"),
        ("evaluate e of [base] { contamination(on: quiz, method: min_k_plus, reference: other) }", "T201",
         "has no effect without `method: reference_ratio`", "reference: other"),
        ("evaluate e of [base] { contamination(on: quiz, reference: base) }", "T201",
         "compares other models with `base`, and measures `base` alone", "base"),
        ("evaluate e of [base, base] { perplexity(on: notes) }", "T102", "duplicate models", "[base, base]"),
        ("evaluate e of base { pairwise(other, on: quiz, against: base) }", "T201", "measures `base` alone", "base"),
        ("evaluate e of base { forgetting(on: notes, base: base) }", "T201", "measures `base` alone", "base"),
        ("evaluate e of [base] { multiple_choice(on: quiz, shots_from: quiz) }", "T201",
         "`shots_from` of `multiple_choice` has no effect without `shots`", "shots_from: quiz"),
        ("evaluate e of [base] { exact_match(on: quiz, shots: 0, shots_from: quiz) }", "T201",
         "has no effect without `shots`", "shots_from: quiz"),
        ('evaluate e of [base] { multiple_choice(on: quiz, header: "About {subject}.") }', "T201",
         'nothing fills `{subject}` in `header`: state `by: "subject"`', '"About {subject}."'),
        ('evaluate e of [base] { multiple_choice(on: quiz, header: "About {topic}.", by: "subject") }', "T201",
         '`by: "subject"` fills `{subject}`', '"About {topic}."'),
        (FIT.replace("ROWS", "[tasks, more]").replace("subsets(count: 8", "let o = words(prompt) subsets(count: 4"),
         "T201", "a fit of 2 indicators needs at least 5 subsets, and `subsets` draws 4", ""),
        (FIT.replace("ROWS", "[tasks, more]").replace("words(response)", "1 + 2"), "T206",
         "the indicator `length` is the same for every row", "1 + 2"),
        (FIT.replace("ROWS", "[tasks, more]").replace("words(response)", 'words("a b")'), "T206",
         "the indicator `length` is the same for every row", 'words("a b")'),
        (MIX.format("temperature: 2", "tasks: 50%, more: 50%"), "T201", "from `temperature` or from a block", ""),
        (MIX.format("unimax: 2, temperature: 2", ""), "T201", "from `temperature` or from `unimax`", "2"),
        (MIX.format("search: 9, total: 10, proxy_rows: 5", "tasks: 50%, more: 50%"), "T207",
         "`mix` finds the shares itself: its block holds `finetune(…)` and `loss(…)` alone", "tasks: 50%"),
        (JUDGED.format("0.5..1.5", "answer"), "T201", "`scale` of `judge_score` needs two whole numbers", "0.5..1.5"),
        (JUDGED.format("1..", "answer"), "T201", "the `scale` of `judge_score` has two ends", "1.."),
        (JUDGED.format("1..10", "expected"), "T201", "`method: expected` needs a scale of single digits", ""),
        (RATED.format("scale: 0.5..1.4"), "T201", "the `scale` of `judge` needs two whole numbers", "0.5..1.4"),
        (RATED.format("scale: 1..5, method: expected, samples: 3"), "T201",
         "`samples` of `judge` has no effect without `method: answer` or `method: json`", "samples: 3"),
        (LIKE.format("notes", "tasks", ", by: response"), "T201",
         "the rows to choose from are text rows, which have no `response`: use `by: text`", "response"),
        (LIKE.format("tasks", "notes", ""), "T201", "the examples are text rows, which have no `prompt`", "like"),
        ('benchmark exam = rows([{question: "a?", answer: "b"}])\n' + LIKE.format("tasks", "exam", ""), "T402",
         "rows like the items of the benchmark `exam` are chosen to be trained on", "exam"),
        ("evaluate e of [base] { harness(tasks: []) }", "T201", "needs the names of tasks", "[]"),
        ("evaluate e of [base] { multiple_choice(on: tasks) }", "T203", "reads choice rows, and `on` has", "tasks"),
        ("evaluate e of [base] { multiple_choice(on: quiz, shots: 1, shots_from: notes) }", "T203", "`shots_from`",
         "notes"),
        ("evaluate e of [base] { perplexity(on: quiz) }", "T203", "reads instruction or chat or text rows", "quiz"),
        ("evaluate e of [base] { exact_match(on: notes) }", "T203", "reads instruction or", "notes"),
        ("evaluate e of [base] { calls(on: tasks) }", "T203", "reads chat rows", "tasks"),
        ("evaluate e of [base] { json_valid(on: pairs_) }", "T203", "has preference rows", "pairs_"),
        ('evaluate e of [base] { multiple_choice(on: quiz, by: "sujbect") }', "T317",
         "no row of `on` has a column `sujbect`", '"sujbect"'),
        (FIT.replace("ROWS", "tasks"), "T205", "these rows come from one", "tasks"),
        (f"source few = sample(tasks, 9)\n{FIT.replace('ROWS', '[few, tasks]')}", "T205",
         "these rows come from one", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(folder: Path, text: str, code: str, said: str, place: str) -> None:
    (found,) = told(folder, text)
    assert found[0] == code and said in found[1]
    assert found[2] == place or not place


@pytest.mark.parametrize(
    "text",
    [
        MODEL.format("price_input: $1, price_output: $2, extra: {seed: 3}"),
        GENERATE.format("tasks", "pairs(served, judge: served, samples: 2)", "requests: 4"),
        GENERATE.format("tasks", "magpie(served)", "requests: 2"),
        TRAIN.format("lora() kto(batch_size: 9)"),
        LIKE.format("tasks", "more", ", by: response"),
        MIX.format("unimax: 2, total: 10", "").replace("{  }", ""),
        JUDGED.format("0..1", "answer"),
        JUDGED.format("1..5", "expected"),
        RATED.format("scale: 0.5..5, method: json, samples: 3"),
        LIKE.format("notes", "tasks", ", by: text"),
        TRAIN.format("lora() kto(batch_size: 2, micro_batch_size: 2)"),
        GENERATE.format("tasks", 'magpie(strange, opening: "<|user|>")', "rows: 5"),
        "evaluate e of [base] { perplexity(on: notes) exact_match(on: quiz) }",
        'evaluate e of [base] { multiple_choice(on: quiz, by: "subject") }',
        'evaluate e of [base] { multiple_choice(on: quiz, by: "subject", header: "On {subject}: \\\\frac{a}{b}") }',
        "evaluate e of [base, other] { contamination(on: quiz, reference: base) forgetting(on: notes, base: base) }",
        "evaluate e of [base] { contamination(on: quiz, method: min_k_plus, k: 10%, unseen: notes) }",
        "vary m in [base, other]\nevaluate e of m { forgetting(on: notes, base: base) }",
        "vary m in [base, other]\nevaluate e of [m, base] { perplexity(on: notes) }",
        FIT.replace("ROWS", "[tasks, more]"),
    ],
)
def test_what_can_be_is_clean(folder: Path, text: str) -> None:
    assert told(folder, text) == []
