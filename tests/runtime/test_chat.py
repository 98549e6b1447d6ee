"""Chats as tokens: tools, calls, reasoning and masks go through the template, or the row is left out with a reason."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.ops.material import conversations as chats
from tunec.runtime.models.chat import Chat, NotTrainable, conversations, encode
from tunec.runtime.tuning.training.proof.proof import prove

#: A template that knows tools, calls and reasoning, and refuses two turns of one side.
TEMPLATE = (
    "{% if tools %}<s>tools {{ tools | tojson }}<e>\n{% endif %}"
    "{% for m in messages %}"
    "{% if not loop.first and m.role == messages[loop.index0 - 1].role %}{{ raise_exception('roles must alternate') }}"
    "{% endif %}<s>{{ m.role }}\n"
    "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}[{{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}<e>\n"
    "{% endfor %}{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
PLAIN = (
    "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
TOOLS = ({"type": "function", "function": {"name": "weather", "parameters": {}}},)
CALL = {"id": "1", "name": "weather", "arguments": '{"city":"北京"}'}
ASKED = {"role": "user", "content": "Weather?"}
CALLED = {"role": "assistant", "tool_calls": [CALL], "reasoning": "Look."}
ANSWERED = {"role": "tool", "content": "sunny", "tool_call_id": "1"}
SAID = {"role": "assistant", "content": "Sunny."}


@cache
def tokenizer(template: str) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_ = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytes_.decoder = decoders.ByteLevel()
    bytes_.add_special_tokens([AddedToken("<s>"), AddedToken("<e>")])
    made = PreTrainedTokenizerFast(tokenizer_object=bytes_, bos_token="<s>", eos_token="<e>")
    made.chat_template = template
    return made


def learnt(chat: Chat, template: str = TEMPLATE) -> tuple[str, list[str]]:
    """The text of a chat, and the stretches of it that are trained on."""
    read = tokenizer(template)
    encoded = encode(read, chat)
    stretches: list[list[int]] = [[]]
    for token, mine in zip(encoded.ids, encoded.written, strict=True):
        if mine:
            stretches[-1].append(token)
        else:
            stretches.append([])
    return read.decode(list(encoded.ids)), [read.decode(ids) for ids in stretches if ids]


def test_calls_tools_and_reasoning_go_through_the_template() -> None:
    text, trained = learnt(Chat((ASKED, CALLED, ANSWERED, SAID), TOOLS))
    assert text.startswith("<s>tools [") and "weather" in text.split("<e>")[0]
    assert trained == ['<think>Look.</think>[weather {"city": "北京"}]<e>', "Sunny.<e>"]


def test_a_turn_that_is_not_to_be_trained_on_is_read_and_not_learnt() -> None:
    chat = Chat((ASKED, {**SAID, "train": False}, ASKED, {**SAID, "content": "Still.", "train": True}))
    text, trained = learnt(chat)
    assert "Sunny." in text and trained == ["Still.<e>"]


@pytest.mark.parametrize(
    ("chat", "template", "rule"),
    [
        (Chat((SAID, ASKED, SAID)), TEMPLATE, "the assistant speaks first"),
        (Chat(({"role": "system", "content": "S"}, SAID)), TEMPLATE, "the assistant speaks first"),
        (Chat((ASKED,)), TEMPLATE, "no turn of the assistant"),
        (Chat((ASKED, {"role": "assistant", "content": " \n"})), TEMPLATE, "an empty answer"),
        (Chat((ASKED, {"role": "assistant", "content": "", "reasoning": "x"})), TEMPLATE, "an empty answer"),
        (Chat(({**ASKED, "train": True}, SAID)), TEMPLATE, "a turn of another side that is to be trained on"),
        (Chat((ASKED, {**SAID, "reasoning": "<e>"})), TEMPLATE, "control token in the text"),
        (Chat((ASKED, ASKED, SAID)), TEMPLATE, "the chat template refuses the chat: roles must alternate"),
        (Chat((ASKED, SAID), TOOLS), PLAIN, "the chat template has no form for tools"),
        (Chat((ASKED, CALLED, ANSWERED, SAID)), PLAIN, "the chat template leaves out reasoning"),
        (Chat((ASKED, {**SAID, "tool_calls": [CALL]})), PLAIN, "the chat template has no form for calls of tools"),
    ],
)
def test_what_cannot_be_trained_on_has_a_reason(chat: Chat, template: str, rule: str) -> None:
    with pytest.raises(NotTrainable) as reason:
        encode(tokenizer(template), chat)
    assert reason.value.rule == rule


def test_rows_are_left_out_one_by_one() -> None:
    frame = chats([[ASKED, SAID], [SAID, ASKED, SAID], [ASKED, {**SAID, "train": False}]], [None, None, None])
    kept, left = prove(tokenizer(TEMPLATE), list(conversations(frame)), 512, None)
    assert list(kept) == [0]
    assert [(item.row, item.rule) for item in left] == [(1, "the assistant speaks first"), (2, "no trained token")]
    (first, *_) = conversations(chats([[ASKED, CALLED]], ['[{"name":"weather"}]']))
    assert first == Chat((ASKED, CALLED), ({"name": "weather"},))
