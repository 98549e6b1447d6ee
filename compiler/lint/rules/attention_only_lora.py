"""LoRA adapters on the attention matrices only.

Two thirds of the weights of a transformer layer are in its MLP, and adapters there account for most of what fine-tuning
adds. With attention only, even a large rank falls short of full fine-tuning; with the MLP, or with all matrices, it
keeps up. The choice of `q_proj` and `v_proj` in the LoRA paper was made for a different kind of task. Adapt the MLP as
well.

Source: Biderman et al., LoRA Learns Less and Forgets Less (arXiv 2405.09673); Lee et al., Platypus (arXiv 2308.07317),
section 2.4.

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
        lora(modules: [q_proj, v_proj])
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
        lora(modules: [q_proj, v_proj, gate_proj, up_proj, down_proj])
        sft(epochs: 2)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect, expect_items

CODE = "T502"
SEVERITY = "warning"
_ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}


def check(view: View) -> Iterator[Finding]:
    """The modules of every adapter."""
    for training in view.declared("train"):
        adapter = expect(Call, view.nodes[training.entity.node].params["adapter"])
        modules = set(expect_items(adapter.args.get("modules") or ()))
        if modules and modules <= _ATTENTION:
            call = training.stage(adapter.name)
            written = argument(call, "modules")
            where = written.span if written else call.name_span if call else training.item.name_span
            yield Finding(
                f"`{training.name}` adapts the attention matrices only",
                where,
                help="add `gate_proj, up_proj, down_proj`",
            )
