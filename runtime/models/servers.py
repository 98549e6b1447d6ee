"""The servers that a build asks, each opened once, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tunec.runtime.base.method import Answer, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec, Progress
from tunec.runtime.models.money import Budget, OutOfMoney
from tunec.runtime.models.server import Ended, Server
from tunec.runtime.store.spending import Spending
from tunec.runtime.store.store import Store

Result = TypeVar("Result")


@dataclass
class Servers:
    """The servers of a build. `budget` is what all of them may cost together, `spending` the account of what was paid,
    `step` the fingerprint of the step that is paid for."""

    store: Store
    warn: Callable[[str], None]
    spending: Spending
    budget: Budget | None = None
    step: str = ""
    costs: dict[str, float] = field(default_factory=dict)  # paid now, by step
    _open: dict[ModelSpec, Server] = field(default_factory=dict)
    _runner: asyncio.Runner | None = None

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something on the loop that the connections belong to."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work)

    def of(self, model: ModelSpec) -> Server:
        """The server of a model."""
        if model not in self._open:
            self._open[model] = Server(model, self.store, self.budget, self.warn, self._sends)
        return self._open[model]

    def ask(
        self, model: ModelSpec, requests: Sequence[Request], sampling: Sampling, progress: Progress
    ) -> list[Answer]:
        """An answer to each request, in order."""
        server, done = self.of(model), 0

        async def one(request: Request) -> Answer:
            nonlocal done
            answer = await server.answer(request, sampling)
            done += 1
            progress(done, len(requests), f"requests to {model.id}{self.running_cost()}")
            return answer

        try:
            return self.run(together([one(request) for request in requests]))
        except OutOfMoney as error:
            raise self.bound_reached(error) from error

    def running_cost(self) -> str:
        """What was paid so far, to be said while it goes on; nothing where nothing was."""
        return f", ${self.cost:,.4f}" if self.cost else ""

    def bound_reached(self, error: OutOfMoney) -> OperatorError:
        """What a person is told where the money of a build ends."""
        if error.budget is self.budget:
            self.spending.bound_reached()
        return OperatorError(
            f"the bound on costs is reached: {error}; what was answered is kept, and the same build goes on"
        )

    def _sends(self, most: float) -> Ended:
        step, name = self.step, self.spending.asked(self.step, most)

        def ended(paid: float, lost: float) -> None:
            self.costs[step] = self.costs.get(step, 0.0) + paid
            self.spending.ended(step, name, paid, lost)

        return ended

    @property
    def asked(self) -> int:
        """How many requests were answered now."""
        return sum(server.asked for server in self._open.values())

    @property
    def recorded(self) -> int:
        """How many answers were there before."""
        return sum(server.recorded for server in self._open.values())

    @property
    def cost(self) -> float:
        """What was paid now, in dollars."""
        return sum(server.cost for server in self._open.values())

    def close(self, patience: float | None = 0.0) -> None:
        """Let go of connections and files; what servers are at work on is waited for so many seconds (None: until it
        is done)."""
        if self._runner is not None:
            for server in self._open.values():
                self._runner.run(server.close(patience))
            self._runner.close()
            self._runner = None
        self.spending.close()


async def together(work: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results, in order. Where one fails the others are called off."""
    if len(work) == 1:
        return [await work[0]]
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
