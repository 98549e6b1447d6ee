"""A source has rows that are longer than the training accepts.

A row with more tokens than `max_length` stops the build, or is left out where `allow: [too_long]` says so. In any
script that separates words by spaces, a text has at least as many tokens as words, so a row with more words than
`max_length` cannot fit; how many more are too long is known once the tokenizer has read them. Raise `max_length`, or
filter by length explicitly. `pretrain` splits long texts, so that none is too long.

Source: the page of `sft`, in `tunec ops sft`.

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
        sft(epochs: 2, max_length: 16)
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
        sft(epochs: 2, max_length: 256)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect
from tunec.dsl.diagnostics import Label

CODE = "T505"
SEVERITY = "warning"
#: A share of long rows below this is not worth a remark.
_LEAST = 0.01
#: The objective that splits texts which are too long.
_SPLITS = "pretrain"


def check(view: View) -> Iterator[Finding]:
    """The rows at hand of every source of a training, counted in words."""
    for training in view.declared("train"):
        node = view.nodes[training.entity.node]
        objective = expect(Call, node.params["objective"])
        longest = objective.args.get("max_length")
        if not isinstance(longest, int) or objective.args.get("packing") or objective.name == _SPLITS:
            continue
        for leaf in view.leaves(node.inputs[1]):
            sample = view.sample(leaf)
            if sample is None:
                continue
            long = sum(_words(record, longest) > longest for record in sample.records)
            if long > _LEAST * len(sample.records):
                call = training.stage(objective.name)
                written = argument(call, "max_length")
                where = written.span if written else call.name_span if call else training.item.name_span
                source = view.declaration(leaf)
                labels = (Label(source.item.name_span, "read here"),) if source is not None else ()
                total = len(sample.records)
                message = f"at least {long} of {total} rows in `{sample.path}` have more than {longest} words"
                left_out = "too_long" in expect(tuple, objective.args.get("allow", ()))
                becomes = "these rows are left out" if left_out else "these rows stop the build"
                yield Finding(message, where, becomes, labels)


def _words(value: object, enough: int) -> int:
    """The words in all texts of a record."""
    if isinstance(value, str):
        return value.count(" ") + 1 if len(value) > enough else 0  # a text of so few characters cannot be too long
    if isinstance(value, dict):
        return sum(_words(v, enough) for v in value.values())
    return sum(_words(v, enough) for v in value) if isinstance(value, list) else 0
