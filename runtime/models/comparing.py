"""Whether one model is better than another: the difference of a number on the same items, with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tunec.runtime.base.method import Reading
from tunec.runtime.models.intervals import bootstrap_difference, mcnemar, paired_shares, wilson, wilson_of

#: Of fewer items the bootstrap says nothing.
LEAST = 2


def named_once(ids: Sequence[str]) -> list[str]:
    """The ids of items; one that stands there again has its number beside it."""
    first = {name: number for number, name in reversed(list(enumerate(ids)))}
    return [name if first[name] == number else f"{name} {number}" for number, name in enumerate(ids)]


def of_shares(name: str, ids: Sequence[str], right: Sequence[bool], more: Mapping[str, Any]) -> Reading:
    """The reading of a measure that each item either passes or does not: the share, with Wilson's interval."""
    count = sum(right)
    low, high = wilson(count, len(right))
    share = count / len(right) if right else 0.0
    numbers = {name: share, "low": low, "high": high, "items": len(right), **more}
    items = dict(zip(named_once(ids), ((float(passed), 1.0) for passed in right), strict=True))
    return Reading(numbers, name, items)


def of_groups(ids: Sequence[str], right: Sequence[bool], groups: Sequence[str], more: Mapping[str, Any]) -> Reading:
    """The reading of such a measure whose share is the mean of the shares of groups, `macro`, however large they are.

    Its interval is Wilson's of as many items as would have the same standard error, were all groups equally hard: with
    groups of one size that is all of them.
    """
    sizes, counts = Counter(groups), Counter(group for group, passed in zip(groups, right, strict=True) if passed)
    shares = {group: counts[group] / size for group, size in sorted(sizes.items())}
    macro = sum(shares.values()) / len(sizes)
    low, high = wilson_of(macro, len(sizes) ** 2 / sum(1 / size for size in sizes.values()))
    weights = [1 / (len(sizes) * sizes[group]) for group in groups]
    items = {
        name: (weight * passed, weight) for name, weight, passed in zip(named_once(ids), weights, right, strict=True)
    }
    told = {"items": len(right), "groups": len(sizes), "accuracy": sum(right) / len(right), "by_group": shares}
    return Reading({"macro": macro, "low": low, "high": high, **told, **more}, "macro", items)


def difference(first: Reading, second: Reading) -> dict[str, Any] | None:
    """How much more the second model has than the first, on the items that both have; None where there are too few.

    `low`..`high` is the 95 % interval: of shares that of Bonett and Price, with the p-value of McNemar's exact test, of
    other numbers that of a paired bootstrap. `better` says which one is better where the interval leaves out 0.
    """
    import numpy as np

    shared = [key for key in first.items if key in second.items]
    if len(shared) < LEAST:
        return None
    before, after = (np.array([reading.items[key] for key in shared], dtype=np.float64) for reading in (first, second))
    if not before[:, 1].sum() or not after[:, 1].sum():
        return None
    found: dict[str, Any] = {
        "items": len(shared),
        "difference": float(after[:, 0].sum() / after[:, 1].sum() - before[:, 0].sum() / before[:, 1].sum()),
    }
    if _is_share(before) and _is_share(after):
        gained = int(((after[:, 0] == 1) & (before[:, 0] == 0)).sum())
        lost = int(((after[:, 0] == 0) & (before[:, 0] == 1)).sum())
        low, high = paired_shares(gained, lost, len(shared))
        found |= {"p": mcnemar(gained, lost)}
    else:
        low, high = bootstrap_difference(before, after)
    more = "second" if low > 0 else "first" if high < 0 else ""
    turned = {"second": "first", "first": "second", "": ""}
    return {**found, "low": low, "high": high, "better": turned[more] if second.lower else more}


def _is_share(items: Any) -> bool:
    return bool(((items[:, 0] == 0) | (items[:, 0] == 1)).all() and (items[:, 1] == 1).all())
