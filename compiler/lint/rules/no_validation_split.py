"""A model is trained on all rows, with nothing held out.

Without rows that training has never seen, nothing shows whether another epoch still helps or only memorizes. Hold out a
few percent with `split`, which keeps near-duplicates on one side. Measuring `perplexity` on rows from elsewhere also
works.

Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 7.2.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
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
from tunec.compiler.lowered import calls, references, shares_of

CODE = "T501"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """Trainings whose rows are no part of a split with another part, and that nothing measures on other rows."""
    measured = set()
    for evaluation in view.declared("evaluate"):
        params = view.nodes[evaluation.entity.node].params
        if "evaluate.perplexity" in calls(params["measures"]):
            measured |= {t.id for model in references(params["models"]) for t in view.trainings(model)}
    for training in view.declared("train"):
        rows = view.nodes[view.nodes[training.entity.node].inputs[1]]
        split = view.nodes[rows.inputs[0]] if rows.op == "part" else rows
        while split.op in ("stages.shuffle", "stages.repeat", "stages.check"):  # which may come after a split
            split = view.nodes[split.inputs[0]]
        parts = shares_of(split.params) if rows.op == "part" else ()
        if not any(share for name, share in parts if name != "train") and training.entity.node not in measured:
            used = view.referred(training.item.on)
            where = training.item.on.span if training.item.on is not None else training.item.name_span
            name = used[0][1].name if used else "these rows"
            help_ = "end the data set with `split { train: 95%, validation: 5% }`"
            yield Finding(f"`{training.name}` trains on all of `{name}`; nothing is held out", where, help=help_)
