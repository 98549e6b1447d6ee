"""A context in which models answer by a rule, and losses are those of a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.ops.material import context
from tunec.runtime.base.context import Context
from tunec.runtime.base.method import Answer, Loss, Prompt, Request, Sampling
from tunec.runtime.base.values import ModelSpec

#: Two models by name: nothing of them is loaded.
ONE, TWO, JUDGE = (ModelSpec("replayed", name, name, "test") for name in ("one", "two", "judge"))


def saying(
    say: Callable[[ModelSpec, Request, Sampling], str], loss: Callable[[str], float] | None = None, **more: Any
) -> Context:
    """`say` gives a model's answer to a request; one that is longer than `max_tokens` words is cut."""

    def ask(model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        found = []
        for request in requests:
            text = say(model, request, sampling)
            words = text.split(" ")
            cut = len(words) > sampling.max_tokens
            found.append(Answer(" ".join(words[: sampling.max_tokens]), "length" if cut else "stop", 1, len(words)))
        return found

    def losses(model: ModelSpec, pairs: Sequence[tuple[Prompt, str]]) -> list[Loss | None]:
        assert loss is not None
        return [Loss(loss(text), 1) for _, text in pairs]

    return replace(context(), ask=ask, losses=losses, **more)
