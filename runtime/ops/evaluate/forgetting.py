"""`forgetting(on: general, base: base)` in an `evaluate` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows


@operator(
    version=1,
    cost="model",
    rows=("instruction", "chat", "text"),
    packages=("numpy",),
    weights=("models", "base"),
    against="base",
)
def forgetting(*, on: Rows, base: ModelSpec, batch_size: Annotated[int, "1.."] = 8, ctx: Context) -> Measure:
    """Measures how much worse a trained model reads general text than the model that it was made from.

    Both read the rows as `perplexity` does. The result is `forgotten`, the difference in bits per character (above 0:
    the model got worse), with a 95% interval `low`..`high` (paired bootstrap over rows), `bits_per_character` of the
    model, `before` of the base, and `items`. Of the base itself it is 0.

    Args:
        on: general text that neither was trained on, unlike the training rows.
        base: the model before the training.
        batch_size: the number of rows read at once.

    Source: McCloskey and Cohen 1989; Luo et al., catastrophic forgetting in language models (arXiv 2308.08747).

    Example:
        evaluate scores of [base, tuned] {
            forgetting(on: general, base: base)
        }
    """
    from tunec.runtime.ops.evaluate.perplexity import perplexity

    read = perplexity(on=on, batch_size=batch_size, ctx=ctx)

    def measure(model: ModelSpec) -> Reading:
        from tunec.runtime.base.method import Reading
        from tunec.runtime.models.comparing import difference

        before = read(base)
        after = before if model == base else read(model)
        found = difference(before, after) or {"difference": None, "low": None, "high": None, "items": 0}
        # Of each row what it adds to the difference: two models are compared by these.
        items = {
            key: (bits - before.items[key][0], characters)
            for key, (bits, characters) in after.items.items()
            if key in before.items
        }
        numbers = {
            "forgotten": found["difference"],
            "low": found["low"],
            "high": found["high"],
            "bits_per_character": after.numbers["bits_per_character"],
            "before": before.numbers["bits_per_character"],
            "items": found["items"],
        }
        return Reading(numbers, "forgotten", items, lower=True)

    return measure
