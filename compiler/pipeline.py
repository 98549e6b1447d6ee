"""The compiler's table of contents: text → tree → checked tree → graph, one phase after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.assembly import assemble
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.declarations import elaborate
from tunec.compiler.elaborate.load import Reader, load, read_text
from tunec.compiler.elaborate.once import told_once
from tunec.compiler.elaborate.sources import rows_made
from tunec.compiler.elaborate.spec import check_overrides, read_spec
from tunec.compiler.elaborate.walk import needed_first
from tunec.compiler.graph import Accepted, Graph
from tunec.compiler.lowered import Json
from tunec.compiler.planning.columns import prune_columns
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.dsl.record import record
from tunec.dsl.source import Source

#: What is done to a whole graph, in order.
PASSES: tuple[Callable[[Graph], Graph], ...] = (prune_columns,)


@record
class Compiled:
    """What became of a spec: the graph (None where errors forbid it), all diagnostics, the sources they point into."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


@record
class Elaborated:
    """A spec after all its declarations were looked at: what is known of it, whether or not it can become a graph."""

    builder: Builder
    spec: Mapping[str, Json]


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
    builder.rows_made = lambda call: rows_made(builder, call)
    spec = read_spec(builder, program)
    check_overrides(builder)
    # Each would ask for what it needs by itself; asked in order, a long chain of them does not stack up.
    for name in needed_first(program):
        elaborate(builder, name, program.declared[name].name_span)
    return Elaborated(builder, spec)


def problems(elaborated: Elaborated) -> list[Diagnostic]:
    """What is wrong with a spec as a text of the language, in no order; each mistake once."""
    builder = elaborated.builder
    return [*builder.program.diagnostics, *told_once(builder.program, builder.diagnostics)]


def finish(elaborated: Elaborated, diagnostics: Iterable[Diagnostic], accepted: Iterable[Accepted] = ()) -> Compiled:
    """The diagnostics in the order of the text, and the graph where there is no error among them.

    The graph tells what comments accept."""
    sources = elaborated.builder.program.sources
    ordered = tuple(sorted(diagnostics, key=lambda d: (d.span, d.code)))
    if has_errors(ordered):
        return Compiled(None, ordered, sources)
    graph = replace(assemble(elaborated.builder, elaborated.spec), accepted=tuple(accepted))
    for change in PASSES:
        graph = change(graph)
    return Compiled(graph, ordered, sources)
