"""Answers of the real model depend on the batch and the seed alone."""

from __future__ import annotations

from typing import Any

import pytest

from tunec.runtime.base.method import Request, Sampling

pytestmark = pytest.mark.model


def test_answers_depend_on_batch_and_seed_alone(loaded: Any) -> None:
    requests = [Request("Once upon a time"), Request("The three colours are red,")]
    sampling = Sampling(temperature=0.9, max_tokens=8)
    first = loaded.answer(requests, sampling, 1)
    assert loaded.answer(requests, sampling, 1) == first
    assert loaded.answer(requests, sampling, 2) != first


def test_greedy_in_a_padded_batch_is_greedy_alone(loaded: Any) -> None:
    greedy = Sampling(temperature=0, max_tokens=6)
    requests = [Request("The capital of France is"), Request("One, two, three, four, five, six,")]
    together = loaded.answer(requests, greedy, 1)
    assert [a.text for a in together] == [loaded.answer([r], greedy, 1)[0].text for r in requests]
    assert together[0].finish == "length" and together[0].completion_tokens == 6


def test_a_stop_text_ends_an_answer_and_is_no_part_of_it(loaded: Any) -> None:
    requests = [Request("One, two, three, four, five, six,")]
    whole = loaded.answer(requests, Sampling(temperature=0, max_tokens=12), 1)[0]
    stop = whole.text.strip().split(",")[1]
    cut = loaded.answer(requests, Sampling(temperature=0, max_tokens=12, stop=(stop,)), 1)[0]
    assert cut.finish == "stop"
    assert stop not in cut.text and whole.text.startswith(cut.text)
