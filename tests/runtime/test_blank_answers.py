"""An answer that shows nothing is an empty one, whatever it is made of."""

from __future__ import annotations

import pytest

from tunec.runtime.rows.messages import empty_answer


@pytest.mark.parametrize("answer", [None, "", " \n", "\u3000", "\u200b", "\ufeff\u00ad", "\u202e\u2060 "])
def test_nothing_to_see(answer: str | None) -> None:
    assert empty_answer([{"role": "user", "content": "Why?"}, {"role": "assistant", "content": answer}])


@pytest.mark.parametrize("answer", ["0", "。", "\u200bx", "👩‍🚀", "…"])
def test_something_to_see(answer: str) -> None:
    assert not empty_answer([{"role": "user", "content": "Why?"}, {"role": "assistant", "content": answer}])
