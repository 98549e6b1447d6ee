"""A learning rate that does not fit what is trained.

Training all weights of a model works at about 2e-5; at ten times that, what the model knew is gone after a few hundred
steps. The small matrices of an adapter start at zero and need about ten times more; at 1e-5 they have hardly moved when
training ends. `dpo`, `kto` and `orpo` change a model that can already answer, and take about a fortieth of that.

Source: Taori et al., Stanford Alpaca (full, 2e-5); Hu et al., LoRA (arXiv 2106.09685); Lee et al., Platypus
(arXiv 2308.07317), 3e-4 to 4e-4; the Alignment Handbook's recipes for Zephyr (`dpo`: full, 5e-7; an adapter, 5e-6);
Hong et al., ORPO (arXiv 2403.07691), 8e-6.

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
#: Lowest and highest rate that is not remarked upon, and the usual one: of all weights, and of an adapter.
_TEXTS = ((1e-7, 1e-4, "2e-5"), (2e-5, 2e-3, "2e-4"))
_PREFERENCES = ((1e-8, 2e-5, "5e-7"), (1e-6, 2e-4, "5e-6"))
_USUAL = {f"objectives.{name}": _TEXTS for name in ("sft", "pretrain")} | {
    f"objectives.{name}": _PREFERENCES for name in ("dpo", "kto", "orpo")
}


def check(view: View) -> Iterator[Finding]:
    """The rate of every training, against what its adapter is used to."""
    for training in view.declared("train"):
        params = view.nodes[training.entity.node].params
        adapter, objective = expect(Call, params["adapter"]), expect(Call, params["objective"])
        of_all, of_adapter = _USUAL.get(objective.operator, ((0.0, 1.0, ""), (0.0, 1.0, "")))
        low, high, advice = of_all if adapter.operator == "adapters.full" else of_adapter
        rate = objective.args.get("learning_rate")
        if not isinstance(rate, int | float) or low <= rate <= high:
            continue
        call = training.stage(objective.name)
        written = argument(call, "learning_rate")
        where = written.span if written else call.name_span if call else training.item.name_span
        size = "high" if rate > high else "low"
        of = adapter.name if of_all is _TEXTS[0] else f"{objective.name}` with `{adapter.name}"
        yield Finding(f"a learning rate of {rate:g} is unusually {size} for `{of}`", where, help=f"use about {advice}")
