"""Does the work on units of a generation, several at a time, and gives back what they made in the order of their
numbers.

With models behind servers every unit goes on as soon as its answers are there. A model that runs here answers fixed
batches: units in groups of its batch size advance together, wave by wave, so that what is sampled depends on the
numbers of the units alone.

A method may read rows that were accepted before. Which those are must not depend on what happens to be finished: a unit
is given the rows of the groups before its own where models run here, and, behind servers, of those before the last
one, so that two groups can be on their way at a time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tunec.compiler.graph import digest
from tunec.runtime.base.method import Answer, Ask, Draft, Method, NoAnswer, Rejection, Request, Unit, Work
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.personas import Person, Personas, in_mind
from tunec.runtime.models.answers import ask_batch, batch_size
from tunec.runtime.models.money import Budget, OutOfMoney
from tunec.runtime.models.server import NotRecorded, is_served
from tunec.runtime.models.servers import Servers, together

if TYPE_CHECKING:
    import polars as pl

#: Gives the rows that were accepted of the units of so many groups.
Accepted: TypeAlias = "Callable[[int], pl.DataFrame]"
#: How many units are committed together, at most, where all models are behind servers.
GROUP = 32


@dataclass
class Done:
    """A unit on its way and, in the end, what it made. `asked` counts requests that a model answered now, `repeated`
    those of them that an earlier run had asked and not recorded; `talks` are what it asked and was answered, `person`
    whom it had in mind."""

    number: int
    work: Work
    parts: list[Draft | Rejection] = field(default_factory=list)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    asked: int = 0
    repeated: int = 0
    talks: list[tuple[ModelSpec, Request, Answer]] = field(default_factory=list)
    person: Person | None = None
    _asking: Ask | None = None

    def go_on(self, answers: Sequence[Answer] | None) -> Ask | None:
        """What the method asks next, given the answers to what it asked last; None when it is done."""
        try:
            if answers is None or self._asking is None:
                self._asking = next(self.work)
                return self._asking
            asked = self._asking
            self.talks += ((asked.model, request, a) for request, a in zip(asked.requests, answers, strict=True))
            self.requests += len(answers)
            self.prompt_tokens += sum(a.prompt_tokens for a in answers)
            self.completion_tokens += sum(a.completion_tokens for a in answers)
            self._asking = self.work.send(list(answers))
            return self._asking
        except StopIteration as end:
            self.parts = end.value
        except NoAnswer as error:
            self.parts = [Rejection("answer", str(error), "")]
        return None


@dataclass
class Units:
    """The units of a generation. `bound` is the most requests that they make together."""

    method: Method
    seeds: pl.DataFrame
    seed: int
    servers: Servers
    budget: Budget | None = None
    personas: Personas | None = None
    bound: int | None = None

    @property
    def served(self) -> bool:
        """Whether all models are behind servers."""
        return all(is_served(model) for model in self.method.models)

    @property
    def group(self) -> int:
        """How many units are committed together."""
        return GROUP if self.served else batch_size(self.method.models[0])

    def start(self, number: int, accepted: Accepted, group: int | None = None) -> Done:
        """A unit that has not begun, of that group; by default of the one that it is in where groups are full."""
        rows = None
        if self.method.reads_accepted:
            group = number // self.group if group is None else group
            rows = accepted(max(0, group - 1) if self.served else group)
        seed = f"{self.seed} {number}"
        person = self.personas.of(seed) if self.personas is not None else None
        if person is None:
            return Done(number, self.method.work(Unit(number, self.seeds, seed, rows)))
        work = self.method.work(Unit(number, self.seeds, seed, rows, person.words))
        return Done(number, in_mind(work, person), person=person)

    def groups(self, end: int | None, ahead: Callable[[], int], accepted: Accepted) -> Iterator[list[Done]]:
        """Groups of finished units, in order, up to unit `end`. `ahead()` says how many units past those that were
        given back are worth working on. Ends early where a bound on money or requests is reached."""
        return self._freely(end, ahead, accepted) if self.served else self._in_waves(end, accepted)

    def ask(self, numbers: Sequence[int], accepted: Accepted) -> None:
        """Have the answers of some units recorded, of a method whose models are behind servers."""
        try:
            self.servers.run(together([self._alone(self.start(number, accepted)) for number in numbers]))
        except OutOfMoney as error:
            if error.budget is not self.budget:
                raise self.servers.bound_reached(error) from error

    def _in_waves(self, end: int | None, accepted: Accepted) -> Iterator[list[Done]]:
        number = first = made = 0
        while end is None or first < end:
            last = first + min(self.group, self._room(made))
            last = last if end is None else min(end, last)
            if last == first:
                return
            group = [self.start(n, accepted, number) for n in range(first, last)]
            asks = [(unit, ask) for unit in group if (ask := unit.go_on(None)) is not None]
            wave = 0
            while asks:
                asks = self._wave(asks, [self.seed, number] if wave == 0 else [self.seed, number, wave])
                wave += 1
            yield group
            made += sum(unit.requests for unit in group)
            number, first = number + 1, last

    def _room(self, made: int, running: int = 0) -> int:
        """How many more units may begin after so many requests, while some run. Each may make as many as a unit can, so
        that the bound is never exceeded; how many units there are depends on what they made, and not on which ran at
        the same time."""
        return sys.maxsize if self.bound is None else (self.bound - made) // self.method.most - running

    def _wave(self, asks: Sequence[tuple[Done, Ask]], seed: list[int]) -> list[tuple[Done, Ask]]:
        """Answer what units ask of the same model in the same way together; gives what they ask next."""
        ways = dict.fromkeys((ask.model, ask.sampling) for _, ask in asks)
        after: dict[int, tuple[Done, Ask]] = {}
        for way, (model, sampling) in enumerate(ways):
            asking = [(unit, ask) for unit, ask in asks if (ask.model, ask.sampling) == (model, sampling)]
            requests = [request for _, ask in asking for request in ask.requests]
            if is_served(model):
                answers = self.servers.ask(model, requests, sampling, lambda done, total, what: None)
            else:
                answers, size = [], batch_size(model)
                for part, first in enumerate(range(0, len(requests), size)):
                    of_part = [*seed, way, part] if way or part else seed
                    batch = requests[first : first + size]
                    asked = ask_batch(self.servers.store, model, batch, sampling, digest(of_part))
                    answers += asked.answers
                    asking[0][0].asked += asked.asked
                    asking[0][0].repeated += asked.repeated
            given = iter(answers)
            for unit, ask in asking:
                following = unit.go_on([next(given) for _ in ask.requests])
                if following is not None:
                    after[unit.number] = (unit, following)
        return [after[number] for number in sorted(after)]

    def _freely(self, end: int | None, ahead: Callable[[], int], accepted: Accepted) -> Iterator[list[Done]]:
        tasks: dict[int, asyncio.Task[Done]] = {}
        started = first = made = 0

        async def finished(numbers: Iterable[int]) -> list[Done]:
            """The units of these numbers, once they are done; fewer where the money or the requests end."""
            nonlocal started, made
            done: list[Done] = []
            last = first + 2 * GROUP if self.method.reads_accepted else None
            bound = min((n for n in (end, last) if n is not None), default=None)
            for number in numbers:
                while (
                    (bound is None or started < bound)
                    and (started <= number or started < first + ahead())
                    and self._room(made, started - number) > 0
                ):
                    tasks[started] = asyncio.ensure_future(self._alone(self.start(started, accepted)))
                    started += 1
                if number not in tasks:
                    break
                try:
                    done.append(await tasks.pop(number))
                except OutOfMoney as error:
                    if error.budget is not self.budget:
                        raise self.servers.bound_reached(error) from error
                    break
                made += done[-1].requests
            return done

        async def call_off() -> None:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

        try:
            while end is None or first < end:
                # What a group asks is paid for, so there are fewer where fewer are wanted; but where units read what
                # was accepted, what they read goes by full groups.
                size = GROUP if self.method.reads_accepted else min(GROUP, ahead())
                last = first + size if end is None else min(end, first + size)
                done = self.servers.run(finished(range(first, last)))
                yield done
                if len(done) < last - first:
                    return
                first = last
        finally:
            self.servers.run(call_off())

    def _about(self, number: int) -> str:
        """What a unit works on, for people."""
        if self.method.units(self.seeds.height) is None:
            return f"in unit {number} of the generation"
        row = self.seeds.row(number, named=True)
        return f"for the seed row {row['id']} (number {row['position']} of its source, from 0)"

    async def _alone(self, unit: Done) -> Done:
        answers = None
        while (ask := unit.go_on(answers)) is not None:
            server = self.servers.of(ask.model)
            try:
                answers = await together([server.answer(r, ask.sampling, self.budget) for r in ask.requests])
            except NotRecorded as error:
                raise OperatorError(f"{error}, {self._about(unit.number)}") from error
            if server.price is not None:
                unit.cost += sum(server.price.of(answer) for answer in answers)
        return unit
