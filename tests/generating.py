"""Does the work of a method by hand: what it asks, and what it makes of answers that are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tunec.runtime.method import Answer, Ask, Draft, Method, NoAnswer, Rejection, Request, Unit


@dataclass
class Worked:
    """What a unit asked, wave by wave, and what it made."""

    asks: list[Ask]
    parts: list[Draft | Rejection]

    @property
    def rows(self) -> list[Draft]:
        return [part for part in self.parts if isinstance(part, Draft)]

    @property
    def rejected(self) -> list[Rejection]:
        return [part for part in self.parts if isinstance(part, Rejection)]


def answer(text: str, finish: str = "stop", **more: object) -> Answer:
    return Answer(text, finish, 1, 1, **more)  # type: ignore[arg-type]


def work(
    method: Method, seeds: pl.DataFrame, answers: Sequence[str | Answer], number: int = 0, seed: int = 1
) -> Worked:
    """The work on a unit; the answers are given in order, as they are asked for."""
    method.units(seeds.height)
    running, given, asks = method.work(Unit(number, seeds, f"{seed} {number}")), list(answers), []
    try:
        ask = next(running)
        while True:
            asks.append(ask)
            some, given = given[: len(ask.requests)], given[len(ask.requests) :]
            assert len(some) == len(ask.requests), f"{len(ask.requests)} answers are asked for: {ask}"
            ask = running.send([a if isinstance(a, Answer) else answer(a) for a in some])
    except StopIteration as end:
        assert not given, f"not asked for: {given}"
        return Worked(asks, end.value)
    except NoAnswer as error:
        return Worked(asks, [Rejection("answer", str(error), "")])


def first_request(method: Method, seeds: pl.DataFrame, number: int = 0, seed: int = 1) -> Request:
    """What a unit asks first."""
    method.units(seeds.height)
    return next(method.work(Unit(number, seeds, f"{seed} {number}"))).requests[0]
