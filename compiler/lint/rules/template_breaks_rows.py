"""The model's chat template is known to break rows such as these.

Some templates delete the reasoning of earlier turns, end the last turn otherwise than the others, refuse a system
prompt, or have no form for tools. Rows with these cannot be trained on as they are: the proof of training stops the
build, after the data set was made. The texts of the template and the first records of local files are inspected. A
model without any chat template is told of as well.

Source: the table of templates in `docs/training.md`.

Example:
    source talks = jsonl("data/talks.jsonl", format: messages, license: "MIT")
    source tasks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = local("qwen3")

    dataset rows from [talks, tasks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(text) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

Instead:
    source talks = jsonl("data/talks.jsonl", format: messages, license: "MIT")
    source tasks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
    model base = local("qwen3")

    dataset rows from [talks, tasks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(text) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2, template: training)
    }
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View
from tunec.compiler.lowered import Call, expect
from tunec.compiler.sample import Sample

CODE = "T507"
SEVERITY = "warning"
#: What a record holds whose rows have reasoning, or turns that are not trained, whatever the form.
_REASONING = re.compile(r'<think>|(?<!\\)"(?:reasoning\w*|thinking)"')
#: Calls of tools and what they answer, whatever the form.
_TOOLS = re.compile(
    r'(?<!\\)"(?:tools|tool_calls|function_call|tool_call_id)": (?!null|\[\]|"")|(?<!\\)"(?:tool_use|tool_result)"|'
    r'"(?:role|from)": "(?:tool|function|function_call|observation)"'
)
_UNTRAINED = '"train": false'


def check(view: View) -> Iterator[Finding]:
    """The template of the model of every training, against the rows at hand."""
    for training in view.declared("train"):
        node = view.nodes[training.entity.node]
        objective, model = expect(Call, node.params["objective"]), view.base(training)
        if model is None or objective.args.get("template", "model") != "model" or objective.name == "pretrain":
            continue
        call = training.stage(objective.name)
        where = call.name_span if call else training.item.name_span
        if model.template is False:
            message = f"the model that `{training.name}` trains has no chat template"
            yield Finding(message, where, help="train a chat model, or set `template: alpaca`")
        elif model.hurts and (sample := _broken(view, training, model.hurts)) is not None:
            yield Finding(model.breaks, where, help=model.remedy, notes=(f"`{sample.path}` has such rows",))


def _broken(view: View, training: Declared, hurts: tuple[str, ...]) -> Sample | None:
    """The first source with rows that have all of this."""
    for leaf in view.leaves(view.nodes[training.entity.node].inputs[1]):
        sample = view.sample(leaf)
        if sample is None or ("turns" in hurts and sample.exchanges < 2):
            continue
        if any(_has(record, hurts) for record in sample.records):
            return sample
    return None


def _has(record: dict[str, object], hurts: tuple[str, ...]) -> bool:
    text = json.dumps(record, default=str)
    if _UNTRAINED in text:
        return False
    reasons = "reasoning" not in hurts or _REASONING.search(text) is not None
    calls = "tools" not in hurts or _TOOLS.search(text) is not None
    return reasons and calls and ("system" not in hurts or '"system"' in text)
