"""All weights of a model are trained on rows from one source.

Training all weights makes a model forget: whatever the new rows do not exercise gets worse. A share of general data in
the mix preserves those skills. An adapter forgets less, because the original weights stay as they are. Mix in general
rows, or use `lora()`.

Source: Biderman et al., LoRA Learns Less and Forgets Less (arXiv 2405.09673); Meta AI, Methods for adapting large
language models (2024).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from tasks {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        full()
        sft(epochs: 2, learning_rate: 2e-5)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        full()
        sft(epochs: 2, learning_rate: 2e-5)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Call, expect

CODE = "T503"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Trainings with `full()` whose rows begin at one place."""
    for training in view.declared("train"):
        node = view.nodes[training.entity.node]
        leaves = view.leaves(node.inputs[1])
        if expect(Call, node.params["adapter"]).operator == "adapters.full" and len(leaves) == 1:
            call = training.stage("full")
            name = view.names.get(leaves[0], "one source")
            where = call.span if call is not None else training.item.name_span
            message = f"`full()` on rows of `{name}` only: the model will forget what they do not exercise"
            yield Finding(message, where, help="mix in a share of general rows, or use `lora()`")
