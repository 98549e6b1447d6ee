"""Halves of characters, which servers send where an answer is cut inside of one."""

from __future__ import annotations

import json

import pytest

from tunec.runtime.base.method import Request
from tunec.runtime.models.replies import Unusable, answer_in
from tunec.runtime.text.structured import any_json
from tunec.runtime.text.surrogates import well_formed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("café 中 😀", "café 中 😀"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00b", "\ufffdb"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_halves(text: str, expected: str) -> None:
    assert well_formed(text) == expected


def test_in_json_of_an_answer() -> None:
    assert any_json('{"a\\ud83d": ["\\ud83d\\ude00", "\\ude00"]}') == {"a\ufffd": ["😀", "\ufffd"]}


def test_in_thoughts_and_refusals() -> None:
    message = {"content": "yes", "reasoning_content": "h\ud83d"}
    body = json.dumps({"choices": [{"message": message}]}).encode()
    assert answer_in(body, Request("q")).reasoning == "h\ufffd"
    body = json.dumps({"choices": [{"message": {"content": None, "refusal": "I can't.\ud83d"}}]}).encode()
    with pytest.raises(Unusable) as refused:
        answer_in(body, Request("q"))
    assert refused.value.complaint is None
    assert refused.value.answer.reason == "the model refuses: I can't.\ufffd"
