"""Replaces what a finder found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tunec.runtime.base.values import Finder, Frame, Outcome, Told


@operator(version=5, cost="scan", row_wise=True, changes_text=True)
def mask(rows: Frame, what: Finder, *, with_: str | None = None) -> Outcome:
    """Replaces what a finder finds in a field: every e-mail address by `[EMAIL]`, every telephone number by `[PHONE]`.

    Every turn of a chat is searched. What is masked in a row is also replaced where a `let` or a column (`meta.NAME`)
    of that row repeats it, in whatever letter case; the other fields stay as they are. It is the only stage that
    changes text and is allowed after `dedup` and `decontaminate`: neither of them compares by what it removes.

    Card and report say how many places of each kind were masked. The ledger holds the texts of rows that were dropped
    before; what the finder finds in them is masked as well, in every field. Nothing that is published holds what was
    masked. What was read and what the stages before `mask` made lies in the store as it was, and a `review` file before
    `mask` shows rows as they are: write `mask` early, and share a version (`tunec push`), not the store.

    Args:
        what: a finder with the field to search: `pii(response)`, `matches(text, r"…")`.
        with: the replacement; by default the kind of the match in brackets.

    Example:
        mask(pii(response))
    """
    from functools import partial

    import polars as pl

    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.text.masking import Search, columns_of, masked_drops, repeated, replaced

    search: Search = what.call()
    found = []
    for name in columns_of(rows, search.field):
        column, places = replaced(rows[name], search, with_)
        rows = rows.with_columns(column)
        found.append(places)
    places = pl.concat(found)
    rows = repeated(rows, places, with_)
    tally = {"rows": rows.height, "changed": places["row"].n_unique()}
    tally |= {f"of {kind}": count for kind, count in places["kind"].value_counts().iter_rows()}
    notes, findings = _told(tally)
    hides = partial(masked_drops, search=search)
    return Outcome(rows, no_drops(), notes, findings=findings, hides=hides, tally=tally, told=_told)


def _told(tally: Mapping[str, int]) -> Told:
    """What was masked, in words and by kind."""
    counts = {name[3:]: count for name, count in sorted(tally.items()) if name.startswith("of ")}
    if not counts:
        return (), None
    by_kind = ", ".join(f"{kind}: {n:,}" for kind, n in counts.items())
    spans = sum(counts.values())
    note = f"masked {spans:,} spans in {tally['changed']:,} of {tally['rows']:,} rows ({by_kind})"
    return (note,), {"masked": counts}
