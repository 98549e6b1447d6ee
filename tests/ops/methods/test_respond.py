"""`respond`: a model answers rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.generating import answer, with_the_bundled_model, work
from tunec.compiler.types import RowType
from tunec.runtime.base.method import Message
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.respond import respond
from tunec.runtime.rows.messages import content_schema

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1", (("temperature", 0.5), ("max_tokens", 99)))


def instructions(*texts: tuple[str, str, str]) -> pl.DataFrame:
    table = {name: [text[n] for text in texts] for n, name in enumerate(("instruction", "input", "system"))}
    return pl.DataFrame({"id": [f"r{n}" for n in range(len(texts))], **table, "response": ["old"] * len(texts)})


def chats(*turns: dict[str, Any]) -> pl.DataFrame:
    schema = content_schema(RowType.CHAT)
    return pl.DataFrame({"id": ["c"], "messages": [list(turns)], "tools": [None]}, schema={"id": pl.String, **schema})


def test_an_instruction_with_its_input() -> None:
    seeds = instructions(("Translate.", "Guten Tag", ""), ("写一首关于春天的诗。", "", "你是诗人。"))
    made = work(respond(MODEL, system="Be brief."), seeds, [" Good day.\n"])
    (ask,) = made.asks
    assert ask.requests[0].prompt == (Message("system", "Be brief."), Message("user", "Translate.\n\nGuten Tag"))
    assert (ask.sampling.temperature, ask.sampling.max_tokens) == (0.5, 99)
    (row,) = made.rows
    assert row.fields == {"instruction": "Translate.", "input": "Guten Tag", "system": "", "response": "Good day."}
    assert row.parents == ("r0",)
    made = work(respond(MODEL, system="Be brief."), seeds, ["春眠不觉晓"], number=1)
    assert made.asks[0].requests[0].prompt == (Message("system", "你是诗人。"), Message("user", "写一首关于春天的诗。"))
    assert made.rows[0].fields["response"] == "春眠不觉晓"


def test_the_last_turn_of_a_chat() -> None:
    turns = [
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "您好，有什么可以帮您？"},
        {"role": "user", "content": "Where is my parcel?"},
        {"role": "assistant", "content": "old"},
    ]
    made = work(respond(MODEL), chats(*turns), [answer("On its way.", reasoning="Look it up.")])
    assert [m.content for m in made.asks[0].requests[0].prompt] == [t["content"] for t in turns[:3]]
    (row,) = made.rows
    messages = row.fields["messages"]
    assert [m["content"] for m in messages] == ["你好", "您好，有什么可以帮您？", "Where is my parcel?", "On its way."]
    assert messages[-1]["role"] == "assistant" and messages[-1]["reasoning"] == "Look it up."


def test_several_samples_are_several_rows() -> None:
    made = work(respond(MODEL, samples=3), instructions(("Say hello.", "", "")), ["Hello.", "", "Hi."])
    assert [r.sample for r in made.asks[0].requests] == [0, 1, 2]
    assert [row.fields["response"] for row in made.rows] == ["Hello.", "Hi."]
    assert [(r.rule, r.value, r.parents) for r in made.rejected] == [("answer", "an empty answer", ("r0",))]


def test_answers_that_are_no_rows() -> None:
    seeds = instructions(("Say hello.", "", ""))
    cut = work(respond(MODEL), seeds, [answer("Hel", "length")]).rejected
    assert [(r.rule, r.value, r.text) for r in cut] == [("complete", "cut at max_tokens", "Hel")]
    failed = work(respond(MODEL), seeds, [answer("", "failed", reason="an empty answer, 6 times")]).rejected
    assert [(r.rule, r.value) for r in failed] == [("answer", "an empty answer, 6 times")]


def test_rows_without_a_question_are_not_asked() -> None:
    made = work(respond(MODEL), instructions((" ", "", "")), [])
    assert not made.asks and made.rejected[0].rule == "a question"
    made = work(respond(MODEL), chats({"role": "assistant", "content": "Welcome!"}), [])
    assert not made.asks and made.rejected[0].rule == "a question"


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="samples"):
        respond(MODEL, samples=0)
    with pytest.raises(OperatorError, match="temperature"):
        respond(MODEL, temperature=-1)


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "respond(base, samples: 2)")
