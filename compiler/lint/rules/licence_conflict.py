"""The licence of a source does not allow what the spec does with its data.

What is made from a non-commercial source cannot be published under a licence that allows commercial use. What is made
from a share-alike source must be published under the same licence, or one that it lists as compatible; two share-alike
licences that do not list each other cannot be combined in one data set at all. A no-derivatives source cannot be
filtered, mixed and published. Choose a licence for the spec that fits all its sources, or remove the source.

Source: the licences' own terms; Creative Commons, Compatible Licenses; Longpre et al. (arXiv 2310.16787).

Example:
    spec chat(version: "1.0.0", license: "Apache-2.0")
    source alpaca = jsonl("alpaca.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
    dataset rows from alpaca { dedup { exact(prompt) } }

Instead:
    spec chat(version: "1.0.0", license: "CC-BY-NC-4.0")
    source alpaca = jsonl("alpaca.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
    dataset rows from alpaca { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.licences import Conflict, conflicts
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View, argument
from tunec.dsl.diagnostics import Label

CODE = "T310"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """What the sources of each data set forbid, each conflict once."""
    said: set[Conflict] = set()
    for dataset in view.declared("dataset"):
        sources = {}
        for leaf in view.leaves(dataset.entity.node):
            declared = view.declaration(leaf)
            licence = view.nodes[leaf].params.get("license")
            if declared is not None and isinstance(licence, str):
                sources[declared.name] = licence
        for conflict in conflicts(sources, str(view.spec["license"])):
            if conflict.reason != "unknown" and conflict not in said:
                said.add(conflict)
                yield _finding(view, conflict)


def _finding(view: View, conflict: Conflict) -> Finding:
    source = _named(view, conflict.source)
    written = argument(source.call, "license")
    ours = str(view.spec["license"])
    message = {
        "non-commercial": f"`{conflict.source}` is non-commercial, but the spec is published under {ours}",
        "share-alike": f"what is made from `{conflict.source}` must be published under {conflict.licence}, not {ours}",
        "no-derivatives": f"`{conflict.source}` allows no derivatives, but a data set made from it is one",
        "two-share-alikes": f"`{conflict.source}` and `{conflict.other}` must each keep their own licence",
        "unknown": "",
    }[conflict.reason]
    labels = []
    if conflict.other:
        other = _named(view, conflict.other)
        there = argument(other.call, "license")
        labels.append(Label(there.span if there is not None else other.item.name_span, conflict.other_licence))
    spec = view.builder.program.spec
    licence = next((a for a in spec.arguments if a.name == "license"), None) if spec is not None else None
    if licence is not None and conflict.reason in ("non-commercial", "share-alike"):
        labels.append(Label(licence.span, "the licence of the spec"))
    where = written.span if written is not None else source.item.name_span
    return Finding(message, where, conflict.licence, tuple(labels))


def _named(view: View, name: str) -> Declared:
    return next(d for d in view.declared("source", "seeds", "benchmark") if d.name == name)
