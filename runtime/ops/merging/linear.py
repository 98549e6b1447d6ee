"""`linear(weights: [0.7, 0.3])` in a `merge` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging


@operator(version=1, cost="model", models="2..", packages=("mergekit", "torch", "transformers"))
def linear(*, weights: Sequence[float] = (), normalize: bool = True) -> Merging:
    """Takes the weighted mean of the models, Σwᵢ·aᵢ / Σwᵢ: a "model soup".

    Args:
        weights: one for each model, in their order; all alike by default.
        normalize: divide by the sum of the weights.

    Source: Wortsman et al., Model soups (arXiv 2203.05482); computed by mergekit.

    Example:
        merge soup from [first, second] { linear(weights: [0.7, 0.3]) }
    """
    from tunec.runtime.tuning.merging.recipe import Recipe

    if normalize and weights and not sum(weights):
        raise OperatorError("the `weights` add up to 0, and cannot be normalized")
    return Recipe("linear", settings={"normalize": normalize}, weights=tuple(weights))
