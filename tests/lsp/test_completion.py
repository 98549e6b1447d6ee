"""Completion at marked places: what is offered, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.conftest import Record
from tests.lsp.dialogue import CURSOR, Editor, applied, dialogue, position_of

HEAD = """\
import "common.tune" as common
const words_wanted = 5
param name: text = "a"
model base = bundled("smollm2-135m-instruct")
embedder minilm = bundled("all-minilm-l6-v2")
benchmark held = jsonl("data/tasks.jsonl", format: {question: "instruction", answer: "output"})
dataset clean from common.tasks {
    let length = words(response)
    filter { keep length > 2 } as kept
    split { train: 90%, validation: 10% }
}
"""

#: What is typed after the head, what must be offered there, and what must not.
PLACES = {
    "declarations": ("‸", ["dataset", "source", "evaluate"], ["keep", "filter", "and"]),
    "a declaration that began": ("dat‸", ["dataset"], ["filter"]),
    "connectors": ("source s = ‸", ["jsonl", "csv"], ["bundled", "filter", "words"]),
    "models": ("model m = ‸", ["bundled"], ["jsonl"]),
    "from": ("dataset d ‸", ["from"], ["on", "with", "dataset"]),
    "rows": ("dataset d from ‸", ["common.tasks", "clean", "held"], ["base", "minilm", "from"]),
    "rows in a list": ("dataset d from [clean, ‸", ["common.tasks"], ["base", "d"]),
    "an imported name": ("dataset d from common.‸", ["common.tasks"], ["clean"]),
    "parts": ("dataset d from clean.‸", ["train", "validation", "kept"], ["tasks"]),
    "models to train": ("train t from ‸", ["base"], ["clean", "minilm"]),
    "rows to train on": ("train t from base on cl‸", ["clean"], ["base"]),
    "models to evaluate": ("evaluate e of [‸", ["base"], ["clean"]),
    "row types": ("dataset d: ‸", ["instruction", "chat"], ["clean"]),
    "param types": ("param p: ‸", ["int", "share"], ["instruction"]),
    "stages": ("dataset d from clean {\n    ‸\n}", ["filter", "dedup", "let", "check"], ["lora", "jsonl", "keep"]),
    "stages after a stage": ("dataset d from clean {\n    shuffle()\n    de‸\n}", ["dedup"], ["lora"]),
    "methods": ("generate g from common.tasks {\n    ‸\n}", ["self_instruct", "until", "novel"], ["lora"]),
    "training": ("train t from base on clean {\n    ‸\n}", ["lora", "sft"], ["filter", "words"]),
    "measures": ("evaluate e of base {\n    ‸\n}", ["perplexity"], ["filter"]),
    "rules of a filter": (
        "dataset d from clean {\n    filter {\n        ‸\n    }\n}",
        ["keep", "drop"],
        ["dedup", "let"],
    ),
    "rules of a dedup": ("dataset d from clean {\n    dedup { ‸ }\n}", ["exact", "near"], ["keep", "filter", "words"]),
    "constraints": ("dataset d from clean {\n    balance { ‸ }\n}", ["share", "count"], ["keep", "exact"]),
    "parts of a mix": ("dataset d from clean {\n    mix { ‸ }\n}", ["clean", "common.tasks"], ["base"]),
    "a row expression": (
        "dataset d from clean {\n    filter { keep ‸ }\n}",
        ["response", "instruction", "length", "words", "not", "meta."],
        ["chosen", "filter", "base"],
    ),
    "a row expression behind a split": (
        "dataset d from clean.train {\n    split { a: 1%, b: 99% }\n    filter { keep ‸ }\n}",
        ["split", "id"],
        ["chosen"],
    ),
    "behind an operand": (
        "dataset d from clean {\n    filter { keep words(response) ‸ }\n}",
        ["and", "in", "or"],
        ["words"],
    ),
    "arguments": (
        "dataset d from clean {\n    dedup { semantic(prompt, ‸) }\n}",
        ["cosine", "using"],
        ["unicode"],
    ),
    "arguments that are given": (
        "dataset d from clean {\n    dedup { semantic(prompt, cosine: 0.9, ‸) }\n}",
        ["using"],
        ["cosine"],
    ),
    "a word": ("dataset d from clean {\n    normalize(unicode: ‸)\n}", ["nfc", "nfkc"], ["strip", "clean"]),
    "an embedder": (
        "dataset d from clean {\n    dedup { semantic(prompt, using: ‸) }\n}",
        ["minilm"],
        ["base", "clean"],
    ),
    "a benchmark in a list": (
        "dataset d from clean {\n    decontaminate(against: [‸]) { exact() }\n}",
        ["held"],
        ["base", "minilm"],
    ),
    "an operator as a value": ("dataset d from clean {\n    select(5, by: ‸)\n}", ["random", "k_center"], ["exact"]),
    "a constant that fits": ("dataset d from clean {\n    limit(‸)\n}", ["words_wanted"], ["name", "base"]),
    "a format": ('source s = jsonl("data/tasks.jsonl", format: ‸)', ["alpaca", "belle"], ["nfc"]),
    "a file": ('source s = jsonl("data/‸")', ["tasks.jsonl"], ["common.tune"]),
    "a folder": ('source s = jsonl("‸")', ["data/"], ["common.tune"]),
    "a quote without its end": ('source s = jsonl("data/ta‸', ["tasks.jsonl"], []),
    "an import": ('import "‸"', ["common.tune"], ["tasks.jsonl"]),
    "a column": (
        'benchmark b = jsonl("data/tasks.jsonl", format: {question: "‸"})',
        ["instruction", "topic"],
        ["base"],
    ),
    "a column behind meta": ("dataset d from clean {\n    filter { keep meta.‸ }\n}", ["topic"], ["response"]),
    "a bundled embedder": ('embedder e = bundled("‸")', ["all-minilm-l6-v2"], ["smollm2-135m-instruct"]),
    "a bundled model": ('model e = bundled("‸', ["smollm2-135m-instruct"], ["all-minilm-l6-v2", "data/"]),
    "a label": (
        'dataset d from clean {\n    filter { keep topic(prompt, using: minilm) == "‸" }\n}',
        ["mathematics", "health"],
        ["en"],
    ),
    "a path in a list": ('source s = jsonl(["‸"], format: alpaca)', ["data/"], ["en"]),
    "a language": ('dataset d from clean {\n    filter { keep lang(prompt) == "‸" }\n}', ["en", "zh"], ["data/"]),
    "languages in a list": (
        'dataset d from clean {\n    filter { keep lang(concat(prompt, "a")) in ["en", "‸"] }\n}',
        ["de", "zh"],
        ["data/"],
    ),
    "a language without quotes": (
        "dataset d from clean {\n    filter { keep lang(prompt) == ‸ }\n}",
        ['"en"', "name"],
        ["clean", "prompt"],
    ),
    "an origin": (
        "dataset d from clean {\n    filter { keep origin == ‸ }\n}",
        ["common.tasks"],
        ["base", "prompt", "clean"],
    ),
    "a licence": ('source s = jsonl("data/tasks.jsonl", license: "‸")', ["Apache-2.0"], ["alpaca"]),
    "a comment": ("# da‸", [], ["dataset"]),
    "a number": ("dataset d from clean {\n    limit(10‸)\n}", [], ["words_wanted"]),
    "behind a mistake": ("dataset d from clean {\n    filter { keep ) }\n    ‸\n}", ["dedup"], ["lora"]),
    "between declarations": ("‸\n\ndataset d from clean { shuffle() }", ["model"], ["filter"]),
}


def test_every_place(work: Path) -> None:
    wrong: list[str] = []

    async def script(editor: Editor) -> None:
        editor.open("a.tune", HEAD)
        end = position_of(HEAD, len(HEAD))
        for name, (marked, wanted, unwanted) in PLACES.items():
            editor.edit(
                "a.tune",
                end,
                position_of(editor.texts["a.tune"], len(editor.texts["a.tune"])),
                marked.replace(CURSOR, ""),
            )
            place = position_of(HEAD + marked, (HEAD + marked).index(CURSOR))
            params = types.CompletionParams(editor.document("a.tune"), place)
            found = await editor.ask("text_document_completion", params)
            labels = [item.label for item in found.items]
            missing, excess = set(wanted) - set(labels), set(unwanted) & set(labels)
            if missing or excess or len(labels) != len(set(labels)):
                wrong.append(f"{name}: missing {sorted(missing)}, excess {sorted(excess)} of {labels}")

    dialogue(work, script)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("marked", "label", "result"),
    [
        ("dataset d from clean.tr‸", "train", "dataset d from clean.train"),
        ("dataset d from common.‸", "common.tasks", "dataset d from common.tasks"),
        ('source s = csv("data/ta‸", format: text)', "tasks.jsonl", 'source s = csv("data/tasks.jsonl", format: text)'),
        ("dataset d from clean { normalize(uni‸) }", "unicode", "dataset d from clean { normalize(unicode: ) }"),
        ("# 🙂\ndataset 数据 from cl‸", "clean", "# 🙂\ndataset 数据 from clean"),
        ("rule r = \"🙂🙂\" == res‸", "response", "rule r = \"🙂🙂\" == response"),
    ],
)  # fmt: skip
def test_what_is_chosen_replaces_what_was_typed(work: Path, marked: str, label: str, result: str) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", HEAD + marked)
        found = await editor.at("text_document_completion", types.CompletionParams, "a.tune", position)
        item = next(item for item in found.items if item.label == label)
        assert applied(editor.texts["a.tune"], [item.text_edit]) == HEAD + result

    dialogue(work, script)


def test_completion(record: Record) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", HEAD + "dataset d from clean {\n    normalize(unicode: ‸)\n}\n")
        await editor.at("text_document_completion", types.CompletionParams, "a.tune", position)
        position = editor.open("b.tune", HEAD + "dataset d from clean.‸")
        await editor.at("text_document_completion", types.CompletionParams, "b.tune", position)
        position = editor.open("c.tune", HEAD + 'source s = jsonl("data/‸")')
        await editor.at("text_document_completion", types.CompletionParams, "c.tune", position)

    record(script)


def test_snippets_for_an_editor_that_takes_them(work: Path) -> None:
    item = types.ClientCompletionItemOptions(snippet_support=True)
    completion = types.CompletionClientCapabilities(completion_item=item)
    capabilities = types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(completion=completion))

    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", HEAD + "dataset d from clean {\n    fil‸\n}\n")
        found = await editor.at("text_document_completion", types.CompletionParams, "a.tune", position)
        chosen = next(item for item in found.items if item.label == "filter")
        assert chosen.insert_text_format is types.InsertTextFormat.Snippet
        assert chosen.text_edit.new_text == "filter {\n\t$0\n}"

    dialogue(work, script, capabilities)
