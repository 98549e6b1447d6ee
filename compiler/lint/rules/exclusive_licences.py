"""The licences of two sources exclude each other.

A non-commercial licence asks that nothing made from the source is used commercially. A share-alike licence such as
CC-BY-SA-4.0 asks that what is made from the source is published under that licence, which allows commercial use. No
licence fits a data set that is made from both. Publish two data sets, or leave one of the sources out. Where the spec
states a licence, this is a conflict with that licence (`T310`). The data card reports it as well.

Source: Creative Commons, wiki/cc license compatibility: "CC BY-NC" and "CC BY-SA" works cannot be remixed.

Example:
    spec chat(version: "1.0.0")
    source dolly = jsonl("dolly.jsonl", format: dolly, license: "CC-BY-SA-3.0")
    source alpaca = jsonl("alpaca.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
    dataset rows from [dolly, alpaca] { dedup { exact(prompt) } }

Instead:
    spec chat(version: "1.0.0")
    source dolly = jsonl("dolly.jsonl", format: dolly, license: "CC-BY-SA-3.0")
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "CC-BY-4.0")
    dataset rows from [dolly, tasks] { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.licences import Conflict, conflicts, told
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.dsl.diagnostics import Label

CODE = "T333"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Each pair of sources once, in whatever data sets they meet."""
    spec_licence = str(view.spec["license"])
    said: set[Conflict] = set()
    for dataset in view.declared("dataset"):
        for conflict in conflicts(view.licences(dataset.entity.node), spec_licence):
            if conflict.reason == "excluded" and conflict not in said:
                said.add(conflict)
                spans = []
                for name in (conflict.source, conflict.other):
                    source = view.named(name)
                    written = argument(source.call, "license")
                    spans.append(written.span if written is not None else source.item.name_span)
                other = Label(spans[1], conflict.other_licence)
                yield Finding(told(conflict, spec_licence), spans[0], conflict.licence, (other,))
