"""The text of training rows is never normalized.

A model also learns white space and encoding: trailing spaces, Windows line endings, three spellings of one accented
letter. It then writes them, and two rows that differ only there are not seen as duplicates. `normalize()` costs next to
nothing; put it first.

Source: Meta AI, How to fine-tune: focus on effective datasets (2024), on the format of outputs.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize(unicode: nfc, whitespace: collapse)
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import expect_entries
from tunec.dsl.diagnostics import Edit, Fix, Label
from tunec.dsl.source import Span

CODE = "T315"
SEVERITY = "warning"
WHOLE = True
_ANSWERS = {"response", "messages", "text", "chosen"}


def check(view: View) -> Iterator[Finding]:
    """Rows that are trained on, with no `normalize` and no `set` of the answer on their way."""
    for rows, trainings in view.trained_on().items():
        nodes = [view.nodes[n] for n in view.upstream(rows)]
        written = [set(expect_entries(n.params["fields"])) for n in nodes if n.op == "stages.set"]
        cleaned = any(n.op == "stages.normalize" for n in nodes) or any(_ANSWERS & names for names in written)
        used = view.referred(trainings[0].item.on)
        if cleaned or not used:
            continue
        item = used[0][1].item
        fixes: tuple[Fix, ...] = ()
        if item.kind == "dataset" and item.block is not None and item.block.statements:
            at = Span(item.block.span.file, item.block.statements[0].span.start, item.block.statements[0].span.start)
            fixes = (Fix("add `normalize()`", (Edit(at, "normalize()\n    "),), safe=False),)
        labels = (Label(trainings[0].item.name_span, "trained on them"),)
        message = f"nothing normalizes the text of `{used[0][1].name}`"
        yield Finding(message, item.name_span, "", labels, "put `normalize()` first", fixes)
