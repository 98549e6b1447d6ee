"""Whatever `tunec ops` offers can be written: each operator stands in a spec that lints without an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

HEAD = """\
source rows_ = rows([{instruction: "Say one.", response: "One."}, {instruction: "Say two.", response: "Two."}])
source more = rows([{instruction: "Say three.", response: "Three."}])
source pages = rows([{text: "One page."}, {text: "Another page."}])
source pairs_ = rows([{prompt: "Say one.", chosen: "One.", rejected: "No."}])
source liked = rows([{prompt: "Say one.", completion: "One.", label: true}])
source talks = rows([{messages: [{role: "user", content: "Hi."}, {role: "assistant", content: "Ho."}]}])
benchmark quiz = rows([{question: "Which?", choices: ["A", "B"], answer: "A"}])
model m = bundled("smollm2-135m-instruct")
model other = bundled("smollm2-135m-instruct", temperature: 0.1)
embedder e = bundled("all-minilm-l6-v2")
dataset d from rows_ { normalize()  split { train: 50%, validation: 50% } }
dataset text_ from pages { normalize() }
train t from m on d { lora()  sft() }
train u from m on d { full()  sft() }
"""

#: By kind: the spec around an operator. Arguments other than those of `ARGUMENTS` have defaults.
AROUND = {
    "adapters": "train x from m on d {{ {}  sft() }}",
    "connectors": "source x = {}",
    "decontaminate": "dataset x from rows_ {{ decontaminate(against: [quiz]) {{ {} }} }}",
    "dedup": "dataset x from rows_ {{ dedup {{ {} }} }}",
    "embedders": "embedder x = {}",
    "evaluate": "evaluate x of [m, other] {{ {} }}",
    "finders": "dataset x from rows_ {{ mask({}) }}",
    "formats": 'source x = jsonl("x.jsonl", format: {})',
    "functions": "dataset x from rows_ {{ let value = {} }}",
    "generation": "generate x from rows_ {{ self_instruct(m, demonstrations: 1)  {} }}",
    "keep": "dataset x from rows_ {{ dedup(keep: {}) {{ exact(prompt) }} }}",
    "merging": "merge x from [t, u] {{ {} }}",
    "methods": "generate x from rows_ {{ {}  until(rows: 1, requests: 6) }}",
    "models": "model x = {}",
    "objectives": "train x from m on d {{ lora()  {} }}",
    "select": "dataset x from rows_ {{ select(1, by: {}) }}",
    "stages": "dataset x from rows_ {{ {} }}",
}

#: What has to be given, by operator; and where something else stands around it.
ARGUMENTS = {
    "connectors.csv": '"x.csv", format: alpaca', "connectors.hub": '"org/x", format: alpaca',
    "connectors.json": '"x.json", format: alpaca', "connectors.jsonl": '"x.jsonl", format: alpaca',
    "connectors.parquet": '"x.parquet", format: alpaca', "connectors.rows": '[{text: "a"}]',
    "connectors.text": '"x.md"', "connectors.version": '"x@1.0.0"', "decontaminate.confirm": "m)  cosine(0.8, using: e",
    "decontaminate.cosine": "0.8, using: e", "dedup.exact": "prompt", "dedup.near": "prompt",
    "dedup.semantic": "prompt, cosine: 0.9, using: e", "embedders.bundled": '"all-minilm-l6-v2"',
    "embedders.local": '"x"', "evaluate.calls": "on: talks", "evaluate.contamination": "on: quiz, reference: m",
    "evaluate.exact_match": "on: quiz", "evaluate.forgetting": "on: pages, base: m", "evaluate.harness": 'tasks: ["x"]',
    "evaluate.json_valid": "on: d", "evaluate.judge_score": "other, on: d", "evaluate.multiple_choice": "on: quiz",
    "evaluate.pairwise": "other, on: d, against: m", "evaluate.perplexity": "on: d.validation",
    "finders.matches": 'response, r"a"', "finders.pii": "response",
    "generation.personas": "pages)  until(rows: 1, requests: 2",
    "generation.until": "rows: 1, requests: 2", "keep.best": "words(response)", "keep.longest": "response",
    "keep.prefer": "words(response) > 1", "keep.shortest": "response", "merging.dare": "base: m",
    "merging.task_arithmetic": "base: m", "merging.ties": "base: m", "methods.backtranslate": "m",
    "methods.chat": "m, user: m", "methods.evolve": "m", "methods.extract": "m", "methods.magpie": "m",
    "methods.pairs": "[m, other], judge: m", "methods.paraphrase": "m", "methods.prompt": 'm, "Say {{ instruction }}"',
    "methods.respond": "m", "methods.self_instruct": "m, demonstrations: 1",
    "models.bundled": '"smollm2-135m-instruct"',
    "models.local": '"x"', "models.openai": '"x"', "models.replay": '"x.jsonl"', "select.clusters": "prompt, using: e",
    "select.deita": "words(response), prompt, using: e", "select.dpp": "prompt, using: e",
    "select.facility_location": "prompt, using: e", "select.k_center": "prompt, using: e",
    "select.like": "more, using: e", "select.top": "words(response)",
}  # fmt: skip
FUNCTIONS = {
    "all": "[words(response) > 1]", "any": "[words(response) > 1]", "coherence": "using: m",
    "concat": "prompt, response",
    "complexity": "using: m", "outlier": "prompt, using: e", "quality": "using: m",
    "surprisal": "using: m", "rank_surprisal": "using: m",
    "contains": 'response, "a"', "ends_with": 'response, "a"', "grounded": "using: e", "ifd": "using: m",
    "iso": "meta.when", "json_schema": 'response, "{}"', "judge": 'm, rubric: "Good?", scale: 1..5',
    "matches": 'response, r"a"', "math_equal": 'response, "1"', "naturalness": "using: m",
    "nearest": "prompt, using: e", "number": "meta.when", "perplexity": "response, using: m",
    "prefers": "m, first: prompt, second: response", "regex_equal": 'response, "1", pattern: r"a"',
    "reward": "using: m",
    "similarity": "prompt, response, using: e", "starts_with": 'response, "a"', "task": "prompt, using: e",
    "topic": "prompt, using: e", "understandability": "using: m",
}  # fmt: skip
FITTED = """\
rule r from [rows_, more] {
    subsets(4, rows: 1)  finetune(m)  loss(on: d)  least_squares()  let length = words(response)
}
"""
WHOLE = {
    **dict.fromkeys(
        ("tokenizers.train_bpe", "tokenizers.extend"),
        "tokenizer x from m on text_ { train_bpe(vocab: 10)  extend() }",
    ),
    "fitting.finetune": FITTED,
    "fitting.least_squares": FITTED,
    "fitting.loss": FITTED,
    "fitting.subsets": FITTED,
    "functions.coefficient": (
        FITTED + 'dataset x from rows_ { let value = words(response) * coefficient(r, "length") }'
    ),
    "stages.consistent": "dataset x from rows_ { consistent(using: e) }",
    "stages.length_bias": "dataset x from pairs_ { length_bias() }",
    "merging.apply": "merge x from [u] { apply(t) }",
    "methods.backtranslate": "generate x from pages { backtranslate(m) }",
    "methods.extract": "generate x from pages { extract(m) }",
    "objectives.dpo": "train x from m on pairs_ { lora()  dpo() }",
    "objectives.kto": "train x from m on liked { lora()  kto() }",
    "objectives.orpo": "train x from m on pairs_ { lora()  orpo() }",
    "objectives.pretrain": "train x from m on text_ { lora()  pretrain() }",
    "stages.balance": "dataset x from rows_ { balance { share(words(prompt) > 1) <= 50% } }",
    "stages.check": "dataset x from rows_ { check count(words(prompt) > 1) >= 1 }",
    "stages.decontaminate": "dataset x from rows_ { decontaminate(against: [quiz]) { exact() } }",
    "stages.dedup": "dataset x from rows_ { dedup { exact(prompt) } }",
    "stages.filter": "dataset x from rows_ { filter { keep words(prompt) > 1 } }",
    "stages.let": "dataset x from rows_ { let value = words(prompt) }",
    "stages.limit": "dataset x from rows_ { limit(1) }",
    "stages.mask": "dataset x from rows_ { mask(pii(response)) }",
    "stages.mix": "dataset x from [rows_, d] { mix { rows_: 50%, d: 50% } }",
    "stages.novel": (
        "generate x from rows_ { self_instruct(m, demonstrations: 1)  novel(instruction)  until(requests: 2) }"
    ),
    "stages.repeat": "dataset x from rows_ { split { train: 50%, test: 50% }  repeat(rows_, 2) }",
    "stages.review": 'dataset x from rows_ { review("x.jsonl") }',
    "stages.sample": "dataset x from rows_ { sample(1) }",
    "stages.search": "dataset x from rows_ { search(1..9, by: random(), trials: 4) { finetune(m)  loss(on: talks) } }",
    "stages.select": "dataset x from rows_ { select(1, by: random()) }",
    "stages.set": "dataset x from rows_ { set(meta.a: words(prompt)) }",
    "stages.split": "dataset x from rows_ { split { train: 50%, test: 50% } }",
    "stages.verify": 'dataset x from rows_ { verify { keep math_equal(response, "1") } }',
}


def written(kind: str, name: str) -> str:
    """A declaration with an operator in it."""
    path = f"{kind}.{name}"
    own = ARGUMENTS.get(path, "")
    if kind == "functions":
        own = FUNCTIONS.get(name, "response")
    return WHOLE.get(path) or AROUND.get(kind, "{}").format(f"{name}({own})")


OFFERED = sorted(load_catalogue().operators)


@cache
def _folder(root: Path) -> Path:
    for name in ("x.jsonl", "x.csv", "x.json", "x.parquet", "x.md"):
        (root / name).write_text("\n")
    (root / "x").mkdir(exist_ok=True)
    return root


@pytest.mark.parametrize(("kind", "name"), OFFERED, ids=[".".join(one) for one in OFFERED])
def test_what_is_offered_is_not_refused(tmp_path_factory: pytest.TempPathFactory, kind: str, name: str) -> None:
    folder = _folder(tmp_path_factory.getbasetemp())
    compiled = check_spec(folder / "a.tune", load_catalogue(), text=HEAD + written(kind, name) + "\n")
    found = [d for d in compiled.diagnostics if d.severity == "error"]
    assert not [d.message for d in found], f"say in this file how `{kind}.{name}` is written"
