"""Whether length gives away which answer was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, Outcome, TextColumn

_CHOSEN: Any = "chosen"
_REJECTED: Any = "rejected"


@operator(version=2, cost="cheap", rows=("preference",))
def length_bias(rows: Frame, chosen: TextColumn = _CHOSEN, rejected: TextColumn = _REJECTED) -> Outcome:
    """Says how often the chosen answer is the longer one, of the pairs with different lengths, with the 95% interval.

    A model that is trained on pairs in which the better answer is nearly always the longer one learns to write long
    answers. At 50% length gives nothing away. All rows stay; a bound that fails the build is written as a `check`, and
    one that drops pairs as a `balance`. Lengths are characters, in every language.

    Args:
        chosen: the better answer.
        rejected: the other one; a pair with a missing answer is left out.

    Source: Singhal et al., A Long Way to Go: Investigating Length Correlations in RLHF (2310.03716).

    Example:
        length_bias()
        check share(chars(chosen) > chars(rejected)) <= 70%
    """
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.models.intervals import wilson

    both = chosen.is_not_null() & rejected.is_not_null()
    long, short = chosen.filter(both).str.len_chars(), rejected.filter(both).str.len_chars()
    longer, shorter = int((long > short).sum()), int((long < short).sum())
    if not longer + shorter:
        return Outcome(rows, no_drops(), ("length bias: no pair has answers of different lengths",))
    share = longer / (longer + shorter)
    low, high = wilson(longer, longer + shorter)
    ratio = int(long.sum()) / max(1, int(short.sum()))
    said = (
        f"the chosen answer is the longer one in {share:.0%} of {longer + shorter:,} pairs "
        f"(95% interval {low:.0%} to {high:.0%}); chosen answers have {ratio:.2f} times the characters"
    )
    return Outcome(rows, no_drops(), (said,))
