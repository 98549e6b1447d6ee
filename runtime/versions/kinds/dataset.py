"""A published data set: Parquet files by split, a ledger of all its rows, a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Graph, Node, to_json
from tunec.compiler.lowered import Json, shares_of
from tunec.compiler.types import RowType
from tunec.runtime.base.parallel import workers
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.rows.messages import hideable, narrowed
from tunec.runtime.versions.kind import Change, Edition, TargetKind
from tunec.runtime.versions.ledger import LEVEL, make_ledger
from tunec.runtime.versions.origins import ledger_with_origins, published_origins, with_origins
from tunec.runtime.versions.publication import Publication

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions
    from tunec.runtime.versions.promises import Promise
    from tunec.runtime.versions.report.data import Section


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    from concurrent.futures import ThreadPoolExecutor

    import polars as pl

    from tunec.runtime.rows.portions import Rows
    from tunec.runtime.versions.portions import write_portions
    from tunec.runtime.versions.promises import check_promises, promises_of

    graph, results = publication.graph, publication.results
    node = graph.node(graph.targets[name].node)
    rows = results.portions(node.id)
    kind = node.rows or RowType.TEXT
    tells = "split" in rows.columns
    splits = [str(s) for s in rows.select("split").to_series().unique()] if tells else ["train"]
    order = [key for key, _ in _split_shares(graph, node.id)] or sorted(splits)
    data = folder / KIND.place(name)
    data.mkdir(parents=True)
    (folder / "ledger").mkdir(exist_ok=True)
    origins = published_origins(publication.plan)
    promises = promises_of(results, node.id)
    if tells and not _just_split(graph, node):
        _check_splits(graph, name, rows)
    files = {split: data / f"{split}-00000.parquet" for split in order}
    ledger_file = folder / "ledger" / f"{name}.parquet"
    if isinstance(rows, Rows):
        heights, entered = write_portions(publication, node, rows, files, ledger_file)
        check_promises(name, rows, promises, results, publication.screen)
        return _facts(publication, name, heights, promises, entered)
    shown = with_origins(_published(rows, kind), origins)
    parts = {s: shown.filter(pl.col("split") == s).drop("split") if tells else shown for s in order}
    ledger = ledger_with_origins(make_ledger(results, node.id, publication.catalogue), origins)
    with ThreadPoolExecutor(workers()) as pool:
        # Packing and looking for benchmark items each take a while, and do not need each other.
        written = [
            pool.submit(write_parquet, ledger, ledger_file, level=LEVEL),
            *(pool.submit(write_parquet, part, files[split]) for split, part in parts.items()),
        ]
        check_promises(name, rows, promises, results, publication.screen)
        for done in written:
            done.result()
    heights = {split: part.height for split, part in parts.items()}
    return _facts(publication, name, heights, promises, ledger.height)


def _just_split(graph: Graph, node: Node) -> bool:
    """Whether nothing came between `split` and these rows that changes what they say, or brings others."""
    while node.op in ("stages.repeat", "stages.shuffle", "stages.check"):
        node = graph.node(node.inputs[0])
    return node.op == "stages.split"


def _check_splits(graph: Graph, name: str, rows: Portions) -> None:
    """Check that no row of one split is in another. Raises PromiseBroken."""
    from tunec.runtime.rows.portions import Rows
    from tunec.runtime.versions.crossings import crossings, group_of
    from tunec.runtime.versions.promises import PromiseBroken

    kind = graph.node(graph.targets[name].node).rows or RowType.TEXT
    parts = rows.parts() if isinstance(rows, Rows) else [rows]
    found = crossings(parts, kind, group_of(to_json(graph), name))
    if found:
        raise PromiseBroken(f"`{name}`: {found[0]}; `split` its rows anew, or name one split of what it is made of")


def _facts(
    publication: Publication, name: str, heights: Mapping[str, int], promises: Sequence[Promise], entered: int
) -> dict[str, Json]:
    """What a manifest says of a data set."""
    graph = publication.graph
    return {
        "splits": dict(heights),
        "benchmarks": list(dict.fromkeys(graph.origins.get(a, (a,))[0] for p in promises for a in p.benchmarks)),
        "rows": sum(heights.values()),
        "entered": entered,
        "doc": graph.targets[name].doc,
    }


def _published(rows: pl.DataFrame, kind: RowType) -> pl.DataFrame:
    """The columns that users get: identity without position, content without a `system` or `tools` that no row has and
    without fields that no message has, the rest. They are the same in all splits."""
    hidden = {"position", *(name for name in hideable(kind) if not (rows[name].fill_null("") != "").any())}
    return narrowed(rows.select(c for c in rows.columns if c not in hidden), kind)


def _split_shares(graph: Graph, node_id: str) -> list[tuple[str, float]]:
    node = graph.node(node_id)
    while node.op.startswith("stages."):
        if node.op == "stages.split":
            return [(str(name), share) for name, share in shares_of(node.params)]
        node = graph.node(node.inputs[0])
    return []


def _compare(name: str, before: Edition, now: Edition) -> list[Change]:
    kinds = [edition.manifest["row_types"][name] for edition in (before, now)]
    if kinds[0] != kinds[1]:
        return [Change("major", f"`{name}` held {kinds[0]} rows and holds {kinds[1]} rows")]
    was, is_ = _schema(before.folder, name), _schema(now.folder, name)
    if was != is_:
        names = sorted(c for c in was.keys() | is_.keys() if was.get(c) != is_.get(c))
        columns = ", ".join(f"{c} ({was.get(c, 'absent')} → {is_.get(c, 'absent')})" for c in names)
        return [Change("major", f"`{name}` has other columns: {columns}")]
    import polars as pl

    ids = [pl.read_parquet(_files(folder, name), columns=["id"], glob=False) for folder in (before.folder, now.folder)]
    gone = ids[0].join(ids[1], on="id", how="anti").height
    new = ids[1].join(ids[0], on="id", how="anti").height
    if gone or new:
        return [Change("minor", f"`{name}`: {new:,} rows added, {gone:,} removed")]
    return [Change("minor", f"`{name}`: the same rows with other text, order, or splits")]


def _schema(folder: Path, name: str) -> dict[str, str]:
    import polars as pl

    columns = {k: str(v) for k, v in pl.scan_parquet(_files(folder, name), glob=False).collect_schema().items()}
    splits = sorted(p.name.removesuffix("-00000.parquet") for p in _files(folder, name))
    return {**columns, "(splits)": ", ".join(splits)}


def _files(folder: Path, name: str) -> list[Path]:
    return sorted((folder / "datasets" / name).glob("*.parquet"))


def _annotate(folder: Path, name: str, manifest: Mapping[str, Any]) -> None:
    from tunec.runtime.versions.card import write_card

    write_card(folder, name, manifest)


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> Section:
    from tunec.runtime.versions.report.data import section

    return section(folder, name, manifest)


KIND = TargetKind(
    "dataset",
    path="datasets/NAME",
    only=("datasets", "models"),
    write=_write,
    annotate=_annotate,
    compare=_compare,
    report=_report,
    rank=0,
)
