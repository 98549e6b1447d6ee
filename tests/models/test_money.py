"""Bounds on costs are never exceeded, whatever servers do and however often a build is interrupted."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.needs import needs
from tests.serving import last, serving
from tunec.runtime.base.method import Message, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models import replies
from tunec.runtime.models.money import Budget, Price
from tunec.runtime.models.servers import Servers
from tunec.runtime.ops.models.openai import openai
from tunec.runtime.store.spending import Spending
from tunec.runtime.store.store import Store

needs("aiohttp")

PRICE = Price(1000.0, 1000.0, 2000.0)
SAMPLING = Sampling(max_tokens=90)


def questions(count: int) -> list[Request]:
    return [Request((Message("user", f"Question {n}：什么是 {n}？"),)) for n in range(count)]


def usage(body: dict[str, Any]) -> tuple[int, int]:
    """Tokens as a server might count them: never more than it was given and allowed."""
    said = "".join(m["content"] for m in body["messages"])
    return len(said.encode()) + 20, len(last(body)) * 7 % 90


@pytest.mark.parametrize("seed", range(20))
def test_random_schedules(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that is interrupted, and goes on: what the server counts never exceeds the bound on both together."""
    monkeypatch.setattr(replies, "_FIRST", 0.001)
    chance = random.Random(seed)
    faults = {name: 0.1 for name in ("500", "invalid", "empty", "reasoning", "429") if chance.random() < 0.6}
    options = {"attempts": chance.randint(1, 3), "concurrency": chance.choice([1, 7, 64])}
    bound, served_cost = chance.uniform(1, 12), 0.0

    def counted(body: dict[str, Any]) -> tuple[int, int]:
        nonlocal served_cost
        tokens = usage(body)
        served_cost += (tokens[0] * PRICE.prompt + tokens[1] * PRICE.completion) / 1e6
        return tokens

    with serving(usage=counted, faults=faults, latency=0.001) as served:
        model = openai("m", base_url=served.url, price_input=1000.0, price_output=2000.0, **options)
        for part in (questions(8), questions(60)):
            store = Store(tmp_path)
            spending = Spending(store, "s")
            servers = Servers(
                store, lambda message: None, spending, Budget(bound, spending.since_bound, spending.lost_since_bound)
            )
            try:
                servers.ask(model, part, SAMPLING, lambda done, total, what: None)
            except OperatorError as error:
                assert "the bound on costs is reached" in str(error) or "does not answer" in str(error)
            finally:
                servers.close()
    assert served_cost <= bound
    if not faults:  # of an answer that is cut off nobody knows what was paid
        assert sum(Spending(store, "s").before.values()) == pytest.approx(served_cost)


def test_what_was_cut_off_counts_as_paid_for(tmp_path: Path) -> None:
    with serving(faults={"cut": 1.0}, always=True) as served:
        model = openai("m", base_url=served.url, price_input=1000.0, price_output=2000.0, attempts=1, concurrency=1)
        store = Store(tmp_path)
        once = PRICE.at_most(questions(1)[0], SAMPLING, 1)
        servers = Servers(store, lambda message: None, Spending(store, "s"), Budget(2.5 * once))
        with pytest.raises(OperatorError):
            servers.ask(model, questions(10), SAMPLING, lambda done, total, what: None)
        servers.close()
    assert sum(served.attempts.values()) <= 2


def test_dollars_that_do_not_add_up_exactly_keep_nobody_waiting() -> None:
    async def run() -> None:
        budget = Budget(1.0)
        for amount in (0.1, 0.2, 0.3):
            await budget.reserve(amount)
        for amount in (0.3, 0.2, 0.1):
            budget.settle(amount, amount)
        with pytest.raises(Exception, match="might exceed"):
            await asyncio.wait_for(budget.reserve(0.5), 1)

    asyncio.run(run())


def test_what_costs_nothing_is_not_noted(tmp_path: Path) -> None:
    spending = Spending(Store(tmp_path), "s")
    spending.ended("a", spending.asked("a", 0.0), 0.0, 0.0)
    path = tmp_path / "spending" / "s.log"
    assert not path.exists()
    spending.ended("a", spending.asked("a", 0.0), 0.5, 0.0)  # found in a batch, and paid for then
    spending.ended("a", spending.asked("a", 1.0), 0.0, 0.0)  # refused
    spending.close()
    assert len(path.read_text("utf-8").split("\n")) == 5
    assert Spending(Store(tmp_path), "s").lost == 0.0


def test_an_account_adds_up_until_a_build_ends(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = Spending(store, "s")
    first.ended("a", first.asked("a", 1.0), 0.25, 0.0)
    first.ended("b", first.asked("b", 2.0), 0.5, 0.125)
    first.asked("b", 4.0)
    first.close()
    path = tmp_path / "spending" / "s.log"
    path.write_bytes(path.read_bytes() + b"a")  # the process was killed while it wrote
    second = Spending(store, "s")
    assert dict(second.before) == {"a": 0.25, "b": 0.5} and second.since_bound == 0.75
    assert second.lost == second.lost_since_bound == 4.125
    second.bound_reached()
    second.close()
    third = Spending(store, "s")
    assert sum(third.before.values()) == 0.75 and third.since_bound == 0.0
    assert third.lost == 4.125 and third.lost_since_bound == 0.0
    third.end()
    assert not path.exists()
