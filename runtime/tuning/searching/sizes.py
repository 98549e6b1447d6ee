"""The sizes that a search tries, by FLAML's BlendSearch, as a function of what was tried before.

BlendSearch keeps a state, and a build may end between any two trials. So the state is never stored: it is made anew of
the losses of the trials that are there, which gives the same next size wherever the search goes on.
"""

from __future__ import annotations

import logging
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count, pairwise
from typing import Any

from tunec.runtime.base.operator import OperatorError

#: How often in a row BlendSearch may propose nothing that is new before the widest gap is filled instead.
_PATIENCE = 100


def missing() -> str | None:
    """What this machine lacks for a search, or None."""
    there = all(find_spec(package) is not None for package in ("flaml", "optuna"))
    return None if there else 'a search needs FLAML: `pip install "tunec[search]"`'


def next_size(low: int, high: int, tried: Sequence[tuple[int, float]], seed: int) -> int:
    """The size to try after those `tried`, each with its loss, in their order; `low` first, which costs least.

    Sizes are searched on a logarithmic scale. The cost of a trial is taken to be its size, and not its time, so that
    the same losses give the same sizes on every machine. No size is given twice; at least one from `low` to `high` must
    be left to try.

    Raises:
        OperatorError: without FLAML, or where what was tried is not what it proposes.

    Source: Wang et al., Economical hyperparameter optimization with blended search strategy (ICLR 2021).
    """
    lacking = missing()
    if lacking is not None:
        raise OperatorError(lacking)
    sizes = _proposed(low, high, seed, dict(tried))
    for before, _ in tried:
        if next(sizes) != before:
            raise OperatorError(f"the search does not propose {before:,} rows, which were tried")
    return next(sizes)


def _proposed(low: int, high: int, seed: int, losses: Mapping[int, float]) -> Iterator[int]:
    """Size after size, each new; `losses` knows those that were given before the next one is asked for."""
    search, given, in_vain = _blend_search(low, high, seed), list[int](), 0
    for number in count():
        config = search.suggest(str(number))
        size = None if config is None else int(config["rows"])
        if size is not None and size not in given:
            in_vain = 0
            given.append(size)
            yield size
        else:
            in_vain += 1
        if size is not None:
            search.on_trial_complete(str(number), {"loss": losses[size], "rows": size, "config": config})
        if in_vain == _PATIENCE:
            in_vain = 0
            given.append(_in_widest_gap(low, high, given))
            yield given[-1]


def _blend_search(low: int, high: int, seed: int) -> Any:
    with warnings.catch_warnings(), _ray_hidden():
        warnings.simplefilter("ignore")  # it says that its models are not installed, which nobody asked for
        import optuna
        from flaml.tune.sample import lograndint
        from flaml.tune.searcher.blendsearch import BlendSearch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("flaml").setLevel(logging.ERROR)  # what is proposed twice is told twice
    return BlendSearch(
        metric="loss",
        mode="min",
        space={"rows": lograndint(low, high + 1)},
        low_cost_partial_config={"rows": low},
        cost_attr="rows",
        seed=seed % 2**32,
    )


@contextmanager
def _ray_hidden() -> Iterator[None]:
    """FLAML takes Ray's ways to draw and search where Ray is installed: they do not go with its own, and sizes would
    depend on what else a machine has."""
    modules: dict[str, Any] = sys.modules
    before = {name: modules[name] for name in ("ray",) if name in modules}
    modules["ray"] = None  # by which Python is told that there is none
    try:
        yield
    finally:
        del modules["ray"]
        modules.update(before)


def _in_widest_gap(low: int, high: int, given: Sequence[int]) -> int:
    """A size that was not given, in the middle of the widest stretch without any, on a logarithmic scale."""
    edges = sorted({low - 1, high + 1, *given})
    gaps = [
        (math.log((after - 1) / (before + 1)), before, after) for before, after in pairwise(edges) if after - before > 1
    ]
    _, before, after = max(gaps)
    return min(max(before + 1, round(math.sqrt((before + 1) * (after - 1)))), after - 1)
