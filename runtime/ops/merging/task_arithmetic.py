"""`task_arithmetic(base: base, weights: [1, -0.5])` in a `merge` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging
    from tunec.runtime.base.values import ModelSpec


@operator(version=1, cost="model", models="1..", packages=("mergekit", "torch", "transformers"))
def task_arithmetic(base: ModelSpec, *, weights: Sequence[float] = (), scale: float = 1.0) -> Merging:
    """Adds what the models learned to their common base: base + scale · Σwᵢ·(aᵢ − base).

    A negative weight takes away what a model learned.

    Args:
        base: the model that all of them were trained from.
        weights: one for each model, in their order; 1 by default.
        scale: multiplies the sum.

    Source: Ilharco et al., Editing models with task arithmetic (arXiv 2212.04089); computed by mergekit.

    Example:
        merge both from [first, second] { task_arithmetic(base, weights: [1, 0.5]) }
    """
    from tunec.runtime.tuning.merging.recipe import Recipe

    return Recipe("task_arithmetic", base, settings={"lambda": scale, "normalize": False}, weights=tuple(weights))
