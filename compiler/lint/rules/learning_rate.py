"""A learning rate that does not fit what is trained.

Training all weights of a model works at about 2e-5; at ten times that, what the model knew is gone after a few hundred
steps. The small matrices of an adapter start at zero and need about ten times more; at 1e-5 they have hardly moved when
training ends.

Source: Taori et al., Stanford Alpaca (full, 2e-5); Hu et al., LoRA (arXiv 2106.09685); Lee et al., Platypus
(arXiv 2308.07317), 3e-4 to 4e-4.

Example:
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
        sft(epochs: 2, learning_rate: 4e-4)
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
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect

CODE = "T504"
SEVERITY = "warning"
#: Lowest and highest rate that is not remarked upon, by adapter.
_USUAL = {"adapters.full": (1e-7, 1e-4), "adapters.lora": (2e-5, 2e-3), "adapters.qlora": (2e-5, 2e-3)}


def check(view: View) -> Iterator[Finding]:
    """The rate of every training, against what its adapter is used to."""
    for training in view.declared("train"):
        params = view.nodes[training.entity.node].params
        adapter, objective = expect(Call, params["adapter"]), expect(Call, params["objective"])
        usual, rate = _USUAL.get(adapter.operator), objective.args.get("learning_rate")
        if usual is None or not isinstance(rate, int | float) or usual[0] <= rate <= usual[1]:
            continue
        call = training.stage(objective.name)
        written = argument(call, "learning_rate")
        where = written.span if written else call.name_span if call else training.item.name_span
        size = "high" if rate > usual[1] else "low"
        advice = "about 2e-5" if adapter.name == "full" else "about 2e-4"
        message = f"a learning rate of {rate:g} is unusually {size} for `{adapter.name}`"
        yield Finding(message, where, help=f"use {advice}")
