"""Training, validation and test rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import AnyColumn, Outcome, Portions, Share, TextParts


@operator(packages=("rjieba",), version=8, cost="index", block="shares", random=True)
def split(
    rows: Portions,
    *,
    group: TextParts | None = None,
    stratify: AnyColumn | None = None,
    shares: dict[str, Share],
    ctx: Context,
) -> Outcome:
    """Assigns every row to a split; rows that are nearly the same never end up in different splits.

    Rows whose `group` is equal after normalization, or near (word 5-grams, Jaccard 0.8), stay together, directly or
    through others; rows with the same content and copies of one row always do, whatever their `group`. Groups are
    ranked by a hash of the seed and their smallest row id, and fill the splits, the smallest split first, so that sizes
    are exact to within one group. A change upstream moves only rows at the border.

    Args:
        group: what keeps rows together; by default the prompt, of chats all turns of the user, and how chats begin:
            those with the same first exchange (of at least eight words) stay together as well.
        stratify: a value for each of which the split has the same shares; a group has the value of its smallest row id.

    Example:
        split { train: 90%, validation: 10% }
    """
    import numpy as np
    import polars as pl

    from tunec.compiler.types import CONTENT, MESSAGES
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.frame import contents, row_type_of
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.rows.texts import computed, same, texts_of
    from tunec.runtime.text.assignment import assigned
    from tunec.runtime.text.beginnings import asked, beginnings
    from tunec.runtime.text.boilerplate import near_without_boilerplate
    from tunec.runtime.text.components import components
    from tunec.runtime.text.fractions import share
    from tunec.runtime.text.matches import joined, stars
    from tunec.runtime.text.normal import collapsed
    from tunec.runtime.text.ranks import keys
    from tunec.runtime.text.readable import as_text

    held, row_type = portioned(rows), row_type_of(rows)
    content = CONTENT[row_type]
    text = computed(held, lambda part: asked(part, row_type), *content) if group is None else texts_of(group)
    keys_of, ids = text.keys(collapsed), held.column("id")
    pairs = [stars(keys_of), near_without_boilerplate(text, share(0.8), 5)[:2], stars(ids)]
    if group is not None or keys_of.has_nulls():
        # Otherwise what is the same in all is the same in what is asked.
        pairs.append(stars(computed(held, lambda part: contents(part, row_type), *content).keys(same)))
    if group is None and row_type in MESSAGES:
        pairs.append(stars(computed(held, lambda part: beginnings(part, row_type), *content).keys(same)))
    group_of = components(rows.height, *(joined(side) for side in zip(*pairs, strict=True)))
    kinds = pl.repeat("", rows.height, eager=True) if stratify is None else as_text(stratify).fill_null("")
    frame = pl.DataFrame({"group": group_of, "id": ids, "kind": kinds, "row": np.arange(rows.height)})
    groups = (
        frame.sort("id", "row")
        .group_by("group", maintain_order=True)
        .agg(size=pl.len(), id=pl.col("id").first(), kind=pl.col("kind").first())
    )
    groups = groups.with_columns(key=pl.Series(keys(ctx.seed, groups["id"]), dtype=pl.UInt64)).sort("kind", "key", "id")
    wanted = {name: share(value) for name, value in shares.items()}
    groups = groups.with_columns(split=assigned(groups, wanted))
    split_of = frame.join(groups, on="group", how="left", maintain_order="left")["split"]
    counts = dict(split_of.value_counts().iter_rows())
    notes = tuple(
        f"split `{name}` has no rows: {share_:.0%} of {rows.height:,} rows is less than one group"
        for name, share_ in shares.items()
        if share_ and rows.height and not counts.get(name)
    )
    return Outcome(held.taken(more=[split_of.alias("split")]), no_drops(), notes)
