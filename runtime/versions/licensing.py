"""Under which licences the rows of a build stand, and which of them do not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tunec.compiler.graph import Graph, Node
from tunec.compiler.licences import conflicts, told
from tunec.compiler.lint.rule import all_codes
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.secrets import masked
from tunec.runtime.sources.earlier_versions import Earlier


def sources_of(graph: Graph, node_id: str) -> list[Node]:
    """The sources whose rows reach a node. Of references in arguments, the seeds alone become part of rows: benchmarks
    are no sources."""
    found: dict[str, Node] = {}
    seen: set[str] = set()
    todo = [node_id]
    while todo:
        node = graph.node(todo.pop())
        if node.id not in seen:
            seen.add(node.id)
            if node.op.startswith("connectors."):
                found[node.id] = node
            todo += node.inputs if node.op == "concat" else node.inputs[:1]
    return list(found.values())


def licence_of(source: Node, earlier: Mapping[str, Earlier]) -> str:
    """The licence that a source states, or that the version which it reads hands on; empty where there is none."""
    stated = masked(str(source.params.get("license", "")))
    return stated or (earlier[source.id].licence if source.id in earlier else "")


def inherited_conflicts(graph: Graph, targets: Iterable[str], earlier: Mapping[str, Earlier]) -> dict[Diagnostic, None]:
    """What the licences of earlier versions forbid, which no linter can know: each once, in order."""
    ours, found = str(graph.spec["license"]), dict[Diagnostic, None]()
    for name in targets if earlier else ():
        if not graph.node(graph.targets[name].node).rows:
            continue
        sources = {graph.origins[s.id][0]: s for s in sources_of(graph, graph.targets[name].node)}
        for conflict in conflicts({n: licence_of(s, earlier) for n, s in sources.items()}, ours):
            two = [sources[n] for n in (conflict.source, conflict.other) if n]
            handed = [s for s in two if s.id in earlier and not s.params.get("license")]
            if handed and conflict.reason not in ("unknown", "excluded"):
                version = earlier[handed[0].id]
                message = f"{told(conflict, ours)} ({version.version} hands on {version.licence})"
                way = "choose another licence for the spec, or state `license:` if you hold other rights"
                place, about = graph.spans[handed[0].id], all_codes()["T310"]
                found[Diagnostic("T310", message, place, help=way, about=about)] = None
    return found
