"""The compiler's table of contents: text → tree → checked tree → graph, one phase after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tunec.compiler.builder import Builder
from tunec.compiler.catalogue import Catalogue
from tunec.compiler.constants import constant
from tunec.compiler.declarations import elaborate
from tunec.compiler.graph import Graph, Node, Target
from tunec.compiler.load import Program, Reader, load, read_text
from tunec.compiler.passes.columns import prune_columns
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.dsl.source import Source

SPEC_ARGUMENTS = ("version", "seed", "license", "description")
TARGET_KINDS = ("dataset", "train", "merge", "evaluate")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a spec: the graph (None where errors forbid it), all diagnostics, the sources they point into."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


def compile_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
) -> Compiled:
    """Compile a spec. Everything that is wrong with it is a diagnostic; an unreadable file is an OSError."""
    program = load(path, text, reader)
    builder = Builder(program, catalogue, overrides or {})
    builder.lookup = lambda name, span: elaborate(builder, name, span)
    spec = _spec(builder, program)
    _check_overrides(builder)
    for name, item in program.declared.items():
        elaborate(builder, name, item.name_span)
    # A declaration that could not be read is missing from the names; to say so again would only repeat the report.
    broken = {d.span.file for d in program.diagnostics if d.code.startswith("T00")}
    named = [d for d in builder.diagnostics if d.code != "T101" or d.span.file not in broken]
    found = sorted([*program.diagnostics, *named], key=lambda d: (d.span, d.code))
    if has_errors(found):
        return Compiled(None, tuple(found), program.sources)
    return Compiled(prune_columns(_graph(builder, spec)), tuple(found), program.sources)


def _spec(builder: Builder, program: Program) -> dict[str, object]:
    spec: dict[str, object] = {
        "name": program.main.stem,
        "version": "0.0.0",
        "seed": 0,
        "license": "",
        "description": "",
    }
    if program.spec is None:
        return spec
    spec["name"] = program.spec.name
    for argument in program.spec.arguments:
        if argument.name not in SPEC_ARGUMENTS:
            where = argument.name_span or argument.span
            builder.unknown("argument of `spec`:", argument.name or "?", SPEC_ARGUMENTS, where, "T204")
            continue
        value = constant(builder, argument.value)
        if value is None:
            continue
        wanted = "int" if argument.name == "seed" else "text"
        if value.type.name != wanted:
            builder.report("T201", f"`{argument.name}` of `spec` is {wanted}, not {value.type}", argument.value.span)
            continue
        spec[argument.name] = value.lowered
    builder.seed = int(str(spec["seed"]))
    return spec


def _check_overrides(builder: Builder) -> None:
    params = [n for n, d in builder.program.declared.items() if not hasattr(d, "kind")]
    for name in builder.overrides:
        if name not in params:
            file = next(iter(builder.program.files.values()))
            builder.unknown("param in `--set`:", name, params, file.span)


def _graph(builder: Builder, spec: Mapping[str, object]) -> Graph:
    targets: dict[str, Target] = {}
    origins: dict[str, tuple[str, ...]] = {}
    for name, item in builder.program.declared.items():
        entity = builder.entities[name]
        if entity.declared in TARGET_KINDS:
            targets[name] = Target(entity.declared, entity.node, item.doc, _model_names(builder, entity.node))
        elif entity.kind == "rows" or entity.kind in ("model", "embedder"):
            origins[entity.node] = (*origins.get(entity.node, ()), name)
    return Graph(
        spec,
        builder.params,
        tuple(_sorted(builder.nodes)),
        builder.spans,
        targets,
        origins,
        builder.rule_spans,
        builder.labels,
        builder.owners,
    )


def _model_names(builder: Builder, node: str) -> tuple[str, ...]:
    if builder.nodes[node].op != "evaluate":
        return ()
    by_node = {e.node: n for n, e in reversed(builder.entities.items()) if e.kind == "model"}
    return tuple(by_node[m["ref"]] for m in builder.nodes[node].params["models"])


def _sorted(nodes: Mapping[str, Node]) -> list[Node]:
    """Inputs first, otherwise by id: an order that depends on nothing else."""
    done: dict[str, Node] = {}

    def visit(node: Node) -> None:
        for source in sorted(node.inputs):
            if source not in done:
                visit(nodes[source])
        done[node.id] = node

    for node_id in sorted(nodes):
        if node_id not in done:
            visit(nodes[node_id])
    return list(done.values())
