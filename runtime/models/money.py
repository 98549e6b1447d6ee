"""What requests cost, and bounds that are never exceeded.

Before a request goes out, the most that it can cost is reserved: a token for every byte of the prompt, which no
tokenizer of bytes exceeds, and `max_tokens` for the answer. When the answer is there, what it did cost takes the place
of the reservation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tunec.runtime.base.method import Answer, Request, Sampling
from tunec.runtime.base.values import ModelSpec

#: Tokens that a chat template may add for each message, and for the whole prompt.
_PER_MESSAGE = 32
#: Bytes of the order to keep to a schema, and the most that a complaint about an unusable answer has.
_ORDER, COMPLAINT = 128, 512


class OutOfMoney(Exception):
    """The next request might cost more than what is left of a budget."""

    def __init__(self, budget: Budget) -> None:
        lost = f" and up to ${budget.lost:.4f} more for requests that were cut off" if budget.lost else ""
        super().__init__(
            f"${budget.spent:.4f} of ${budget.limit:g} are spent{lost}, and the next request might exceed it"
        )
        self.budget = budget


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens: of prompts, of prompts that the server had cached, of answers."""

    prompt: float
    cached: float
    completion: float

    def of(self, answer: Answer) -> float:
        """What an answer cost, in dollars."""
        fresh = answer.prompt_tokens - answer.cached_tokens
        dollars = fresh * self.prompt + answer.cached_tokens * self.cached + answer.completion_tokens * self.completion
        return dollars / 1e6

    def at_most(self, request: Request, sampling: Sampling, attempt: int) -> float:
        """The most that an attempt at a request can cost, in dollars."""
        prompt, completion = most_tokens(request, sampling, attempt)
        return (prompt * max(self.prompt, self.cached) + completion * self.completion) / 1e6


def most_tokens(request: Request, sampling: Sampling, attempt: int) -> tuple[int, int]:
    """The most tokens that the prompt and the answer of an attempt at a request can have. From the second on the prompt
    may hold a complaint about the last answer."""
    texts = [request.prompt] if isinstance(request.prompt, str) else [m.content for m in request.prompt]
    tokens = sum(len(text.encode()) + _PER_MESSAGE for text in texts) + _PER_MESSAGE
    if request.schema:
        tokens += len(request.schema.encode()) + _ORDER
    if attempt > 1:
        tokens += COMPLAINT + _PER_MESSAGE
    return tokens, sampling.max_tokens


def price_of(model: ModelSpec) -> Price | None:
    """The price that a model's declaration states; None where it states none."""
    prompt, completion = model.option("price_input", None), model.option("price_output", None)
    if prompt is None or completion is None:
        return None
    cached = model.option("price_cached", None)
    return Price(float(prompt), float(prompt if cached is None else cached), float(completion))


@dataclass
class Budget:
    """A bound on money. `spent` is what is paid, `reserved` the most that running requests can still cost, `lost` the
    most that was paid for requests that were cut off before they were answered."""

    limit: float
    spent: float = 0.0
    lost: float = 0.0
    reserved: float = 0.0
    _running: int = 0  # sums of dollars are not exact, so they cannot say that nothing is reserved
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def reserve(self, dollars: float) -> None:
        """Wait until so much is left. Raises OutOfMoney where it never will be."""
        while self.spent + self.lost + self.reserved + dollars > self.limit:
            if not self._running:
                raise OutOfMoney(self)
            self._settled.clear()
            await self._settled.wait()
        self.reserved += dollars
        self._running += 1

    def settle(self, reserved: float, paid: float, lost: float = 0.0) -> None:
        """A request has ended."""
        self._running -= 1
        self.reserved = max(0.0, self.reserved - reserved) if self._running else 0.0
        self.spent += paid
        self.lost += lost
        self._settled.set()
