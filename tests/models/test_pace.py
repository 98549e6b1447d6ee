"""Requests go ahead as fast as a server takes them: fewer where it refuses or slows down, more as it keeps up."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.serving import serving
from tunec.runtime.base.method import Message, Request, Sampling
from tunec.runtime.models.pace import Pace
from tunec.runtime.models.servers import Servers
from tunec.runtime.ops.models.openai import openai
from tunec.runtime.store.spending import Spending
from tunec.runtime.store.store import Store


def answers(pace: Pace, count: int, seconds: float, tokens: int = 84) -> None:
    for _ in range(count):
        pace.went_well(seconds, tokens)


def test_rising_latency_halves_what_runs_at_once() -> None:
    pace = Pace(32)
    answers(pace, 32, 0.2)
    answers(pace, 32, 0.39)  # less than twice as long
    assert pace.limit == 32
    answers(pace, 32, 0.5)
    assert pace.limit == 16
    answers(pace, 16, 0.5)  # they were on their way when it was cut
    assert 16 < pace.limit < 18
    answers(pace, 17, 0.5)  # it is as slow as ever
    assert 8 < pace.limit < 10
    answers(pace, 500, 0.2)
    assert pace.limit > 25


def test_long_answers_are_not_slow_ones() -> None:
    pace = Pace(16)
    answers(pace, 16, 0.2, tokens=84)
    answers(pace, 64, 2.0, tokens=984)
    assert pace.limit == 16


def test_a_few_slow_answers_are_nothing() -> None:
    pace = Pace(16)
    for number in range(160):
        pace.went_well(5.0 if number % 3 == 0 else 0.2, 20)
    assert pace.limit == 16


def test_a_server_that_is_slower_the_more_it_does(tmp_path: Path) -> None:
    """It takes forty times as long from the hundredth request on, however few there are: so one is left at a time."""
    pytest.importorskip("aiohttp")
    seen, lock = 0, threading.Lock()

    def say(body: dict[str, Any]) -> str:
        nonlocal seen
        with lock:
            seen += 1
            served.latency = 0.002 if seen < 100 else 0.08
        return "An answer."

    with serving(say=say, latency=0.002) as served:
        model = openai("m", base_url=served.url, concurrency=16)
        store = Store(tmp_path)
        servers = Servers(store, lambda message: None, Spending(store, "s"))
        requests = [Request((Message("user", str(n)),)) for n in range(240)]
        servers.ask(model, requests, Sampling(), lambda done, total, what: None)
        assert servers.of(model).pace.limit < 16
        servers.close()


def test_more_than_the_minute_allows_waits() -> None:
    async def run() -> float:
        pace = Pace(4, per_minute=2)
        await pace.enter(1)
        await pace.enter(1)
        return pace._pause(1)

    assert asyncio.run(run()) > 50


def test_who_waits_longest_goes_first() -> None:
    """Others come while places become free, and go ahead of nobody."""
    came = 0
    went: list[int] = []

    async def run() -> None:
        pace = Pace(4)
        tasks: set[asyncio.Task[None]] = set()

        async def one() -> None:
            nonlocal came
            number, came = came, came + 1
            await pace.enter(1)
            went.append(number)
            await asyncio.sleep(0)
            if len(tasks) < 200:
                tasks.add(asyncio.ensure_future(one()))  # it begins before the one whose turn comes now goes on
            pace.leave()

        tasks |= {asyncio.ensure_future(one()) for _ in range(16)}
        while not all(task.done() for task in tasks):
            await asyncio.wait_for(asyncio.gather(*tasks), 20)

    asyncio.run(run())
    assert went == list(range(200))


@pytest.mark.parametrize("seed", range(20))
def test_those_called_off_leave_their_places(seed: int) -> None:
    """Whenever they are: while they wait, as their turn comes, and on their way."""
    chance = random.Random(seed)

    async def run() -> None:
        pace, most = Pace(4), 0

        async def one() -> None:
            nonlocal most
            await pace.enter(1)
            most = max(most, pace.running)
            try:
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
            finally:
                pace.leave()

        tasks: list[asyncio.Task[None]] = []
        for _ in range(300):
            tasks.append(asyncio.ensure_future(one()))
            if chance.random() < 0.4:
                chance.choice(tasks).cancel()
            if chance.random() < 0.3:
                await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        assert (pace.running, most) == (0, 4)
        await asyncio.wait_for(one(), 1)

    asyncio.run(run())
