"""The rank of an adapter is above the width of its model.

The two thin matrices of LoRA stand for a change of low rank. A weight matrix has no more rank than its shorter side,
and the model's width is one of the two: a higher rank makes the adapter larger than the weights that it is to spare,
and adds nothing that it could say. Ranks of 8 to 256 are usual.

The width is that of the model's configuration, where that is at hand, and else the largest of a published model.

Source: Hu et al., LoRA (arXiv 2106.09685), sections 4.1 and 7.2; the field `hidden_size` of a model's configuration, in
the documentation of transformers.

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
        lora(rank: 1024)
        sft(epochs: 2)
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
        lora(rank: 64)
        sft(epochs: 2)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.trials import trials_of
from tunec.compiler.lint.view import View, argument, call_of
from tunec.compiler.lowered import Call, Ref, expect
from tunec.compiler.sample import ModelSeen
from tunec.dsl import tree
from tunec.dsl.source import Span

CODE = "T508"
SEVERITY = "warning"
#: The width of the widest model that was published with its weights or its shape, Megatron-Turing NLG 530B.
WIDEST = 20_480


def check(view: View) -> Iterator[Finding]:
    """The rank of every adapter, and of those of trials, against the width of the model below."""
    for training in view.declared("train"):
        adapter = expect(Call, view.nodes[training.entity.node].params["adapter"])
        yield from _checked(adapter, view.base(training), training.stage(adapter.name), training.item.name_span)
    for declared in view.declared("rule", "dataset"):
        fitted = declared.stage("finetune") is not None
        places = [(view.nodes[declared.entity.node], declared.statements)] if fitted else []
        places += [(stage.node, stage.block) for stage in view.stages(declared)] if declared.item.kind != "rule" else []
        for node, statements in places:
            calls = (call_of(statement) for statement in statements)
            call = next((call for call in calls if call is not None and call.name == "finetune"), None)
            for trial in trials_of(view, node)[:1] if call is not None else ():
                made = expect(Call, trial.params["finetune"])
                base = view.model_seen(expect(Ref, made.args["base"]).node)
                yield from _checked(made, base, call, declared.item.name_span)


def _checked(made: Call, model: ModelSeen | None, call: tree.Call | None, span: Span) -> Iterator[Finding]:
    rank, known = made.args.get("rank"), model is not None and model.width is not None
    width = model.width if model is not None and model.width is not None else WIDEST
    if not isinstance(rank, int) or rank <= width:
        return
    written = argument(call, "rank")
    where = written.span if written is not None else call.name_span if call is not None else span
    said = f"the model is {width:,} wide" if known else f"no model that was published is wider than {width:,}"
    yield Finding(f"`rank` is {rank:,}, and {said}", where, help="ranks of 8 to 256 are usual")
