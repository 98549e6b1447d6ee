from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason, said
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.transcript import transcript

TURNS = st.lists(st.text("ab 中", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=6)


def test_english_and_chinese() -> None:
    text = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nAs I said: fine\n\nHuman: 再见\n\nAssistant:"
    expected = [("user", "Hi"), ("assistant", "Hello.\n\nAs I said: fine"), ("user", "再见")]
    assert said(transcript().content({"chosen": text})) == expected
    assert said(transcript().content({"text": text, "chosen": "x"})) == expected
    # A name inside a line begins no turn.
    assert said(transcript().content({"text": "Human: a Human: b Assistant: c"})) == [
        ("user", "a Human: b Assistant: c")
    ]


def test_a_silent_turn_within_stays() -> None:
    text = "\n\nHuman: a\n\nAssistant: \n\nHuman: b"
    assert said(transcript().content({"text": text})) == [("user", "a"), ("assistant", ""), ("user", "b")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": "Once upon a time"}, "`text` is not a transcript"),
        ({"text": "人：你好\n\nHuman: x"}, "`text` is not a transcript"),
        ({"chosen": ""}, "`chosen` is not a transcript"),
        ({"text": "\n\nHuman: \n\nAssistant:"}, "nothing is said in `text`"),
        ({"rejected": "\n\nHuman: x"}, "has no `text`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        transcript().content(record)


@MANY
@given(TURNS)
def test_is_read_as_it_was_written(texts: list[str]) -> None:
    names = ["Human", "Assistant"] * 3
    text = "".join(f"\n\n{name}: {one}" for name, one in zip(names, texts, strict=False))
    assert [one for _, one in said(transcript().content({"text": text}))] == [t.strip() for t in texts]


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_line_ends(line: str) -> None:
    expected = [("user", "Hi"), ("assistant", f"Hello.{line}{line}Fine."), ("user", "再见")]
    text = f"Human: Hi{line}{line}Assistant: Hello.{line}{line}Fine.{line} {line}Human: 再见"
    assert said(transcript().content({"text": text})) == expected
    layout = transcript()
    text = f"{line}Human: Hi{line}Assistant: Hello.{line}{line}Fine.{line}Human: 再见"
    assert said(layout.content({"text": text})) == expected
    assert layout.notes()[0] == "transcripts whose turns have no blank lines between them, read line by line (1)"


def test_a_name_at_a_line_within_a_turn_is_counted() -> None:
    layout = transcript()
    text = "\n\nHuman: 续写\n\nAssistant: A play:\nHuman: x\nAssistant: y"
    assert said(layout.content({"text": text})) == [("user", "续写"), ("assistant", "A play:\nHuman: x\nAssistant: y")]
    assert layout.notes() == ("kept as text: a line within a turn that begins with `Human:` or `Assistant:` (2)",)


def test_turns_that_templates_cannot_render_are_counted() -> None:
    layout = transcript()
    layout.content({"text": "\n\nHuman: 一\n\nHuman: 二\n\nAssistant: y"})
    layout.content({"text": "\n\nHuman: no answer?"})
    (note,) = layout.notes()
    assert "two turns of the user in a row: 1" in note and "no turn of the assistant: 1" in note


@MANY
@given(
    records(
        "text", "chosen", like=st.lists(st.sampled_from(["\n\nHuman:", "\n\nAssistant: ", "\n", "中"])).map("".join)
    )
)
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(transcript(), record)
