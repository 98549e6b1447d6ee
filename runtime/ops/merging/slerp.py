"""`slerp(t: 0.5)` in a `merge` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging
    from tunec.runtime.base.values import Schedule


@operator(version=1, cost="model", models="2..2", packages=("mergekit", "torch", "transformers"))
def slerp(*, t: Annotated[Schedule, "0..1"] = 0.5) -> Merging:
    """Goes from the first model to the second along the arc between their weights, tensor by tensor.

    Each tensor is one vector. With θ the angle between the two, the result is sin((1−t)θ)/sin θ · a +
    sin(tθ)/sin θ · b, of the vectors as they are, not of unit length. Where they are nearly parallel
    (|cos θ| > 0.9995), it is (1−t)·a + t·b.

    Args:
        t: how far to go: 0 is the first model, 1 the second. A list runs over the layers, from the first to the last,
            with straight lines between its numbers. A record has a number or a list for parts of the names of weights
            (`self_attn`, `mlp`, `lm_head`, …) and one for all others, `default`; the first entry that occurs in a name
            counts. Weights outside of the layers (embeddings, the last norm) take the first number of a list.

    Source: Shoemake 1985; computed by mergekit (Goddard et al., arXiv 2403.13257). The schedule in the example is the
    one that mergekit's documentation recommends, and CatPPT used its like.

    Example:
        merge blend from [first, second] {
            slerp(t: {self_attn: [0, 0.5, 0.3, 0.7, 1], mlp: [1, 0.5, 0.7, 0.3, 0], default: 0.5})
        }
    """
    from tunec.runtime.tuning.merging.recipe import Recipe

    return Recipe("slerp", first=True, settings={"t": t})
