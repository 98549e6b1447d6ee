"""Runs the steps of a plan, one after another, and accounts for every row on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node, canonical
from tunec.compiler.lowered import Call, Ref, expect, expect_all, expect_optional, references
from tunec.compiler.planning.fingerprint import SHORT, seed_of
from tunec.compiler.planning.plan import Plan, Planned
from tunec.compiler.planning.steps import is_value
from tunec.compiler.types import CONTENT, FIELDS, RowType
from tunec.runtime.engine.binding import Binder
from tunec.runtime.engine.dropped import RowsLost, fallen_rows, no_fallen, quarantined
from tunec.runtime.engine.services import Services
from tunec.runtime.method import LeftOut, Trained
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows import IDENTITY, widened, write_parquet
from tunec.runtime.sources.framing import Origin, located, read
from tunec.runtime.sources.outside import Outside, value_of
from tunec.runtime.store.store import Store
from tunec.runtime.values import Files, ModelSpec, Outcome, RowFormat

if TYPE_CHECKING:
    import polars as pl


class Reporter(Protocol):
    """Tells the person who waits."""

    def start(self, step: Planned, number: int, total: int) -> None:
        """A step begins."""

    def progress(self, done: int, total: int, what: str) -> None:
        """The running step is that far."""

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        """A step has ended; `info` is what was recorded of it."""

    def warn(self, message: str) -> None:
        """Something that a person should know."""


class StepFailed(Exception):
    """A step could not be run; what came before is kept."""

    def __init__(self, step: Planned, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.node = node


@dataclass
class Engine:
    """Runs a plan against a store. `outside` knows where sources lie."""

    plan: Plan
    catalogue: Catalogue
    store: Store
    outside: Outside
    reporter: Reporter
    seconds: dict[str, float] = field(default_factory=dict)
    services: Services = field(init=False)
    _latest: tuple[str, Any] = ("", None)  # the rows that were read or made last, which most often come next
    _values: dict[str, Any] = field(default_factory=dict)  # models and embedders by node: weights are hashed for them

    def __post_init__(self) -> None:
        self.services = Services(self.store, self.reporter.progress, self.folder)

    @property
    def folder(self) -> Path:
        """The spec's folder."""
        return self.outside.folder

    def run(self) -> None:
        """Run what is pending, in order. Each step is stored as soon as it is whole."""
        pending = self.plan.pending
        for number, step in enumerate(pending):
            self.reporter.start(step, number, len(pending))
            began = time.monotonic()
            with self.store.locked(step.fingerprint, self.reporter.warn):
                # Another build may have made it since this one was planned.
                undone = any(self.outside.lacks_file(node) for node in step.step.nodes)
                if step.reason == "forced" or undone or not self.store.has(step.fingerprint):
                    with self.store.writing(step.fingerprint) as folder:
                        self.store.seal(folder, self._run(step, folder))
            self.seconds[step.label] = time.monotonic() - began
            self.reporter.done(step, self.store.info(step.fingerprint))

    def _run(self, step: Planned, folder: Path) -> dict[str, Any]:
        node = step.step.nodes[-1]
        self.services.begin()
        try:
            if node.op == "train":
                return self._train(node, folder)
            if node.op == "evaluate":
                return self._evaluate(node, folder)
            return self._rows(step, folder)
        except OperatorError as error:
            raise StepFailed(step, node, self._named(str(error))) from error

    def _named(self, message: str) -> str:
        """The message with names for the origins that operators know rows by."""
        for node, names in self.plan.graph.origins.items():
            message = message.replace(self.origin(node), f"`{names[0]}`")
        return message

    # Rows

    def load(self, node_id: str) -> pl.DataFrame:
        """The rows of a stored node, or of a view of one."""
        import polars as pl

        node = self.plan.graph.node(node_id)
        if node.op == "part":
            return self.load(node.inputs[0]).filter(pl.col("split") == node.params["split"]).drop("split")
        latest = self._latest  # read once: publishing loads rows in two threads
        if latest[0] != node_id:
            path = self.store.checked(self.plan.prints[node_id]) / "rows.parquet"
            latest = (node_id, pl.read_parquet(path, glob=False))
            self._latest = latest
        rows: pl.DataFrame = latest[1]
        return rows

    def release(self) -> None:
        """Let the rows that are kept in memory go, and what is known of their texts."""
        self._latest = ("", None)
        self.services.release()

    def origin(self, node_id: str) -> str:
        """The origin that the rows of a node carry."""
        return self.plan.prints[node_id][:SHORT]

    def resolve(self, node_id: str) -> Any:
        """What a reference stands for: rows, a model, an embedder."""
        node = self.plan.graph.node(node_id)
        if node.op == "train":
            return self._trained(node)
        if not is_value(node):
            return self.load(node_id)
        if node_id not in self._values:
            self._values[node_id] = value_of(node, self.catalogue, self.resolve, self.folder)
        return self._values[node_id]

    def binder(self, node: Node, rows: RowType | None = None) -> Binder:
        """Binds the calls of a node."""
        kind = rows or node.rows or RowType.TEXT
        if kind not in FIELDS:
            raise ValueError(kind)
        seed = int(str(self.plan.graph.spec["seed"]))
        return Binder(kind, self.catalogue, seed, self.resolve, self.origin, self.services.context)

    def _rows(self, step: Planned, folder: Path) -> dict[str, Any]:
        import polars as pl

        frame: pl.DataFrame | None = None
        fallen: list[pl.DataFrame] = []
        nodes: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        for node in step.step.nodes:
            before = 0 if frame is None else frame.height
            made = 0
            notes: tuple[str, ...] = ()
            findings: Mapping[str, Any] | None = None
            more_of_node: dict[str, Any] = {}
            if node.op == "concat":
                frame = self._concat(node)
                before, drops = frame.height, no_fallen()
            elif node.op == "generate":
                frame, drops, more = self._generate(node)
                made = frame.height + drops.height
            elif node.op.startswith("connectors."):
                frame, drops, notes, more_of_node = self._read(node)
                made = frame.height + drops.height
            else:
                given = self.load(node.inputs[0]) if frame is None else frame
                before = given.height
                outcome: Outcome = self.binder(node).stage(node.op, node.params, given)
                drops = fallen_rows(given, outcome.drops, self.origin(node.id), node.rows or RowType.TEXT)
                frame, notes, made = outcome.rows, outcome.notes, outcome.copies
                findings = outcome.findings
            if before + made != frame.height + drops.height:
                raise RowsLost(f"{node.op}: {before} in, {made} made, {frame.height} out, {drops.height} dropped")
            notes += self.services.said_missing()
            fallen.append(drops)
            account = _account(node, self.origin(node.id), before, made, frame.height, drops, notes)
            nodes.append({**account, **more_of_node})
            if findings is not None:
                nodes[-1]["findings"] = dict(findings)
            for note in notes:
                self.reporter.warn(f"{step.label}: {self._named(note)}")
        assert frame is not None
        write_parquet(frame, folder / "rows.parquet", quick=True)
        self._latest = (node.id, frame)
        write_parquet(pl.concat(fallen), folder / "drops.parquet")
        spent = self.services.spent()
        more |= {name: more.get(name, 0) + count for name, count in spent.items()}
        return {
            "nodes": nodes,
            "rows_in": nodes[0]["rows_in"],
            "made": sum(n["made"] for n in nodes),
            "rows_out": frame.height,
            "dropped": sum(n["dropped"] for n in nodes),
            **more,
        }

    def _read(self, node: Node) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...], dict[str, Any]]:
        """The rows of a source, what was set aside, notes, and what is recorded of its files."""
        from tunec.runtime.catalogue import function_of
        from tunec.runtime.sources.records import mapped

        path = str(next((node.params[k] for k in ("path", "repository", "version") if k in node.params), "the spec"))
        rows = node.rows or RowType.TEXT
        columns = expect_all(str, node.params.get("columns", ()))
        format_ = node.params.get("format")
        binder = self.binder(node)
        layout: RowFormat
        if isinstance(format_, Call):
            layout = binder.bound(format_).call()
        else:
            layout = mapped(binder.constant(format_) or {f: f for f in CONTENT[rows]}, rows.value)
        paths = self.outside.files(node, self.plan.parts[node.id]["outside"])
        operator = self.catalogue.at(node.op)
        given = {k: v for k, v in node.params.items() if k not in ("columns", "format")}
        arguments = {k: binder.constant(v) for k, v in given.items()}
        if operator.parameter("format") is not None:
            arguments["format"] = layout
        items = function_of(operator)(**arguments, files=Files(paths, columns))
        limit, tolerant = expect_optional(int, node.params.get("limit")), node.params.get("on_error") == "skip"
        origin = Origin(path, self.origin(node.id), self.outside.names(node, paths))
        found = read(items, layout, origin, columns, limit, tolerant)
        if found.bad:
            first = found.bad[0]
            where = located(first.number, found.starts, origin.files, path)
            self.reporter.warn(
                f"{path}: {len(found.bad):,} bad records set aside, the first at {where}: {first.reason}"
            )
        for note in layout.notes():
            self.reporter.warn(f"{path}: {note}")
        facts = {"starts": list(found.starts), "mixed": list(found.mixed)}
        return found.rows, quarantined(found, origin.print), found.notes, {k: v for k, v in facts.items() if v}

    def _concat(self, node: Node) -> pl.DataFrame:
        import polars as pl

        frames = []
        for source in node.inputs:
            frame = self.load(source)
            if node.rows is RowType.CHAT and "messages" not in frame.columns:
                frame = widened(frame)
            frames.append(frame)
        joined = pl.concat(frames, how="diagonal_relaxed")
        first = [*IDENTITY, *CONTENT[node.rows or RowType.TEXT]]
        return joined.select(*first, *sorted(c for c in joined.columns if c not in first))

    # Models

    def _generate(self, node: Node) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
        from tunec.runtime.engine.generation import generate

        seeds_node = self.plan.graph.node(node.inputs[0])
        binder = self.binder(node)
        found = generate(
            node,
            binder.bound(expect(Call, node.params["method"])).call(),
            self.load(node.inputs[0]),
            seeds_node.rows or RowType.INSTRUCTION,
            binder,
            self.store,
            self.origin(node.id),
            seed_of("generate", node.params),
            self.reporter.progress,
        )
        self.services.requests["asked"] += found.asked
        self.services.requests["recorded"] += found.recorded
        self.services.requests["repeated"] += found.repeated
        for note in found.notes:
            self.reporter.warn(note)
        return found.rows, found.drops, found.totals

    def _base(self, node: Node) -> ModelSpec:
        spec: ModelSpec = self.resolve(expect(Ref, node.params["base"]).node)
        return spec

    def _trained(self, node: Node) -> ModelSpec:
        base = self._base(node)
        fingerprint = self.plan.prints[node.id]
        folder = self.store.checked(fingerprint) / "model"
        return ModelSpec(base.kind, base.id, fingerprint, base.backend, base.options, str(folder))

    def _train(self, node: Node, folder: Path) -> dict[str, Any]:
        binder = self.binder(node)
        adapter = binder.bound(expect(Call, node.params["adapter"])).call()
        objective = binder.bound(expect(Call, node.params["objective"])).call()
        rows = self.load(node.inputs[1])
        out = folder / "model"
        out.mkdir()
        work = self.store.work(self.plan.prints[node.id])
        seed = seed_of("train", node.params)
        trained: Trained = objective.train(self._base(node), rows, adapter, out, work, seed, self.reporter.progress)
        _check_files(out)
        left = [_left_out(rows, item) for item in trained.left_out]
        (folder / "training.json").write_text(
            json.dumps({"log": trained.log, "summary": trained.summary}, indent=1, sort_keys=True), encoding="utf-8"
        )
        if left:
            self.reporter.warn(f"{len(left):,} of {rows.height:,} rows are not trained on: {left[0]['rule']}")
        return {"rows_in": rows.height, "rows_out": rows.height - len(left), "left_out": left, **trained.summary}

    def _evaluate(self, node: Node, folder: Path) -> dict[str, Any]:
        binder = self.binder(node)
        models = [self.resolve(model) for model in references(node.params["models"])]
        scores = []
        for call in expect_all(Call, node.params["measures"]):
            bound = binder.bound(call)
            measure = bound.call()
            scores.append({"measure": bound.text, "models": [measure(model) for model in models]})
        (folder / "scores.json").write_text(canonical(scores), encoding="utf-8")
        return {"scores": scores}


def _account(
    node: Node, print_: str, before: int, made: int, after: int, drops: pl.DataFrame, notes: tuple[str, ...]
) -> dict[str, Any]:
    rules = dict(drops["rule"].value_counts().iter_rows()) if drops.height else {}
    return {
        "node": print_,
        "op": node.op,
        "rows_in": before,
        "made": made,
        "rows_out": after,
        "dropped": drops.height,
        "rules": rules,
        "notes": list(notes),
    }


def _left_out(rows: pl.DataFrame, item: LeftOut) -> dict[str, Any]:
    row = rows.row(item.row, named=True)
    return {"id": row["id"], "origin": row["origin"], **{k: v for k, v in asdict(item).items() if k != "row"}}


def _check_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in (".bin", ".pt", ".pkl", ".pth"):
            raise RowsLost(f"a trainer wrote {path.name}, which only pickle can read")
