"""How a method lets a model answer: what the method states, else what the model's declaration does."""

from __future__ import annotations

from tunec.runtime.base.method import Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec


def sampling_of(
    model: ModelSpec,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
    stop: tuple[str, ...] = (),
) -> Sampling:
    """The sampling of requests to a model. Raises OperatorError for what makes no sense."""
    sampling = Sampling(
        temperature=float(model.option("temperature", 0.7) if temperature is None else temperature),
        top_p=float(model.option("top_p", 1.0) if top_p is None else top_p),
        max_tokens=int(model.option("max_tokens", 512) if max_tokens is None else max_tokens),
        stop=stop,
    )
    if sampling.temperature < 0 or not 0 < sampling.top_p <= 1 or sampling.max_tokens < 1:
        raise OperatorError("`temperature` must be 0 or more, `top_p` above 0 and at most 1, `max_tokens` at least 1")
    return sampling
