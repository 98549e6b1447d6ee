"""The compiler's table of contents: text → tree → checked tree → graph, one phase after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.assembly import assemble
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.declarations import elaborate
from tunec.compiler.elaborate.kept import Memory, recollected
from tunec.compiler.elaborate.load import Reader, load, read_text
from tunec.compiler.elaborate.long_names import long_variants
from tunec.compiler.elaborate.merged import Naming, labels_of, merged
from tunec.compiler.elaborate.once import told_once
from tunec.compiler.elaborate.sources import rows_made
from tunec.compiler.elaborate.spec import check_overrides, read_spec
from tunec.compiler.elaborate.vary import Variant, of_variant, variants
from tunec.compiler.elaborate.walk import mentions_of, needed_first
from tunec.compiler.graph import Accepted, Graph
from tunec.compiler.lowered import Json
from tunec.compiler.planning.columns import prune_columns
from tunec.compiler.sample import ModelSeen, Sample
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.dsl.record import record
from tunec.dsl.source import Source, Span

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
    """A spec after all its declarations were looked at: what is known of it, whether or not it can become a graph; of a
    spec that varies something, one of its variants."""

    builder: Builder
    spec: Mapping[str, Json]
    variant: Variant = ()


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
    every = [*elaborate_variants(path, catalogue, overrides, text, reader)]
    return finish(every, told_of(every, [problems(one) for one in every]))


def elaborate_spec(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
    memory: Memory | None = None,
) -> Elaborated:
    """Read a spec with its imports, and look at every declaration; of a spec with variants, at those of the first.

    A `memory` keeps what is known of a file, for the next text of it.
    """
    return next(elaborate_variants(path, catalogue, overrides, text, reader, memory))


def elaborate_variants(
    path: Path,
    catalogue: Catalogue,
    overrides: Mapping[str, str] | None = None,
    text: str | None = None,
    reader: Reader = read_text,
    memory: Memory | None = None,
) -> Iterator[Elaborated]:
    """Read a spec with its imports, and look at every declaration as it is in each variant; there is at least one."""
    program = load(path, text, reader)
    overrides = overrides or {}
    first: Mapping[str, Json] | None = None
    looks: dict[str, Sample | None] = {}  # nodes are known by what they read, so variants look once
    models: dict[str, ModelSeen | None] = {}
    for variant in variants(program, overrides):
        builder = Builder(of_variant(program, variant), catalogue, overrides, looks=looks, models=models)
        spec = _looked_at(builder, memory)
        first = first or spec
        for name in (name for name in {**first, **spec} if name != "seed" and first.get(name) != spec.get(name)):
            if program.spec is not None:
                builder.report("T209", f"`{name}` of `spec` cannot vary: only its `seed` can", program.spec.span)
        yield Elaborated(builder, spec, variant)


def _looked_at(builder: Builder, memory: Memory | None) -> Mapping[str, Json]:
    """Look at every declaration, with what is known of an earlier text."""
    builder.lookup = lambda name, span: elaborate(builder, name, span)
    builder.rows_made = lambda call: rows_made(builder, call)
    spec = read_spec(builder, builder.program)
    check_overrides(builder)
    program, known = builder.program, recollected(memory, builder)
    # Each would ask for what it needs by itself; asked in order, a long chain of them does not stack up.
    if known is None:
        builder.mentions = {name: mentions_of(program, name) for name in program.declared}
        for name in needed_first(builder.mentions):
            elaborate(builder, name, program.declared[name].name_span)
        return spec
    for name in known.order():
        if name not in builder.entities and not known.recall(name):
            with known.noting(name):
                elaborate(builder, name, program.declared[name].name_span)
    known.done()
    return spec


def problems(elaborated: Elaborated) -> list[Diagnostic]:
    """What is wrong with a spec as a text of the language, in no order; each mistake once."""
    builder = elaborated.builder
    return told_once(builder.program, builder.diagnostics)


def told_of(every: Sequence[Elaborated], found: Sequence[Sequence[Diagnostic]]) -> list[Diagnostic]:
    """What was found in each variant, once; what is not found in all of them says where."""
    if len(every) == 1:
        return [*found[0]]
    variants = [labels_of(one.variant) for one in every]
    naming = Naming([choice.name for choice in every[0].variant])
    among: dict[tuple[str, Span, str], dict[tuple[str, ...], Diagnostic]] = {}
    for labels, diagnostics in zip(variants, found, strict=True):
        for diagnostic in diagnostics:
            among.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), {}).setdefault(labels, diagnostic)
    told = []
    for of in among.values():
        labels, diagnostic = next(iter(of.items()))
        where = naming.told(labels, naming.decisive({other: other in of for other in variants}))
        told.append(replace(diagnostic, notes=(*diagnostic.notes, f"variant: {where}")) if where else diagnostic)
    return told


def finish(
    every: Sequence[Elaborated], diagnostics: Iterable[Diagnostic], accepted: Iterable[Accepted] = ()
) -> Compiled:
    """The diagnostics in the order of the text, and the graph of all variants where there is no error among them.

    The graph tells what comments accept."""
    sources = every[0].builder.program.sources
    ordered = tuple(sorted(diagnostics, key=lambda d: (d.span, d.code)))
    if has_errors(ordered):
        return Compiled(None, ordered, sources)
    graph = merged([(one.variant, assemble(one.builder, one.spec)) for one in every])
    too_long = tuple(long_variants(graph))
    if too_long:
        return Compiled(None, (*ordered, *too_long), sources)
    graph = replace(graph, accepted=tuple(accepted))
    for change in PASSES:
        graph = change(graph)
    return Compiled(graph, ordered, sources)
