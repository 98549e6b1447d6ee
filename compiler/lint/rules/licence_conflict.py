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

from tunec.compiler.licences import Conflict, conflicts, told
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.dsl.diagnostics import Label

CODE = "T310"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """What the sources of each data set forbid, each conflict once."""
    said: set[Conflict] = set()
    for dataset in view.declared("dataset"):
        for conflict in conflicts(view.licences(dataset.entity.node), str(view.spec["license"])):
            if conflict.reason not in ("unknown", "excluded") and conflict not in said:
                said.add(conflict)
                yield _finding(view, conflict)


def _finding(view: View, conflict: Conflict) -> Finding:
    source = view.named(conflict.source)
    written = argument(source.call, "license")
    labels = []
    if conflict.other:
        other = view.named(conflict.other)
        there = argument(other.call, "license")
        labels.append(Label(there.span if there is not None else other.item.name_span, conflict.other_licence))
    spec = view.builder.program.spec
    licence = next((a for a in spec.arguments if a.name == "license"), None) if spec is not None else None
    if licence is not None and conflict.reason in ("non-commercial", "share-alike"):
        labels.append(Label(licence.span, "the licence of the spec"))
    where = written.span if written is not None else source.item.name_span
    return Finding(told(conflict, str(view.spec["license"])), where, conflict.licence, tuple(labels))
