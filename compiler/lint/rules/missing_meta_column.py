"""A condition reads `meta.NAME`, but no file that the rows come from has that column.

A missing value is neither above nor below anything, so `keep meta.stars >= 3` keeps no rows at all, and a `drop` drops
none. The first records of local files are inspected, and columns written by `set` count too. Correct the name, or `set`
the column first.

Source: comparisons with missing values, in `docs/semantics.md`.

Example:
    source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { filter { keep meta.star >= 3 } }

Instead:
    source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { filter { keep meta.stars >= 3 } }
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tunec.compiler.elaborate.columns import from_seeds, set_in
from tunec.compiler.elaborate.walk import names, walk
from tunec.compiler.graph import Node
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View, argument, call_of
from tunec.compiler.lowered import Call as Operation
from tunec.compiler.lowered import Field, Record, Ref, expect, expect_all, expect_entries
from tunec.compiler.names import suggestion
from tunec.compiler.sample import listed
from tunec.dsl.source import Span
from tunec.dsl.tree import Call, Name

CODE = "T317"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The `meta` fields that a data set reads, against looks into all its files."""
    for generation in view.declared("generate"):
        yield from _in_generation(view, generation)
    for evaluation in view.declared("evaluate"):
        yield from _in_measures(view, evaluation)
    for dataset in view.declared("dataset"):
        read: dict[str, Name] = {}
        for name in _names(view, dataset.item.block):
            if name.parts[0] == "meta" and len(name.parts) == 2:
                read.setdefault(name.parts[1], name)
        known = _columns(view, dataset.entity.node) if read else None
        for column, name in read.items() if known is not None else ():
            if known is not None and column not in known:
                help_, fixes = suggestion(name.text, [f"meta.{k}" for k in known if k.isidentifier()], name.span)
                message = f"no row of `{dataset.name}` has a column `{column}`"
                yield Finding(
                    message, name.span, help=help_, fixes=fixes, notes=(f"known columns: {listed([*known])}",)
                )


def _in_measures(view: View, evaluation: Declared) -> Iterator[Finding]:
    """The columns by which measures group the rows that they read."""
    written = [call for statement in evaluation.statements if (call := call_of(statement)) is not None]
    measures = expect_all(Operation, view.nodes[evaluation.entity.node].params["measures"])
    for measure, call in zip(measures, written, strict=True):
        column = measure.args.get("by")
        for name, rows in measure.args.items():
            known = _columns(view, rows.node) if isinstance(rows, Ref) and rows.node in view.nodes and column else None
            place = argument(call, "by")
            if known is None or column in known or place is None:
                continue
            inside = Span(place.value.span.file, place.value.span.start + 1, place.value.span.end - 1)
            help_, fixes = suggestion(str(column), list(known), inside)
            message = f"no row of `{name}` has a column `{column}`"
            notes = (f"known columns: {listed([*known])}",)
            yield Finding(message, place.value.span, help=help_, fixes=fixes, notes=notes)
            break


def _names(view: View, block: object) -> Iterator[Name]:
    """The names in a block, and in the rules that it calls."""
    program, waiting, seen = view.builder.program, [block], set[str]()
    for tree in waiting:  # grows while it is walked
        for node in walk(tree):
            if isinstance(node, Name):
                yield node
            elif isinstance(node, Call):
                rule = program.resolve(node.name, node.name_span.file)
                entity = view.builder.entities.get(rule) if rule is not None and rule not in seen else None
                if rule is not None and entity is not None and entity.expression is not None:
                    seen.add(rule)
                    waiting.append(entity.expression)


def _in_generation(view: View, generation: Declared) -> Iterator[Finding]:
    """Columns that the stages of a generation read of its rows, which have those of their seed row, where that is one,
    and those that were set."""
    node = view.nodes[generation.entity.node]
    yield from _in_templates(view, generation, node)
    known: Collection[str] | None = _columns(view, node.id)
    if known is None:
        return
    for statement in generation.statements:
        call = call_of(statement)
        if call is None or view.catalogue.find("stages", call.name) is None:
            continue  # the method reads the seeds
        for name in names(call):
            if name.parts[0] == "meta" and len(name.parts) == 2 and name.parts[1] not in known:
                help_ = "rows that a model makes have the columns of their seeds and those that `set` gives"
                yield Finding(f"no row of `{generation.name}` has a column `{name.parts[1]}`", name.span, help=help_)


def _in_templates(view: View, generation: Declared, node: Node) -> Iterator[Finding]:
    """Columns of the seeds that the texts of a method name."""
    read = node.params.get("read")
    known = _columns(view, node.inputs[0]) if isinstance(read, tuple) else None
    if known is None or not isinstance(read, tuple):
        return
    method = generation.stage(expect(Operation, node.params["method"]).operator.split(".")[-1])
    where = method.span if method is not None else generation.item.name_span
    for field in read:
        name = expect(Field, field).name.removeprefix("meta.")
        if name not in known:
            yield Finding(f"no row that `{generation.name}` starts from has a column `{name}`", where)


def _columns(view: View, last: str) -> dict[str, None] | None:
    """The columns that rows may have, or None where one of their files cannot be looked into."""
    found: dict[str, None] = {}
    for name in view.upstream(last):
        node = view.nodes[name]
        if node.op == "stages.set":
            found |= dict.fromkeys(f.removeprefix("meta.") for f in expect_entries(node.params["fields"]))
        rows = node.params.get("rows")
        if node.op == "connectors.rows" and isinstance(rows, tuple):
            found |= dict.fromkeys(key for row in rows if isinstance(row, Record) for key in row.entries)
        elif node.op == "generate":
            seeds = _columns(view, node.inputs[0]) if from_seeds(node, view.catalogue) else {}
            if seeds is None:
                return None
            found |= {**seeds, **dict.fromkeys(set_in(node, view.catalogue))}
        elif not view.sources_of(node):
            sample = view.sample(name)
            if sample is None:
                return None
            found |= dict.fromkeys(sample.columns)
    return found
