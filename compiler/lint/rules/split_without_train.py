"""A `split` whose parts are not named `train`, `validation` and `test`.

`train … on rows` uses `rows.train`; without a split of that name it uses all rows, including those that were meant to
be held out. Hubs and trainers look for the same three names. A split that the spec itself refers to, such as
`perplexity(on: rows.dev)`, may have any name.

Source: Hugging Face, Structure your repository: the names of splits.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup { exact(prompt) }
        split { training: 90%, validation: 10% }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.names import suggestion
from tunec.dsl.tree import Argument

CODE = "T329"
SEVERITY = "warning"
WHOLE = True
_USUAL = ("train", "validation", "test")


def check(view: View) -> Iterator[Finding]:
    """The names of the parts of every `split`."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name != "split":
                continue
            looked_for = {*_USUAL, *_asked_for(view, stage)}
            for entry in stage.block:
                if isinstance(entry, Argument) and entry.name is not None and entry.name not in looked_for:
                    where = entry.name_span or entry.span
                    help_, fixes = suggestion(entry.name, _USUAL, where)
                    told = help_ or "the usual names are `train`, `validation` and `test`"
                    yield Finding(f"nothing uses a split named `{entry.name}`", where, help=told, fixes=fixes)


def _asked_for(view: View, split: Staged) -> Iterator[str]:
    """The parts of a split that the spec refers to."""
    for node in view.nodes.values():
        if node.op == "part" and split.node.id in view.upstream(node.inputs[0]):
            yield str(node.params["split"])
