"""`linear(weights: [0.7, 0.3])` in a `merge` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import Given, operator, refuse

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging


def _conflicts(given: Given) -> tuple[str, str] | None:
    if given["normalize"] and given["weights"] and not sum(given["weights"]):
        why = "the `weights` add up to 0, and cannot be normalized"
        return "weights", f"{why}: write other weights, or `normalize: false`"
    return None


@operator(version=1, cost="model", models="2..", packages=("mergekit", "torch", "transformers"), conflicts=_conflicts)
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

    refuse(_conflicts({"weights": weights, "normalize": normalize}))
    return Recipe("linear", settings={"normalize": normalize}, weights=tuple(weights))
