"""A source does not state the licence of its data.

Without a licence nobody else's text may be used, and whoever finds the published data set cannot tell what they may do
with it. Set `license:` to an SPDX identifier; it changes no result and reruns nothing. Your own data has a licence too:
the one you give it. Use `LicenseRef-NAME` for terms that SPDX does not list.

Source: Longpre et al., The Data Provenance Initiative (arXiv 2310.16787), which found that popular hosting sites omit
the licence of over 70% of data sets.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca)
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "CC-BY-4.0")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View

CODE = "T309"
SEVERITY = "warning"
_STATED = ("connectors.rows", "connectors.version")


def check(view: View) -> Iterator[Finding]:
    """Sources with the argument, and nothing in it. Rows that stand in the spec are under the spec's own licence, and
    an earlier version has its licence in its manifest."""
    for source in view.declared("source"):
        node = view.nodes[source.entity.node]
        if node.params.get("license") == "" and node.op not in _STATED:
            message = f"`{source.name}` has no `license:`"
            where = source.call.name_span if source.call is not None else source.item.name_span
            yield Finding(message, where, help='add `license: "…"`, an SPDX identifier such as "CC-BY-4.0"')
