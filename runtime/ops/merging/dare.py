"""`dare(base, density: 0.1)` in a `merge` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging
    from tunec.runtime.base.values import ModelSpec, Share


@operator(version=1, cost="model", models="1..", random=True, packages=("mergekit", "torch", "transformers"))
def dare(
    base: ModelSpec,
    *,
    density: Annotated[Share, "0<..1"] = 0.5,
    weights: Sequence[float] = (),
    signs: bool = False,
    rescale: bool = True,
    scale: float = 1.0,
) -> Merging:
    """Adds what the models learned to their common base, of which a random part is dropped and the rest made larger.

    Args:
        base: the model that all of them were trained from.
        density: the share of the changes that stays, drawn with the spec's seed.
        weights: one for each model, in their order; 1 by default.
        signs: keep, at each place, only changes with the sign of their weighted sum, as `ties` does.
        rescale: make up for what was dropped. The paper divides by the density; mergekit, since April 2024, makes the
            sum of the sizes of the changes what it was.
        scale: multiplies the sum.

    Source: Yu et al., Language models are super Mario (arXiv 2311.03099); computed by mergekit, `dare_linear` and
    `dare_ties`.

    Example:
        merge both from [first, second] { dare(base, density: 0.1, weights: [0.6, 0.4]) }
    """
    from tunec.runtime.tuning.merging.recipe import Recipe

    settings = {"density": density, "lambda": scale, "normalize": False, "rescale": rescale}
    return Recipe("dare_ties" if signs else "dare_linear", base, settings=settings, weights=tuple(weights))
