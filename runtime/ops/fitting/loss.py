"""`loss(on: held_out)` of trials: in a fitted `rule`, a `search`, a `mix` that searches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Reading
    from tunec.runtime.base.values import ModelSpec, Rows

    #: The loss of a model, `nats_per_token`, and of each row its share of it.
    Measured: TypeAlias = Callable[[ModelSpec], Reading]


@operator(version=1, cost="model")
def loss(*, on: Rows, batch_size: Annotated[int, "1.."] = 8, ctx: Context) -> Measured:
    """The loss of a fine-tuned model on held-out rows, in nats per token, as `perplexity` measures it.

    Args:
        on: the rows; no trial is trained on them, and they are not what the rows that are found will be scored on.
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
    from tunec.runtime.base.method import Reading
    from tunec.runtime.ops.evaluate.perplexity import perplexity

    perplex = perplexity(on=on, batch_size=batch_size, ctx=ctx)

    def measure(model: ModelSpec) -> Reading:
        read = perplex(model)
        # From bits for each character to nats for each token; characters stand for the tokens of a row.
        tokens = read.numbers["tokens"] / sum(characters for _, characters in read.items.values())
        items = {name: (bits * math.log(2), size * tokens) for name, (bits, size) in read.items.items()}
        return Reading({"nats_per_token": float(read.numbers["nats_per_token"])}, "nats_per_token", items, lower=True)

    return measure
