"""Faults that silently spoil a training, planted in rows, templates and tokenizers: each is found, with the reason."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.training.families import TEMPLATES, bundled, speaking, stops
from tunec.runtime.base.method import LeftOut
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.models.chat import Chat
from tunec.runtime.tuning.training.proof.checks import CHECKS
from tunec.runtime.tuning.training.proof.proof import Proof, padding_of, prove, refuse
from tunec.runtime.tuning.training.proof.saved import tokenizer_faults
from tunec.runtime.tuning.training.tokenizers import pad_apart, training_template

pytestmark = pytest.mark.usefixtures("base")

TOOLS = ({"type": "function", "function": {"name": "weather", "description": "天气", "parameters": {}}},)
CALL = {"name": "weather", "arguments": '{"unit":"c","city":"北京","days":[2,1],"now":true}'}


def user(text: str = "How warm is it in 北京?", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **more}


def said(text: str = "It is 20 degrees there, and sunny.", **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


SYSTEM = {"role": "system", "content": "Answer in one sentence."}
ANSWER = {"role": "tool", "content": 'sunny, "20 °C"'}
CALLS = {"role": "assistant", "tool_calls": [CALL]}
ONE = (user(), said())
TWO = (*ONE, user("And in 上海?"), said("上海现在二十五度，多云。"))
THOUGHT = said(reasoning="The question is about the weather.")
CHATML = (TEMPLATES / "smollm.jinja").read_text(encoding="utf-8").rstrip("\n")
QWEN = (TEMPLATES / "qwen2_5.jinja").read_text(encoding="utf-8").rstrip("\n")


def found(tokenizer: Any, chat: Chat, ends: frozenset[str], longest: int = 512) -> LeftOut | None:
    kept, failed = prove(tokenizer, [Chat(ONE[:1]), chat], longest, ends)
    assert failed[0].check == "refused"  # the row before it fails by itself, and is told apart
    assert (1 in kept) == (len(failed) == 1)
    return failed[1] if len(failed) > 1 else None


FAULTS = [
    # rows
    ("all turns masked", "smollm", None, Chat((user(), said(train=False))), "nothing_trained", "no trained token"),
    ("an empty answer", "smollm", None, Chat((user(), said(" \n"))), "nothing_trained", "an empty answer"),
    ("a user's turn trained", "smollm", None, Chat((user(train=True), said())), "wrong_turn", "another side"),
    ("no answer", "smollm", None, Chat((user(),)), "refused", "no turn of the assistant"),
    ("assistant first", "smollm", None, Chat((said(), *ONE)), "refused", "speaks first"),
    ("end token in a text", "smollm", None, Chat((user("Say <|im_end|>."), said())), "control_token", "<|im_end|>"),
    (
        "control token in reasoning",
        "qwen3",
        None,
        Chat((user(), said(reasoning="<|im_start|>"))),
        "control_token",
        "im",
    ),
    (
        "control token in a tool's answer",
        "qwen2_5",
        None,
        Chat((user(), CALLS, {"role": "tool", "content": "<|im_end|>"}, said()), TOOLS),
        "control_token",
        "im_end",
    ),
    ("cut before its answer", "smollm", None, Chat((user("so " * 600), said())), "too_long", "max_length"),
    ("tools without a form", "smollm", None, Chat(ONE, TOOLS), "round_trip", "no form for tools"),
    ("calls without a form", "smollm", None, Chat((user(), CALLS, ANSWER, said())), "round_trip", "no form for calls"),
    ("reasoning without a form", "smollm", None, Chat((user(), THOUGHT)), "round_trip", "leaves out reasoning"),
    # templates of families
    ("an empty thought at the last turn", "qwen3", None, Chat(TWO), "prefix", "rewrites earlier turns"),
    ("earlier reasoning deleted", "qwen3", None, Chat((user(), THOUGHT, *TWO)), "prefix", "rewrites earlier turns"),
    (
        "reasoning in the text cut",
        "qwen3",
        None,
        Chat((user(), said("<think>Hm</think>\n\n20."))),
        "round_trip",
        "changes",
    ),
    (
        "two calls at once",
        "llama3",
        None,
        Chat((user(), said("", tool_calls=[CALL, CALL])), TOOLS),
        "refused",
        "one call",
    ),
    ("a system role it lacks", "gemma", None, Chat((SYSTEM, *ONE)), "refused", "no system role"),
    ("two users in a row", "gemma", None, Chat((user(), *ONE)), "refused", "alternate"),
    ("system text moved", "mistral", None, Chat((SYSTEM, *TWO)), "round_trip", "another order"),
    ("an end of text between", "phi", None, Chat(TWO), "prefix", "rewrites earlier turns"),
    ("another end for the last turn", "gptoss", None, Chat(TWO), "prefix", "rewrites earlier turns"),
    # templates with one mistake
    (
        "no end of turn",
        "smollm",
        CHATML.replace("m.content + '<|im_end|>\\n'", "m.content + '\\n'"),
        Chat(ONE),
        "end",
        "not end",
    ),
    ("an end that is no token", "smollm", CHATML.replace("<|im_end|>", "<|done|>"), Chat(ONE), "end", "not end"),
    (
        "two start tokens",
        "gemma",
        "{{ bos_token }}" + (TEMPLATES / "gemma.jinja").read_text("utf-8"),
        Chat(ONE),
        "double_start",
        "two",
    ),
    ("no prompt for an answer", "smollm", CHATML.partition("{%- if add_gen")[0], Chat(ONE), "wrong_turn", "header"),
    (
        "a prompt that no answer has",
        "smollm",
        CHATML.replace("assistant\\n' }}{% endif", "assistant\\n<think>\\n' }}{% endif"),
        Chat(ONE),
        "prefix",
        "otherwise",
    ),
    (
        "wrapped twice",
        "smollm",
        CHATML.replace("+ m.content", "+ ('<think>\\n' if m.role == 'assistant' else '') + m.content"),
        Chat((user(), said("<think>\nHm.\n</think>\n20."))),
        "round_trip",
        "wrapped twice",
    ),
    (
        "the answer twice",
        "smollm",
        CHATML.replace("+ m.content", "+ m.content + (m.content if m.role == 'assistant' else '')"),
        Chat(ONE),
        "round_trip",
        "twice",
    ),
    (
        "line breaks changed",
        "smollm",
        CHATML.replace("m.content", "m.content.replace('\\n', ' ')"),
        Chat((user(), said("a\nb"))),
        "round_trip",
        "changes the text",
    ),
    (
        "a question left out",
        "smollm",
        CHATML.replace("m.content", "(m.content if m.role != 'user' else '')"),
        Chat(ONE),
        "round_trip",
        "turn of the user",
    ),
    (
        "arguments sorted",
        "qwen2_5",
        QWEN.replace("c.function.arguments | tojson", "dict(c.function.arguments | dictsort) | tojson"),
        Chat((user(), CALLS, ANSWER, said()), TOOLS),
        "round_trip",
        "re-orders",
    ),
    (
        "arguments lost",
        "qwen2_5",
        QWEN.replace("c.function.arguments | tojson", "{'city': c.function.arguments.city} | tojson"),
        Chat((user(), CALLS, ANSWER, said()), TOOLS),
        "round_trip",
        "changes the arguments",
    ),
]


@pytest.mark.parametrize(
    ("family", "template", "chat", "check", "why"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_planted_fault_is_found(family: str, template: str | None, chat: Chat, check: str, why: str) -> None:
    fault = found(speaking(family, template), chat, stops(family))
    assert fault is not None and fault.check == check and (why in fault.rule or why in fault.value), fault


SOUND = [
    *((family, Chat((user("你好，北京多热？"), said("  二十度，晴。\n\n```python\n    print(1)\n```")))) for family in
      ("llama3", "qwen2_5", "qwen3", "gemma", "mistral", "phi", "smollm", "gptoss")),
    *((family, Chat(TWO)) for family in ("llama3", "qwen2_5", "gemma", "mistral", "smollm")),
    ("qwen2_5", Chat((SYSTEM, user(), CALLS, ANSWER, said()), TOOLS)),
    ("llama3", Chat((user(), CALLS, ANSWER, said()), TOOLS)),
    ("qwen3", Chat((user(), THOUGHT))),
    ("gptoss", Chat((user(), THOUGHT))),
    # Earlier turns are read as they will be when the model answers, and only the last is learnt.
    ("qwen3", Chat((user(), {**THOUGHT, "train": False}, user(), THOUGHT))),
]  # fmt: skip


@pytest.mark.parametrize(("family", "chat"), SOUND)
def test_a_sound_row_passes(family: str, chat: Chat) -> None:
    tokenizer = speaking(family)
    kept, failed = prove(tokenizer, [chat], 512, stops(family))
    assert not failed
    trained = tokenizer.decode([i for i, mine in zip(kept[0].ids, kept[0].written, strict=True) if mine])
    last = chat.messages[-1]
    assert last["content"].strip() in trained and trained.endswith(tuple(stops(family)))
    assert all(m["content"].strip() not in trained for m in chat.messages if m["role"] == "user")


def test_an_end_that_generation_does_not_stop_at() -> None:
    fault = found(speaking("gemma"), Chat(ONE), frozenset({"<eos>"}))
    assert fault is not None and (fault.check, fault.value) == ("end", "<end_of_turn>")


def test_a_tokenizer_that_changes_texts() -> None:
    from tokenizers import normalizers

    lower = deepcopy(speaking("smollm"))
    lower.backend_tokenizer.normalizer = normalizers.Lowercase()
    fault = found(lower, Chat(ONE), stops("smollm"))
    assert fault is not None and (fault.check, fault.rule) == ("round_trip", "the tokenizer changes the text")


def test_padding_that_is_the_end_is_found_and_set_apart() -> None:
    saved = deepcopy(bundled())  # as it is published: padding and end of turn are one token
    ((check, reason),) = tokenizer_faults(saved, frozenset({"<|im_end|>"}))
    assert check == "end" and "<|im_end|>" in reason
    pad_apart(saved, frozenset({"<|im_end|>"}))
    assert saved.pad_token == "<|endoftext|>" and not tokenizer_faults(saved, frozenset({"<|im_end|>"}))


def test_a_tokenizer_without_a_template_or_an_end() -> None:
    bare = deepcopy(bundled())
    bare.chat_template = None
    assert [check for check, _ in tokenizer_faults(bare, frozenset())] == ["end", "refused"]


def test_the_training_variant_keeps_what_the_template_deletes() -> None:
    from trl.chat_template_utils import qwen3_chat_template

    tokenizer = deepcopy(speaking("qwen3"))
    tokenizer.chat_template = qwen3_chat_template
    chat = Chat((user(), THOUGHT, user(), THOUGHT))
    fault = found(tokenizer, chat, stops("qwen3"))
    assert fault is not None and fault.check == "prefix"
    tokenizer.chat_template = training_template(tokenizer)
    assert found(tokenizer, chat, stops("qwen3")) is None
    with pytest.raises(OperatorError, match="no training variant"):
        training_template(speaking("phi"))


def test_a_refusal_says_where_what_and_how_to_go_on() -> None:
    chats = [Chat(ONE), Chat((user("so " * 600), said())), Chat((user("<|im_end|>"), said()))]
    kept, failed = prove(speaking("smollm"), chats, 64, stops("smollm"))
    proof = Proof(3, len(kept[0].ids), kept[0].count, failed, 0.25)
    with pytest.raises(OperatorError) as error:
        refuse(proof, (), ["a", "b", "a"], ["1", "2", "3"])
    text = str(error.value)
    assert "2 of 3 rows" in text and "row 2 of b: longer than max_length" in text and "expected 64" in text
    assert "row 3 of a: control token in the text: '<|im_end|>'" in text and "allow: [too_long, control_token]" in text
    refuse(proof, ("too_long", "control_token"), ["a", "b", "a"], ["1", "2", "3"])
    told = proof.told(["a", "b", "a"])
    assert [(line["origin"], line["check"], line["rows"]) for line in told["failed"]] == [
        ("a", "control_token", 1),
        ("b", "too_long", 1),
    ]
    assert told["failed"][1]["tokens"] > 600 and told["padding"] == 0.25


def test_padding_is_what_a_batch_has_beyond_its_rows() -> None:
    assert padding_of([4, 2, 1], 2) == pytest.approx(2 / 9)
    assert padding_of([], 2) == 0


@pytest.mark.parametrize("objective", ["sft", "dpo", "kto", "orpo", "pretrain"])
def test_a_spec_can_name_every_check_of_rows(objective: str) -> None:
    operator = load_catalogue().find("objectives", objective)
    assert operator is not None
    (allow,) = (parameter for parameter in operator.parameters if parameter.name == "allow")
    assert allow.type.item is not None
    assert allow.type.item.words == tuple(check for check in CHECKS if check != "packing")
