"""A `split` whose parts are not named `train`, `validation` and `test`.

`train … on rows` takes `rows.train`, and where there is no such part, all rows, those that were to be held out among
them. Hubs and trainers look for the same three names.

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
from tunec.compiler.lint.view import View
from tunec.compiler.names import suggestion
from tunec.dsl.tree import Argument

CODE = "T329"
SEVERITY = "warning"
_USUAL = ("train", "validation", "test")


def check(view: View) -> Iterator[Finding]:
    """The names of the parts of every `split`."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            for entry in stage.block if stage.name == "split" else ():
                if isinstance(entry, Argument) and entry.name is not None and entry.name not in _USUAL:
                    where = entry.name_span or entry.span
                    help_, fixes = suggestion(entry.name, _USUAL, where)
                    told = help_ or "the usual names are `train`, `validation` and `test`"
                    yield Finding(f"nothing looks for a part named `{entry.name}`", where, help=told, fixes=fixes)
