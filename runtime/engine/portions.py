"""Runs steps on rows that are not all in memory.

Stages that look at one row at a time run fused, portion by portion; a stage that looks at all rows reads the facts that
it needs, and says which rows go on. What is written is what it would be if all rows were in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tunec.compiler.graph import Node
from tunec.compiler.planning.order import COSTS
from tunec.compiler.planning.steps import row_wise
from tunec.runtime.base.memory import give_back
from tunec.runtime.engine.chain import all_passed
from tunec.runtime.engine.step import PortionsMade, StepContext
from tunec.runtime.engine.tally import Tally

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


def one_by_one(node: Node, context: StepContext) -> bool:
    """Whether a node may be given its rows in portions: it looks at one at a time, and asks no model. Those have
    batches, and what is in a batch changes the last digits of a number."""
    return row_wise(node, context.catalogue) and COSTS.index(node.cost) < COSTS.index("embed")


def in_portions(context: StepContext, nodes: Sequence[Node], rows: Rows, folder: Path) -> list[Tally] | None:
    """Run the nodes of a step on rows that are too many to be in memory, and write what comes of them; None where they
    need all of them."""
    give_back()
    if all(one_by_one(node, context) for node in nodes):
        return _fused(context, nodes, rows, folder)
    make = context.kind(nodes[0]).portions
    if make is None or len(nodes) > 1:
        return None
    made = make(context, nodes[0], rows)
    return None if not isinstance(made, PortionsMade) else [_keep(context, nodes[0], made, folder)]


def gathered(context: StepContext, nodes: Sequence[Node], made: PortionsMade, folder: Path) -> list[Tally] | None:
    """Run the nodes of a step on what the first of them has gathered, which drops nothing where others follow."""
    if len(nodes) == 1:
        return [_keep(context, nodes[0], made, folder)]
    tallies = _fused(context, nodes[1:], made.rows, folder) if all(one_by_one(n, context) for n in nodes[1:]) else None
    head = Tally(nodes[0], made.given, made.made, made.rows.height, notes=dict.fromkeys(made.notes))
    return None if tallies is None else [head, *tallies]


def _keep(context: StepContext, node: Node, made: PortionsMade, folder: Path) -> Tally:
    """Write what a node made of all rows."""
    from tunec.runtime.rows.portions import GROUP
    from tunec.runtime.rows.writing import write_parts

    give_back()  # of what it was found with
    out = write_parts(made.rows.parts(), folder / "rows.parquet", quick=True, group=min(GROUP, made.rows.portion))
    dropped = write_parts(made.drops(), folder / "drops.parquet")
    said, missing = context.services.heard()
    tally = Tally(node, made.given, made.made, out, dropped, Counter(made.rules), findings=made.findings)
    tally.notes, tally.said, tally.missing = dict.fromkeys(made.notes), dict.fromkeys(said), missing
    tally.facts = dict(made.facts)
    return tally


def _fused(context: StepContext, nodes: Sequence[Node], rows: Rows, folder: Path) -> list[Tally] | None:
    """Run nodes one after another on each portion."""
    import polars as pl

    from tunec.runtime.rows.dropped import nothing_dropped
    from tunec.runtime.rows.portions import GROUP
    from tunec.runtime.rows.writing import OtherTypes, write_parts

    tallies = [Tally(node) for node in nodes]
    with TemporaryDirectory(dir=rows.scratch) as aside:
        gone: list[list[str]] = [[] for _ in nodes]

        def made() -> Iterator[pl.DataFrame]:
            for number, (part, drops, of_part) in enumerate(all_passed(context, nodes, rows)):
                for stage, (tally, more, gone_here) in enumerate(zip(tallies, of_part, drops, strict=True)):
                    tally.join(more)
                    if gone_here.height:
                        gone[stage].append(f"{aside}/{stage}-{number}.arrow")
                        gone_here.write_ipc(gone[stage][-1], compression="lz4")
                yield part

        try:
            write_parts(made(), folder / "rows.parquet", quick=True, group=min(GROUP, rows.portion))
        except OtherTypes:  # a column is of the type that all its values together have
            context.services.heard()
            return None
        dropped = (pl.read_ipc(path) for paths in gone for path in paths)
        write_parts(chain((nothing_dropped(),), dropped), folder / "drops.parquet")
    return tallies
