"""How rows flow through the steps of a version: from sources through stages to splits, or out where dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunec.runtime.versions.report.charts import Chart, Table, plain, sankey

_COLOURS = {"source": "$a", "stage": "$e", "kept": "$c", "dropped": "$f"}


@dataclass(frozen=True, slots=True)
class Account:
    """What one node of the graph did with rows. `seconds` are those of its step, at the last node of that."""

    node: str
    id: str
    op: str
    owner: str
    place: str
    rows_in: int
    made: int
    dropped: int
    rows_out: int
    rules: Mapping[str, int]
    seconds: float | None

    @property
    def name(self) -> str:
        """The stage, or the name of a source."""
        kind = self.op.split(".")[0]
        return self.op.split(".")[-1] if kind in ("stages", "concat", "part") else self.owner or kind


def accounts(manifest: Mapping[str, Any], run: Mapping[str, Any]) -> list[Account]:
    """What every node that handles rows did, in the order in which they ran."""
    seconds = run.get("steps", {})
    found = []
    for step in manifest["steps"]:
        nodes = step.get("nodes", ())
        for number, (graph_id, node) in enumerate(zip(step["ids"], nodes, strict=False)):
            known = manifest["nodes"].get(node["node"], {})
            rows_in, made, dropped, rows_out = (int(node[key]) for key in ("rows_in", "made", "dropped", "rows_out"))
            last = seconds.get(step["label"]) if number == len(nodes) - 1 else None
            origin = manifest["origins"].get(node["node"], [known.get("owner", "")])
            owner = known.get("owner", "") or origin[0]
            place = known.get("place", "")
            found.append(
                Account(
                    node["node"],
                    graph_id,
                    node["op"],
                    owner,
                    place,
                    rows_in,
                    made,
                    dropped,
                    rows_out,
                    node["rules"],
                    last,
                )
            )
    return found


def above(graph: Mapping[str, Any], node_id: str) -> set[str]:
    """The nodes that rows come through on their way to a node. What a generation starts from are other rows."""
    nodes = {node["id"]: node for node in graph["nodes"]}
    todo, seen = [node_id], set[str]()
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += _inputs(nodes[here])
    return seen


def _inputs(node: Mapping[str, Any]) -> list[str]:
    if node["op"] == "concat":
        return list(node["inputs"])
    return list(node["inputs"][:1]) if node["op"].startswith("stages.") or node["op"] == "part" else []


def flow(manifest: Mapping[str, Any], done: list[Account]) -> Chart | None:
    """The rows of all data sets of a version as they flow. Stages that neither make nor drop rows are left out."""
    graph = manifest["graph"]
    targets = {n: t for n, t in manifest["targets"].items() if "splits" in t and n in graph["targets"]}
    wanted = set[str]().union(*(above(graph, graph["targets"][name]["node"]) for name in targets), set())
    drawing = _Drawing(manifest, {a.id: a for a in done if a.id in wanted}, len(targets) > 1)
    for name, target in targets.items():
        drawing.end(name, graph["targets"][name]["node"], target["splits"])
    if not drawing.links:
        return None
    links = [(a, b, n) for (a, b), n in drawing.links.items() if n]
    return sankey("Rows from source to split", list(drawing.nodes.values()), links, steps_table(done))


def steps_table(done: list[Account]) -> Table:
    """The same as numbers."""
    rows = tuple((_told(a), a.rows_in, a.made, a.dropped, a.rows_out) for a in done)
    return Table(("step", "in", "made", "dropped", "out"), rows)


def _told(account: Account) -> str:
    return account.name if account.name == account.owner or not account.owner else f"{account.owner} · {account.name}"


class _Drawing:
    def __init__(self, manifest: Mapping[str, Any], done: Mapping[str, Account], several: bool) -> None:
        self.graph = {node["id"]: node for node in manifest["graph"]["nodes"]}
        self.done, self.several = done, several
        self.nodes: dict[str, dict[str, Any]] = {}
        self.links: dict[tuple[str, str], int] = {}
        self.names: dict[str, str] = {}

    def end(self, name: str, node_id: str, splits: Mapping[str, int]) -> None:
        ends = list(self._feeding(node_id))
        shown = splits if len(splits) > 1 else {"rows": sum(splits.values())}
        if len(ends) != 1:
            hub = self._node(f"= {name}", name, sum(n for _, n in ends), "stage")
            for before, count in ends:
                self._link(before, hub, count)
            ends = [(hub, sum(n for _, n in ends))]
        for split, count in shown.items():
            label = f"{name} {split}" if split != "rows" else name
            self._link(ends[0][0], self._node(f"{name} · {split}", label, count, "kept"), count)

    def _feeding(self, node_id: str) -> Iterator[tuple[str, int]]:
        """The drawn nodes whose rows a node hands on, each with how many."""
        node, account = self.graph[node_id], self.done.get(node_id)
        if account is not None and (account.dropped or account.made or not _inputs(node)):
            yield self._drawn(account), account.rows_out
            return
        ends = [end for above_ in _inputs(node) for end in self._feeding(above_)]
        if node["op"] == "part" and account is not None and len(ends) == 1:
            ends = [(ends[0][0], account.rows_out)]  # one split of what the others went to
        yield from ends

    def _drawn(self, account: Account) -> str:
        if account.id in self.names:
            return self.names[account.id]
        kind = "stage" if _inputs(self.graph[account.id]) else "source"
        label = _told(account) if self.several else account.name
        taken = {node["name"] for node in self.nodes.values()}
        key = next(k for k in (label, *(f"{label} ({n})" for n in range(2, 999))) if k not in taken)
        # A source says how many rows it had, a stage how many are left: what was dropped stands beside it.
        count = account.rows_out + account.dropped if kind == "source" else account.rows_out
        self.names[account.id] = self._node(key, label, count, kind)
        for above_ in _inputs(self.graph[account.id]):
            for before, count in self._feeding(above_):
                self._link(before, key, count)
        if account.dropped:
            gone = self._node(f"dropped by {key}", "dropped", account.dropped, "dropped")
            self._link(key, gone, account.dropped)
        return key

    def _node(self, key: str, label: str, count: int, kind: str) -> str:
        self.nodes[key] = {"name": key, "label": f"{plain(label)}  {count:,}", "colour": _COLOURS[kind]}
        return key

    def _link(self, before: str, after: str, count: int) -> None:
        self.links[before, after] = self.links.get((before, after), 0) + count
