"""`loss(on: held_out)` in a fitted `rule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import ModelSpec, Rows

    #: The loss of a model.
    Measured: TypeAlias = Callable[[ModelSpec], float]


@operator(version=1, cost="model")
def loss(*, on: Rows, batch_size: Annotated[int, "1.."] = 8, ctx: Context) -> Measured:
    """The loss of a fine-tuned model on held-out rows, in nats per token, as `perplexity` measures it.

    Args:
        on: the rows; they are in no subset, and are no benchmark that the chosen rows will be scored on.
        batch_size: the number of rows read at once.

    Source: InstructMining (2307.06290), section 3.1: the quality of data is the loss of the model trained on it.

    Example:
        rule fitted from [alpaca, dolly] {
            let length = words(response)
            subsets(129, rows: 1k)
            finetune(base, epochs: 1)
            loss(on: held_out)
            least_squares(folds: 10)
        }
    """
    from tunec.runtime.ops.evaluate.perplexity import perplexity

    measure = perplexity(on=on, batch_size=batch_size, ctx=ctx)
    return lambda model: float(measure(model).numbers["nats_per_token"])
