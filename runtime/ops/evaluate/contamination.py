"""`contamination(on: gsm8k, reference: base)` in an `evaluate` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import Given, OperatorError, operator, refuse

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows, Share
    from tunec.runtime.tuning.measuring.seen import Text


def _conflicts(given: Given) -> tuple[str, str] | None:
    if given["method"] == "reference_ratio" and given["reference"] is None:
        why = "`reference_ratio` needs a `reference`: a model that was not trained on the items"
        return "method", f"{why}; `min_k` needs none"
    return None


@operator(
    version=2,
    cost="model",
    random=True,
    rows=("instruction", "text", "choice"),
    packages=("numpy",),
    weights=("models",),
    only={
        "reference": ("method", "reference_ratio"),
        "samples": ("method", "reference_ratio"),
        "k": ("method", "min_k", "min_k_plus"),
        "unseen": ("method", "min_k", "min_k_plus"),
    },
    conflicts=_conflicts,
    against="reference",
)
def contamination(
    *,
    on: Rows,
    method: Literal["reference_ratio", "min_k", "min_k_plus"] = "reference_ratio",
    reference: ModelSpec | None = None,
    items: Annotated[int, "1.."] = 100,
    samples: Annotated[int, "1.."] = 20,
    k: Annotated[Share, "0<..1"] = 0.2,
    unseen: Rows | None = None,
    ctx: Context,
) -> Measure:
    """Measures whether a model has been trained on the items of a benchmark.

    The text of an item is its question, a blank, and its answer.

    `reference_ratio`: the reference model goes on from the first 40% of a text, `samples` times, to about its length.
    The score of an item is the share of these that the measured model finds likelier than the text itself; `seen` is
    the share of items with a score below 0.1. Above 0.85 the model has very likely been trained on the benchmark. Of
    the reference itself there is no number.

    `min_k`: the mean log-probability of the share `k` of a text's tokens that are the least likely. `min_k_plus`
    measures each token's against the mean and deviation of all tokens that could stand there. Both are near 0 (or above
    0) for texts that the model knows. They say something beside other models, or beside `unseen`, texts alike that it
    cannot have read: then `auc` is the chance that an item scores above one of them (0.5: the same).

    The results have a 95% interval `low`..`high` (Wilson's for `seen`, a bootstrap over items for the others).

    Args:
        on: the items of the benchmark.
        method: how it is measured.
        reference: for `reference_ratio`, a model that has not been trained on them.
        items: how many are measured, drawn by seed.
        samples: for `reference_ratio`, how often the reference goes on from each.
        k: for the others, the share of tokens.
        unseen: for the others, texts alike that the models cannot have read.

    Source: swj0419/detect-pretrain-code-contamination for the ratio (100 samples there); Shi et al., Min-K% Prob (arXiv
    2310.16789); Zhang et al., Min-K%++ (arXiv 2404.02936).

    Example:
        evaluate scores of [base, tuned] {
            contamination(on: quiz, reference: base)
            contamination(on: quiz, method: min_k_plus)
        }
    """
    from tunec.runtime.base.method import Reading
    from tunec.runtime.models.comparing import of_shares
    from tunec.runtime.tuning.measuring.seen import drawn, likelier, low_tokens, texts_of

    refuse(_conflicts({"method": method, "reference": reference}))
    asked: list[Text] = drawn(texts_of(on), items, ctx.seed)
    others: list[Text] = [] if unseen is None else drawn(texts_of(unseen), items, ctx.seed)

    def ratio(model: ModelSpec) -> Reading:
        assert reference is not None
        if model == reference:  # what it writes itself says nothing of what it has read
            return Reading({"seen": None, "low": None, "high": None, "items": 0}, "seen", {})
        shares = likelier(ctx, model, reference, asked, samples)
        known = {name: share for name, share in shares.items() if share is not None}
        if not known:
            raise OperatorError("contamination: no item has words enough to go on from")
        more = {"mean_share": sum(known.values()) / len(known), "left_out": len(shares) - len(known)}
        return of_shares("seen", list(known), [share < 0.1 for share in known.values()], more)

    def least_likely(model: ModelSpec) -> Reading:
        from tunec.runtime.tuning.measuring.means import of_means
        from tunec.runtime.tuning.measuring.seen import auc

        scores = low_tokens(model, asked, k, method == "min_k_plus")
        more = {} if not others else auc(scores, low_tokens(model, others, k, method == "min_k_plus"))
        return of_means(method, scores, more)

    return ratio if method == "reference_ratio" else least_likely
