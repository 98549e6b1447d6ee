"""A choice of rows whose size is searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.tuning.searching.sizes import missing

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, Outcome, Range, Selector, Trial, Trials


@operator(
    version=1,
    cost="model",
    block="trials",
    rows=("instruction", "chat"),
    packages=("flaml", "optuna"),
    neutral=("control",),
    needs=missing,
)
def search(
    rows: Frame,
    size: Range,
    *,
    by: Selector,
    trials: Annotated[int, "4..200"] = 16,
    control: Literal["random"] | None = None,
    tried: Trials,
) -> Outcome:
    """Keeps as many rows of a choice as train best: tries sizes, and takes the one with the lowest loss.

    A trial takes so many rows as `select` does, fine-tunes the model on them, and measures its loss on held-out rows.
    Which size comes next, BlendSearch decides by the losses before, from the least on, which costs least, on a
    logarithmic scale. Beside each trial stand as many random rows, trained in the same way: more rows are not always
    better, and a choice is often no better than chance. The summary and the report show the whole curve, with the
    random rows, and say whether the chosen ones are better at the size that is taken, by the 95% interval of the
    difference.

    Every trial is a step of its own. A search goes on where it was stopped, with the sizes that it would have tried;
    with more `trials` only the new ones run. The weights of trials are not kept. What `loss` measures on is looked at
    many times, so that it is held out no more: score what is trained in the end on other rows. It needs the extra
    `search`.

    Args:
        size: the least and the most rows to try, such as `500..10k`; without an upper end, up to all.
        by: the method of selection, as for `select`.
        trials: the number of sizes to try. With the random rows there are twice as many fine-tunes.
        control: as for `select`.

    Source: InstructMining (2307.06290), section 4.3: 2,532 of 100,000 rows, found by BlendSearch (Wang et al. 2021).

    Example:
        search(500..10k, by: top(quality), trials: 16) {
            finetune(base, epochs: 1)
            loss(on: held_out)
        }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.values import Bound, Outcome, drops_of

    if not isinstance(by, Bound):
        raise TypeError(f"search needs a bound operator, not {by!r}")
    found, beside = tried[:trials], tried[trials:]
    best = min(range(trials), key=lambda number: (found[number].loss, found[number].rows))
    taken = found[best].rows
    stays = np.zeros(rows.height, dtype=np.bool_)
    stays[np.asarray(by.call(rows, count=taken), dtype=np.int64)] = True
    gone = pl.Series(np.flatnonzero(~stays))
    drops = drops_of(gone, by.text, pl.repeat("not chosen", len(gone), eager=True), f"{taken} rows")
    curve = [[t.rows, t.loss, beside[n].loss if beside else None] for n, t in enumerate(found)]
    findings: dict[str, Any] = {"rows": taken, "curve": curve}
    notes = []
    if beside:
        findings |= {"against_random": _difference(beside[best], found[best])}
        said = _verdict(findings["against_random"])
        notes = [
            f"{taken:,} of {rows.height:,} rows have the lowest loss of {trials} sizes, "
            f"{found[best].loss:.4f}; as many random ones {beside[best].loss:.4f}: {said}"
        ]
    return Outcome(rows.filter(stays), drops, tuple(notes), findings={"search": findings})


def _difference(random: Trial, chosen: Trial) -> dict[str, Any] | None:
    from tunec.runtime.base.method import Reading
    from tunec.runtime.models.comparing import difference

    first, second = (Reading({"loss": t.loss}, "loss", dict(t.items), lower=True) for t in (random, chosen))
    return difference(first, second)


def _verdict(found: dict[str, Any] | None) -> str:
    if found is None:
        return "too few held-out rows to tell"
    word = {"second": "better than random", "first": "worse than random", "": "no better than random"}[found["better"]]
    return f"{word} ({found['difference']:+.4f}, {found['low']:+.4f} to {found['high']:+.4f})"
