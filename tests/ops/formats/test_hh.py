from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason, said
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.hh import hh

SAID = st.text("ab 中", min_size=1, max_size=5).filter(str.strip)
PIECES = ["\n\nHuman: x", "\n\nAssistant: y", "\n\nAssistant:", "中"]


def test_one_turn_and_several() -> None:
    start = "\n\nHuman: 你好\n\nAssistant:"
    one = hh().content({"chosen": f"{start} 你好！", "rejected": f"{start} 走开"})
    assert one == {
        "messages": [{"role": "user", "content": "你好"}],
        "chosen": [{"role": "assistant", "content": "你好！"}],
        "rejected": [{"role": "assistant", "content": "走开"}],
    }
    more = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:"
    two = hh().content({"chosen": f"{more} d", "rejected": f"{more} e"})
    assert said(two) == [("user", "a"), ("assistant", "b"), ("user", "c")]
    apart = hh().content({"chosen": f"{more} d", "rejected": "\n\nHuman: a\n\nAssistant: z"})
    assert said(apart) == [("user", "a")]
    assert [turn["content"] for turn in apart["chosen"]] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("chosen", "rejected", "reason"),
    [
        ("\n\nHuman: a\n\nAssistant: x", "\n\nHuman: b\n\nAssistant: y", "do not answer the same prompt"),
        ("\n\nAssistant: x", "\n\nAssistant: y", "do not answer the same prompt"),
        ("\n\nHuman: a\n\nAssistant: x", "\n\nHuman: a\n\nAssistant:", "does not end with an answer"),
        ("\n\nHuman: a", "\n\nHuman: a\n\nAssistant: y", "does not end with an answer"),
        ("你好", "\n\nHuman: a\n\nAssistant: y", "`chosen` is not a transcript"),
        ("\n\nHuman: a\n\nAssistant: y", "你好", "`rejected` is not a transcript"),
    ],
)
def test_what_is_none(chosen: str, rejected: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        hh().content({"chosen": chosen, "rejected": rejected})


@MANY
@given(st.lists(st.tuples(SAID, SAID), max_size=3), SAID, SAID, SAID)
def test_is_read_as_it_was_written(before: list[tuple[str, str]], last: str, chosen: str, rejected: str) -> None:
    start = "".join(f"\n\nHuman: {a}\n\nAssistant: {b}" for a, b in before) + f"\n\nHuman: {last}\n\nAssistant: "
    row = hh().content({"chosen": start + chosen, "rejected": start + rejected})
    assert isinstance(row, dict)
    whole = [*said(row), *((turn["role"], turn["content"]) for turn in row["chosen"])]
    turns = [(role, t.strip()) for pair in before for role, t in zip(("user", "assistant"), pair, strict=True)]
    assert whole == [*turns, ("user", last.strip()), ("assistant", chosen.strip())]
    assert row["rejected"] == [{"role": "assistant", "content": rejected.strip()}]


@MANY
@given(records("chosen", "rejected", like=st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(hh(), record)
