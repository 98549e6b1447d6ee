"""Which columns hold values of several types as JSON text: known of sources, and of what is put together of them."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.runtime.store.results import Results


def mixed_columns(results: Results, node_id: str, running: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The columns of a node's rows, as `meta.NAME`, with what they held. `running` knows those of steps that this build
    ran, by node."""
    plan, store = results.plan, results.store
    written: set[str] = set()
    node = plan.graph.node(node_id)
    while not (node.op == "concat" or node.op.startswith("connectors.")):
        fields = node.params.get("fields")
        written |= set(fields) if node.op == "stages.set" and isinstance(fields, Mapping) else set()
        if node.op == "generate" or not node.inputs:
            return {}
        node = plan.graph.node(node.inputs[0])
    found: dict[str, str] = dict(running.get(node.id, {}))
    step = next((step for step in plan.steps if any(part.id == node.id for part in step.step.nodes)), None)
    if node.id not in running and step is not None and store.has(step.fingerprint):
        for account in store.info(step.fingerprint).get("nodes", ()):
            found |= account.get("mixed", {})
    return {name: held for name, held in found.items() if name not in written}
