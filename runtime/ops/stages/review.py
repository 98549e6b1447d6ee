"""Decisions of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import BoolColumn, Frame, Outcome, Path, Share


@operator(packages=("rjieba",), version=1, cost="index", decisions="path")
def review(
    rows: Frame,
    path: Path,
    *,
    when: BoolColumn | None = None,
    pairs: Share | None = None,
    unreviewed: Literal["keep", "drop"] = "keep",
    ctx: Context,
) -> Outcome:
    """Exports rows to a file for people to decide on, and applies their decisions.

    Each row is a line of JSON with its `id`, its content, and an empty `decision`. People write `keep`, `drop`, or
    `edit` there, for `edit` also the new content, and optionally the reason as a `note`. The next build applies the
    decisions by id. It only ever adds lines: the content of the file stays as it is, and a file that was deleted is
    exported again. Decisions are part of what the result depends on; lines that await one are not. An edit after
    `dedup` or `decontaminate` is not compared again until the data is published.

    Args:
        path: the file, in the folder of the spec or below it.
        when: the rows that people should look at; without `when` and `pairs`, all.
        pairs: rows that share at least this much of their words with another row, as `near` counts, shown next to it.
        unreviewed: what becomes of rows that await a decision.

    Source: LLM-decontaminator and Platypus leave the gray area to people; Meta's guide has people edit drafts.

    Example:
        review("review.jsonl", when: refusal(response))
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome
    from tunec.runtime.sources.review import WAIT, BadDecisions, append_lines, read_decisions
    from tunec.runtime.store.files import within
    from tunec.runtime.text.reviewing import edited, exported, suspects

    try:
        file = within(ctx.folder, path)
        decided, known = read_decisions(file)
        asked, partners = suspects(rows, when, pairs)
        ids = rows["id"].to_list()
        new = [n for n in np.flatnonzero(asked).tolist() if ids[n] not in known]
        append_lines(file, exported(rows, new, partners))
        found = [decided.get(i) for i in ids]
        changed = edited(rows, {n: d for n, d in enumerate(found) if d is not None and d.verdict == "edit"})
    except (BadDecisions, OSError) as error:
        raise OperatorError(f"review: {error}") from error
    # A row that people decided on counts as decided, whether or not it would be asked about today.
    waits = asked & np.array([d is None for d in found], dtype=np.bool_)
    dropped = np.array([d is not None and d.verdict == "drop" for d in found], dtype=np.bool_)
    gone = dropped | (waits if unreviewed == "drop" else np.zeros(rows.height, dtype=np.bool_))
    places = np.flatnonzero(gone).tolist()
    said = ["not reviewed" if (d := found[n]) is None else str(d.line.get("note") or "drop") for n in places]
    drops = pl.DataFrame(
        {
            "row": pl.Series(places, dtype=pl.UInt32),
            "rule": pl.repeat("review", len(places), dtype=pl.String, eager=True),
            "value": pl.Series(said, dtype=pl.String),
            "threshold": pl.repeat("decided by people", len(places), dtype=pl.String, eager=True),
            "partner": pl.Series([ids[partners[n][0]] if n in partners else None for n in places], dtype=pl.String),
            "partner_text": pl.repeat(None, len(places), dtype=pl.String, eager=True),
        }
    )
    notes: list[str] = []
    if waits.any():
        becomes = "are kept until then" if unreviewed == "keep" else "are left out until then"
        notes.append(f"{int(waits.sum()):,} rows {WAIT} {path} and {becomes}")
    stale = len(decided.keys() - set(ids))
    if stale:
        notes.append(f"{stale:,} decisions in {path} are about rows that no longer reach this stage")
    return Outcome(changed.filter(~pl.Series(gone, dtype=pl.Boolean)), drops, tuple(notes))
