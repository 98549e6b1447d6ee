"""`max_length` is above what the model can look at.

A model knows positions up to the context that its configuration states. Rows beyond it are computed with positions that
it has never seen, and it learns little but noise from them; some models stop with an error. Lower `max_length`, so that
longer rows are told of before the training.

Source: the field `max_position_embeddings` of a model's configuration, in the documentation of transformers.

Example:
    source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2, max_length: 16384)
    }

Instead:
    source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2, max_length: 8192)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect

CODE = "T506"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The longest row of every training, against the context of its model."""
    for training in view.declared("train"):
        objective = expect(Call, view.nodes[training.entity.node].params["objective"])
        longest, model = objective.args.get("max_length"), view.base(training)
        if model is None or model.context is None or not isinstance(longest, int) or longest <= model.context:
            continue
        call = training.stage(objective.name)
        written = argument(call, "max_length")
        where = written.span if written else call.name_span if call else training.item.name_span
        message = f"`max_length` is {longest:,}, and the model can look at {model.context:,} tokens"
        yield Finding(message, where, help=f"use `max_length: {model.context}` or less")
