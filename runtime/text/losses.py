"""Sources of which a stage drops a large part."""

from __future__ import annotations

import polars as pl

#: More of a source than this is no longer what a person expects of a rule.
_LARGE = 0.3
#: Of fewer rows a share says nothing.
_LEAST = 10


def large_losses(rows: pl.DataFrame, drops: pl.DataFrame) -> tuple[str, ...]:
    """A note for each source of which more than 30 % are dropped, with the rule that drops most of them. It names a
    source as operators know it: by the `origin` of its rows."""
    gone = drops.select("rule", origin=rows["origin"].gather(drops["row"]))
    whole = dict(rows["origin"].value_counts().iter_rows())
    notes = []
    for (origin,), part in gone.group_by("origin", maintain_order=True):
        share = part.height / whole[origin]
        if share > _LARGE and whole[origin] >= _LEAST:
            rule, most = part["rule"].value_counts().sort("count", "rule", descending=[True, False]).row(0)
            notes.append(
                f"{share:.0%} of the rows of {origin} are dropped ({part.height:,} of {whole[origin]:,}), "
                f"{most:,} by `{rule}`; `tunec why` shows them"
            )
    return tuple(sorted(notes))
