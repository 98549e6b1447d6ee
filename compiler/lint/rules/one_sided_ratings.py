"""All answers that `kto` trains on were liked, or none of them.

`kto` moves the model towards answers that were liked and away from those that were not. Of one kind alone it learns
what `sft` would learn at less cost (or only what not to say), and nothing holds the two apart. Add rows of the other
kind, or train with `sft` on those that were liked.

Source: Ethayarajh et al., KTO (arXiv 2402.01306), section 4.2, where the weights of the two kinds are balanced.

Example:
    source votes = rows([
        {prompt: "Name a colour.", completion: "Red.", label: true},
        {prompt: "Name a number.", completion: "Two.", label: true},
    ])
    source more = rows([{prompt: "Name a city.", completion: "Paris.", label: true}])
    model base = bundled("smollm2-135m-instruct")

    dataset rated from [votes, more] {
        normalize()
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    # tunec: allow T313 because "an example"
    train tuned from base on rated {
        lora()
        kto()
    }

Instead:
    source votes = rows([
        {prompt: "Name a colour.", completion: "Red.", label: true},
        {prompt: "Name a number.", completion: "Two.", label: true},
    ])
    source more = rows([{prompt: "Name a city.", completion: "A horse.", label: false}])
    model base = bundled("smollm2-135m-instruct")

    dataset rated from [votes, more] {
        normalize()
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    # tunec: allow T313 because "an example"
    train tuned from base on rated {
        lora()
        kto()
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Record
from tunec.compiler.types import RowType

CODE = "T509"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The labels of the rows of every training on ratings, where all of them are at hand."""
    for training in view.declared("train"):
        rows = view.nodes[training.entity.node].inputs[1]
        if view.nodes[rows].rows is not RowType.RATED or "stages.set" in view.passed(rows):
            continue
        labels = [label for leaf in view.leaves(rows) for label in _labels(view, leaf)]
        if labels and len(set(labels)) == 1 and isinstance(labels[0], bool):
            kind = "was liked" if labels[0] else "was disliked"
            where = training.item.on.span if training.item.on is not None else training.item.name_span
            help_ = "add rows of the other kind" + (", or train with `sft`" if labels[0] else "")
            yield Finding(f"each answer that `{training.name}` is trained on {kind}", where, help=help_)


def _labels(view: View, leaf: str) -> list[object]:
    """The labels of the rows that are read; what is not known is none."""
    params, sample = view.nodes[leaf].params, view.sample(leaf)
    written, format_ = params.get("rows"), params.get("format")
    if isinstance(written, tuple):
        return [row.entries.get("label") if isinstance(row, Record) else None for row in written]
    if sample is None or sample.rows is None:
        return [None]
    named = format_.entries.get("label") if isinstance(format_, Record) else None
    names = (named,) if isinstance(named, str) else ("label", "kto_tag")
    told = [next((record[n] for n in names if n in record), None) for record in sample.records]
    return [bool(label) if label in (0, 1) else None for label in told]
