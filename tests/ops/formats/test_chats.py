from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.ops.formats.hh import hh
from tunec.runtime.ops.formats.messages import messages
from tunec.runtime.ops.formats.oasst import oasst
from tunec.runtime.ops.formats.sharegpt import sharegpt
from tunec.runtime.ops.formats.transcript import transcript
from tunec.runtime.records import mapped
from tunec.runtime.values import FormatError


def said(row: Any) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("human", "user"), ("User", "user"), ("gpt", "assistant"), ("chatgpt", "assistant"), ("bing", "assistant"),
        ("bard", "assistant"), ("system", "system"), ("function_call", "assistant"), ("observation", "tool"),
        ("tool", "tool"), ("function_response", "tool"),
    ],
)  # fmt: skip
def test_names_of_sharegpt(name: str, role: str) -> None:
    assert said(sharegpt().content({"conversations": [{"from": name, "value": "x"}]})) == [(role, "x")]


def test_sharegpt_in_its_variants() -> None:
    record = {"conversation": [{"role": "user", "content": "你好"}], "system": "请用中文。"}
    assert said(sharegpt().content(record)) == [("system", "请用中文。"), ("user", "你好")]
    with pytest.raises(FormatError, match="unknown role `narrator`"):
        sharegpt().content({"conversations": [{"from": "narrator", "value": "x"}]})


def test_messages_with_tools_and_a_system_turn() -> None:
    call = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "北京"}'}}
    record = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather "}, {"type": "text", "text": "in 北京?"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "sunny", "tool_call_id": "1"},
            {"role": "assistant", "content": "Sunny."},
        ]
    }
    assert said(messages().content(record)) == [
        ("system", "Be brief."),
        ("user", "Weather in 北京?"),
        ("assistant", '{"name": "weather", "arguments": {"city": "北京"}}'),
        ("tool", "sunny"),
        ("assistant", "Sunny."),
    ]
    with pytest.raises(FormatError, match="lacks a text"):
        messages().content({"messages": [{"role": "assistant", "content": None}]})


TREE = {
    "prompt": {
        "role": "prompter",
        "text": "Hi",
        "replies": [
            {"role": "assistant", "text": "second", "rank": 1, "replies": []},
            {
                "role": "assistant",
                "text": "first",
                "rank": 0,
                "replies": [
                    {
                        "role": "prompter",
                        "text": "More",
                        "replies": [{"role": "assistant", "text": "no", "deleted": True}],
                    },
                    {"role": "prompter", "text": "Why", "replies": [{"role": "assistant", "text": "so"}]},
                ],
            },
        ],
    }
}


def test_trees() -> None:
    best = oasst().content(TREE)
    assert [said(row) for row in best] == [[("user", "Hi"), ("assistant", "first")]]
    every = oasst("all").content(TREE)
    assert [[s for _, s in said(row)] for row in every] == [
        ["Hi", "second"],
        ["Hi", "first"],
        ["Hi", "first", "Why", "so"],
    ]
    with pytest.raises(FormatError, match="no answer"):
        oasst().content({"prompt": {"role": "prompter", "text": "Hi", "replies": []}})


def test_transcripts() -> None:
    text = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nAs I said: fine\n\nHuman: 再见\n\nAssistant:"
    expected = [("user", "Hi"), ("assistant", "Hello.\n\nAs I said: fine"), ("user", "再见")]
    assert said(transcript().content({"chosen": text})) == expected
    with pytest.raises(FormatError, match="no transcript"):
        transcript().content({"text": "Once upon a time"})


def test_preferences_of_hh() -> None:
    start = "\n\nHuman: 你好\n\nAssistant:"
    one = hh().content({"chosen": f"{start} 你好！", "rejected": f"{start} 走开"})
    assert one == {"prompt": "你好", "chosen": "你好！", "rejected": "走开"}
    more = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:"
    two = hh().content({"chosen": f"{more} d", "rejected": f"{more} e"})
    assert two == {"prompt": "Human: a\n\nAssistant: b\n\nHuman: c", "chosen": "d", "rejected": "e"}
    with pytest.raises(FormatError, match="same prompt"):
        hh().content({"chosen": f"{start} x", "rejected": "\n\nHuman: other\n\nAssistant: y"})


@given(st.lists(st.text("ab 中", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=6))
def test_a_transcript_is_read_as_it_was_written(texts: list[str]) -> None:
    names = ["Human", "Assistant"] * 3
    text = "".join(f"\n\n{name}: {said_}" for name, said_ in zip(names, texts, strict=False))
    assert [s for _, s in said(transcript().content({"text": text}))] == [t.strip() for t in texts]


def test_nested_columns() -> None:
    layout = mapped({"instruction": "data.ask.0", "response": "data.reply.text"}, "instruction")
    record = {"data": {"ask": ["问", "x"], "reply": {"text": "答"}}}
    assert layout.content(record) == {"instruction": "问", "input": "", "response": "答", "system": ""}
    with pytest.raises(FormatError, match=r"has no `data.ask.0`"):
        layout.content({"data": {"ask": []}})
    assert mapped({"text": "a.b"}, "text").content({"a.b": "the column itself", "a": {"b": "x"}}) == {
        "text": "the column itself"
    }
