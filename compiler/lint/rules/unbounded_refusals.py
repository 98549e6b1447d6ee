"""Nothing bounds the share of refusals in the training rows.

A model learns how often to refuse from how often its examples do. If 60% of the data refuses and 5% is wanted, it
refuses what it should answer. Answers written by a model are full of refusals ("As an AI language model, I cannot
…"). Drop them, or bound their share.

Source: Meta AI, How to fine-tune: focus on effective datasets (2024), on class balance.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
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
        normalize()
        dedup { exact(prompt) }
        balance { share(refusal(response)) <= 5% }
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
from tunec.compiler.lowered import calls
from tunec.compiler.types import RowType
from tunec.dsl.diagnostics import Label

CODE = "T305"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Rows that are trained on, where no stage on their way asks for refusals."""
    for rows, trainings in view.trained_on().items():
        asked = any("functions.refusal" in calls(view.nodes[n].params) for n in view.upstream(rows))
        if asked or view.nodes[rows].rows not in (RowType.INSTRUCTION, RowType.CHAT):
            continue
        training = trainings[0]
        used = view.referred(training.item.on)
        if used:
            message = f"nothing bounds the share of refusals in the answers of `{used[0][1].name}`"
            help_ = "add `filter { drop refusal(response) }` or `balance { share(refusal(response)) <= 5% }`"
            labels = (Label(used[0][1].item.name_span, "the rows"),)
            yield Finding(message, training.item.on.span if training.item.on else training.item.span, "", labels, help_)
