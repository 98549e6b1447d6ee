"""The compiler's table of contents: text → tree → checked tree → graph, one phase after another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.constants import constant
from tunec.compiler.elaborate.declarations import elaborate
from tunec.compiler.elaborate.load import Program, Reader, load, read_text
from tunec.compiler.elaborate.walk import needed_first
from tunec.compiler.graph import Graph, Node, Target
from tunec.compiler.planning.columns import prune_columns
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.dsl.source import Source, Span

#: A semantic version without build metadata (https://semver.org), which is also the name of a folder.
VERSION = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
#: What a spec without a `spec` line may be called after: its file, where that is no path and no hidden file.
NAME = re.compile(r"\w[\w +.-]*")
SPEC_ARGUMENTS = ("version", "seed", "license", "description")
TARGET_KINDS = ("dataset", "train", "merge", "evaluate")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a spec: the graph (None where errors forbid it), all diagnostics, the sources they point into."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Elaborated:
    """A spec after all its declarations were looked at: what is known of it, whether or not it can become a graph."""

    builder: Builder
    spec: Mapping[str, Any]


def compile_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
) -> Compiled:
    """Compile a spec. Everything that is wrong with it is a diagnostic; an unreadable file is an OSError.

    This is the language alone. `tunec.compiler.lint.check.check_spec` also judges the practice, and is what commands
    call.
    """
    elaborated = elaborate_spec(path, catalogue, overrides, text, reader)
    return finish(elaborated, problems(elaborated))


def elaborate_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
) -> Elaborated:
    """Read a spec with its imports, and look at every declaration."""
    program = load(path, text, reader)
    builder = Builder(program, catalogue, overrides or {})
    builder.lookup = lambda name, span: elaborate(builder, name, span)
    spec = _spec(builder, program)
    _check_overrides(builder)
    # Each would ask for what it needs by itself; asked in order, a long chain of them does not stack up.
    for name in needed_first(program):
        elaborate(builder, name, program.declared[name].name_span)
    return Elaborated(builder, spec)


def problems(elaborated: Elaborated) -> list[Diagnostic]:
    """What is wrong with a spec as a text of the language, in no order."""
    builder = elaborated.builder
    # What could not be read is missing from the names, and from the block around it; to say so would only repeat it.
    unread = [d.span for d in builder.program.diagnostics if d.code.startswith("T00")]
    broken = {span.file for span in unread}
    named = [d for d in builder.diagnostics if d.code != "T101" or d.span.file not in broken]
    left = [d for d in named if not any(_holds(d.span, span) for span in unread)]
    return [*builder.program.diagnostics, *left]


def _holds(outer: Span, inner: Span) -> bool:
    return outer.file == inner.file and outer.start <= inner.start and inner.end <= outer.end


def finish(elaborated: Elaborated, found: Iterable[Diagnostic]) -> Compiled:
    """The diagnostics in the order of the text, and the graph where there is no error among them."""
    sources = elaborated.builder.program.sources
    ordered = tuple(sorted(found, key=lambda d: (d.span, d.code)))
    if has_errors(ordered):
        return Compiled(None, ordered, sources)
    return Compiled(prune_columns(_graph(elaborated.builder, elaborated.spec)), ordered, sources)


def _spec(builder: Builder, program: Program) -> dict[str, object]:
    spec: dict[str, object] = {
        "name": program.main.stem,
        "version": "0.0.0",
        "seed": 0,
        "license": "",
        "description": "",
    }
    if program.spec is None:
        if not NAME.fullmatch(program.main.stem):
            file = next(iter(builder.program.files.values()))
            said = f"{program.main.name!r} gives no name for the version that is published"
            builder.report(
                "T211", said, file.span, help='rename the file, or begin it with spec NAME(version: "1.0.0")'
            )
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
        if argument.name == "version" and not VERSION.fullmatch(str(value.lowered)):
            said = f"{value.lowered!r} is not a semantic version"
            builder.report("T211", said, argument.value.span, help='write MAJOR.MINOR.PATCH, as in version: "1.0.0"')
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
    waiting = [(node_id, False) for node_id in sorted(nodes, reverse=True)]
    while waiting:  # a stack of its own: a data set may have more stages than Python has frames
        node_id, ready = waiting.pop()
        if node_id in done:
            continue
        if ready:
            done[node_id] = nodes[node_id]
            continue
        waiting.append((node_id, True))
        waiting += [(i, False) for i in sorted(nodes[node_id].inputs, reverse=True) if i not in done]
    return list(done.values())
