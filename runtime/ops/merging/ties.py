"""`ties(base, density: 0.5)` in a `merge` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging
    from tunec.runtime.base.values import ModelSpec, Share


@operator(version=1, cost="model", models="1..", packages=("mergekit", "torch", "transformers"))
def ties(
    base: ModelSpec, *, density: Annotated[Share, "0<..1"] = 0.5, weights: Sequence[float] = (), scale: float = 1.0
) -> Merging:
    """Adds what the models learned to their common base, without what is small or contradictory.

    Of each model's changes only the largest of each tensor stay; of those, at each place, only the ones with the sign
    of their weighted sum. The result is base + scale · Σwᵢ·δᵢ / Σwᵢ over the models that agree.

    Args:
        base: the model that all of them were trained from.
        density: the share of each tensor's changes that stays.
        weights: one for each model, in their order; 1 by default.
        scale: multiplies the sum.

    Source: Yadav et al., TIES-Merging (arXiv 2306.01708); computed by mergekit, which trims each tensor for itself,
    where the paper's code trims the whole model.

    Example:
        merge both from [first, second] { ties(base, density: 0.5) }
    """
    from tunec.runtime.tuning.merging.recipe import Recipe

    settings = {"density": density, "lambda": scale, "normalize": True}
    return Recipe("ties", base, settings=settings, weights=tuple(weights))
