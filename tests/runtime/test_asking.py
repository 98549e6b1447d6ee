"""Requests that are looked up one by one, asked in batches of the real model."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.needs import needs
from tunec.runtime.base.method import Message, Request, Sampling
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.answers import ask, ask_batch
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.store.files import read_checked
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet

pytestmark = pytest.mark.model
needs("torch", "transformers")

SHORT = Sampling(temperature=0, max_tokens=4)
QUESTIONS = [
    "What is 2 + 2?",
    "Name a colour.",
    "天空是什么颜色？",
    "Who wrote Hamlet?",
    "Count to three, please, slowly.",
]


@pytest.fixture(scope="module")
def base() -> ModelSpec:
    return bundled("smollm2-135m-instruct", batch_size=2)


def requests(texts: list[str]) -> list[Request]:
    return [Request((Message("user", text),)) for text in texts]


def batches(store: Store) -> dict[str, object]:
    return {p.name: read_checked(p) for p in (store.root / "answers").rglob("*.json")}


def test_each_distinct_request_is_asked_once(tmp_path: Path, base: ModelSpec) -> None:
    store = Store(tmp_path)
    first = ask(store, base, requests([*QUESTIONS, QUESTIONS[1]]), SHORT, quiet)
    assert (first.distinct, first.asked, first.repeated) == (5, 5, 0)
    assert first.answers[1] == first.answers[5]
    assert len({a.text for a in first.answers}) > 1
    assert len(batches(store)) == 3  # of two
    again = ask(store, base, requests([*QUESTIONS[::-1], "And a sixth?"]), SHORT, quiet)
    assert (again.distinct, again.asked) == (6, 1)
    assert again.answers[:5] == first.answers[4::-1]


def test_nothing_recorded_loads_a_model(tmp_path: Path, base: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(Store(tmp_path), base, requests(QUESTIONS[:2]), SHORT, quiet)
    monkeypatch.setattr("tunec.runtime.models.local.load", None)
    store = Store(tmp_path)
    assert ask(store, base, requests(QUESTIONS[:1]), SHORT, quiet).answers == first.answers[:1]
    assert len(store.touched) == 1


def test_the_order_of_requests_decides_nothing(tmp_path: Path, base: ModelSpec) -> None:
    warm = Sampling(temperature=1, max_tokens=6)
    shuffled = random.Random(3).sample(QUESTIONS, len(QUESTIONS))
    stores = [Store(tmp_path / name) for name in "ab"]
    for store, texts in zip(stores, (QUESTIONS, shuffled), strict=True):
        ask(store, base, requests(texts), warm, quiet)
    assert batches(stores[0]) == batches(stores[1])


def test_other_settings_are_other_requests(tmp_path: Path, base: ModelSpec) -> None:
    store = Store(tmp_path)
    ask(store, base, requests(QUESTIONS[:1]), SHORT, quiet)
    assert ask(store, base, requests(QUESTIONS[:1]), Sampling(temperature=0, max_tokens=5), quiet).asked == 1
    raw = [Request(QUESTIONS[0])]
    assert ask(store, base, raw, SHORT, quiet).asked == 1


def test_a_request_that_does_not_fit_is_not_asked(tmp_path: Path, base: ModelSpec) -> None:
    store = Store(tmp_path)
    found = ask(store, base, requests(["word " * 9_000, QUESTIONS[0]]), SHORT, quiet)
    assert (found.answers[0].text, found.answers[0].finish, found.asked) == ("", "length", 1)
    assert found.answers[1].text
    assert ask(store, base, requests(["word " * 9_000]), SHORT, quiet).asked == 0


def test_a_kill_is_counted(tmp_path: Path, base: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(store, "record_answer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ask(store, base, requests(QUESTIONS[:2]), SHORT, quiet)
    found = ask(store, base, requests(QUESTIONS[:2]), SHORT, quiet)
    assert (found.asked, found.repeated) == (2, 2)
    assert ask(store, base, requests(QUESTIONS[:2]), SHORT, quiet).repeated == 0


def test_a_kill_of_an_earlier_run_is_not_told_again(
    tmp_path: Path, base: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, batch = Store(tmp_path), requests(QUESTIONS[:2])
    with monkeypatch.context() as patched:
        patched.setattr(store, "record_answer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ask_batch(store, base, batch, SHORT, "ab" * 32)
    assert ask_batch(store, base, batch, SHORT, "ab" * 32).repeated == 2
    assert ask_batch(store, base, batch, SHORT, "ab" * 32).repeated == 0


def test_a_damaged_batch_is_asked_again(tmp_path: Path, base: ModelSpec) -> None:
    store = Store(tmp_path)
    store.prepare()
    first = ask(store, base, requests(QUESTIONS[:2]), SHORT, quiet)
    path = next((store.root / "answers").rglob("*.json"))
    path.write_text(path.read_text().replace('"text"', '"tekst"'))
    warned: list[str] = []
    store.warn = warned.append
    assert ask(store, base, requests(QUESTIONS[:2]), SHORT, quiet) == first
    assert len(warned) == 1


def test_a_batch_as_it_is(tmp_path: Path, base: ModelSpec) -> None:
    store = Store(tmp_path)
    one = ask_batch(store, base, requests(QUESTIONS[:2]), SHORT, "ab" * 32)
    assert (one.asked, len(one.answers)) == (2, 2)
    assert ask_batch(store, base, requests(QUESTIONS[:2]), SHORT, "ab" * 32).asked == 0
    # Another seed is another batch, as is another order.
    assert ask_batch(store, base, requests(QUESTIONS[:2]), SHORT, "cd" * 32).asked == 2
    assert ask_batch(store, base, requests(QUESTIONS[1::-1]), SHORT, "ab" * 32).asked == 2
