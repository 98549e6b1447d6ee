from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.material import MANY, records
from tunec.runtime.base.values import FormatError
from tunec.runtime.sources.notices import Notices
from tunec.runtime.sources.session_lines import messages_of


def claude(uuid: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": role, "content": content, **({"id": more.pop("answer")} if "answer" in more else {})}
    return {"type": role, "uuid": uuid, "parentUuid": parent, "sessionId": "s1", "message": message, **more}


def use(id_: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": "Read", "input": given}


def result(id_: str, said: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": id_, "content": said}]


CLAUDE = [
    {"type": "summary", "summary": "A session"},
    claude("1", None, "user", "看 a 和 b"),
    claude("x", "1", "assistant", [{"type": "text", "text": "taken back"}], answer="m0"),
    claude("2", "1", "assistant", [{"type": "thinking", "thinking": "Two files.", "signature": "s"}], answer="m1"),
    claude("3", "2", "assistant", [{"type": "text", "text": "Reading."}], answer="m1"),
    claude("4", "3", "assistant", [use("t1", path="a")], answer="m1"),
    claude("5", "4", "user", result("t1", "A")),
    claude("6", "4", "assistant", [use("t2", path="b")], answer="m1"),
    claude("7", "6", "user", result("t2", "乙")),
    claude("h", None, "user", "to a helper", isSidechain=True),
    {"type": "system", "uuid": "8", "parentUuid": "7", "subtype": "turn_duration"},
    claude("9", "8", "assistant", [{"type": "text", "text": "Done."}], answer="m2"),
]


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "response_item", "payload": {"type": kind, **more}}


def said(text: str, kind: str = "text") -> list[dict[str, Any]]:
    return [{"type": kind, "text": text}]


CODEX = [
    {"type": "session_meta", "timestamp": "T", "payload": {"id": "s2", "base_instructions": {"text": "You code."}}},
    {"type": "turn_context", "payload": {"model": "m"}},
    item("message", role="user", content=said("ls", "input_text")),
    {"type": "event_msg", "payload": {"type": "user_message", "message": "ls"}},
    item("reasoning", summary=said("List.", "summary_text"), content=None),
    item("function_call", name="shell", arguments='{"cmd": ["ls"]}', call_id="c1"),
    item("custom_tool_call", name="apply_patch", input="*** 补丁", call_id="c2"),
    item("function_call_output", call_id="c1", output="a.txt"),
    item("custom_tool_call_output", call_id="c2", output={"ok": True}),
    item("reasoning", summary=[], encrypted_content="gAAA"),
    item("message", role="assistant", content=said("一个文件", "output_text")),
]


def pi(id_: str, parent: str | None, role: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": id_, "parentId": parent, "message": {"role": role, **more}}


CALL = {"type": "toolCall", "id": "t", "name": "bash", "arguments": {"c": "ls"}}
PI = [
    {"type": "session", "version": 3, "id": "s3", "cwd": "/p"},
    pi("a", None, "user", content="hi"),
    pi("b", "a", "assistant", content=said("old")),
    pi("c", "a", "user", content=said("看")),
    {"type": "model_change", "id": "d", "parentId": "c", "modelId": "m"},
    pi("e", "d", "assistant", content=[{"type": "thinking", "thinking": "Hm."}, CALL]),
    pi("f", "e", "toolResult", toolCallId="t", toolName="bash", content=said("a"), isError=True),
    pi("g", "f", "bashExecution", command="pwd", output="/p"),
    pi("h", "g", "assistant", content=said("好")),
]
SIMPLE = [
    {"type": "session", "harness": "mine", "id": "s4"},
    {"type": "message", "message": {"role": "system", "content": "S"}},
    {"type": "message", "message": {"role": "user", "content": "2+2"}},
    {"type": "message", "message": {"role": "assistant", "content": "", "reasoningContent": "Add.", "toolCalls": [
        {"id": "t", "function": {"name": "add", "arguments": '{"a": 2}'}}]}},
    {"type": "message", "message": {"role": "tool", "content": "4", "toolCallId": "t"}},
    {"type": "message", "message": {"role": "assistant", "content": "四"}},
]  # fmt: skip


def call(id_: str, name: str, arguments: str) -> dict[str, str]:
    return {"id": id_, "name": name, "arguments": arguments}


def test_claude_code() -> None:
    notices = Notices()
    assert messages_of(CLAUDE, notices) == [
        {"role": "user", "content": "看 a 和 b"},
        {
            "role": "assistant",
            "reasoning": "Two files.",
            "content": "Reading.",
            "tool_calls": [call("t1", "Read", '{"path":"a"}'), call("t2", "Read", '{"path":"b"}')],
        },
        {"role": "tool", "content": "A", "tool_call_id": "t1"},
        {"role": "tool", "content": "乙", "tool_call_id": "t2"},
        {"role": "assistant", "content": "Done."},
    ]
    assert notices.unread == {"turns of helpers (`isSidechain`)": 1, "turns that were taken back": 1}


def test_the_order_of_what_is_said_thought_and_called_is_a_rows() -> None:
    notices = Notices()
    lines = [
        claude("1", None, "user", "看"),
        claude("2", "1", "assistant", [{"type": "text", "text": "一"}], answer="m"),
        claude("3", "2", "assistant", [use("t1", path="a")], answer="m"),
        claude("4", "3", "assistant", [{"type": "thinking", "thinking": "Hm."}], answer="m"),
        claude("5", "4", "assistant", [{"type": "text", "text": "二"}], answer="m"),
    ]
    (_, turn) = messages_of(lines, notices)
    assert (turn["reasoning"], turn["content"]) == ("Hm.", "一\n\n二")
    assert notices.parts == {"a thought after what was said or called": 1, "a text after a call": 1}
    codex = [item("function_call", name="f", arguments="{}"), item("message", role="assistant", content=said("好"))]
    assert messages_of(codex, notices) == [
        {"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{}"}], "content": "好"}
    ]
    assert notices.parts["a text after a call"] == 2


def test_a_log_that_was_cut_at_its_head_and_one_of_a_helper() -> None:
    cut = [line for line in CLAUDE if line.get("uuid") not in ("1", "x", "8")]
    assert [m["role"] for m in messages_of(cut, Notices())] == ["assistant", "tool", "tool", "assistant"]
    helper = [{**line, "isSidechain": True} for line in CLAUDE if line.get("uuid") in ("1", "2", "3")]
    assert len(messages_of(helper, Notices())) == 2


def test_codex() -> None:
    notices = Notices()
    expected = [
        {"role": "system", "content": "You code."},
        {"role": "user", "content": "ls"},
        {
            "role": "assistant",
            "reasoning": "List.",
            "tool_calls": [call("c1", "shell", '{"cmd":["ls"]}'), call("c2", "apply_patch", '"*** 补丁"')],
        },
        {"role": "tool", "content": "a.txt", "tool_call_id": "c1"},
        {"role": "tool", "content": '{"ok":true}', "tool_call_id": "c2"},
        {"role": "assistant", "content": "一个文件"},
    ]
    assert messages_of(CODEX, notices) == expected
    assert notices.unread == {"`encrypted_content` of a thought": 1}
    bare = [line["payload"] for line in CODEX if line["type"] == "response_item"]  # as its first versions wrote them
    assert messages_of(bare, Notices()) == expected[1:]


def test_pi_and_the_simple_format() -> None:
    notices = Notices()
    assert messages_of(PI, notices) == [
        {"role": "user", "content": "hi"},
        {"role": "user", "content": "看"},
        {"role": "assistant", "reasoning": "Hm.", "tool_calls": [call("t", "bash", '{"c":"ls"}')]},
        {"role": "tool", "content": "a", "tool_call_id": "t", "name": "bash"},
        {"role": "user", "content": "$ pwd\n/p"},
        {"role": "assistant", "content": "好"},
    ]
    assert notices.unread == {"turns that were taken back": 1, "`is_error` of a tool's answer": 1}
    assert messages_of(SIMPLE, Notices()) == [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "2+2"},
        {"role": "assistant", "content": "", "reasoning": "Add.", "tool_calls": [call("t", "add", '{"a":2}')]},
        {"role": "tool", "content": "4", "tool_call_id": "t"},
        {"role": "assistant", "content": "四"},
    ]


def test_a_file_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    image = [{"type": "message", "message": {"role": "user", "content": [{"type": "image", "data": "x"}]}}]
    files = {"a": CLAUDE, "b": CODEX, "c": PI, "d": SIMPLE, "e": image, "f": [{"type": "config"}]}
    for name, lines in files.items():
        (tmp_path / f"logs/{name}.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    (tmp_path / "logs/g.jsonl").write_text(json.dumps(SIMPLE[1]) + "\nbroken\n", encoding="utf-8")
    spec = """
    source s = jsonl("logs/*.jsonl", format: agent_trace, on_error: skip)
    dataset out from s { filter { drop meta.sessionId == "s9" } }
    """
    built = build(tmp_path, spec)
    assert built.built is not None, built.problems
    read = rows(built, "out")
    assert read.height == 4
    assert read["meta.sessionId"].to_list() == ["s1", None, None, None]
    left = ledger(built, "out").filter(verdict="quarantined")["rule"].to_list()
    assert sorted(left)[-1] == "parts that are not text" and len(left) == 3
    assert any("no line of it is a turn" in rule for rule in left)
    said = "\n".join(built.reporter.warnings)
    assert "turns that were taken back (2)" in said and "logs/e.jsonl:1" in said


def test_a_limit_counts_sessions(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, SIMPLE)), encoding="utf-8")
    built = build(tmp_path, 'source s = jsonl("*.jsonl", format: agent_trace, limit: 2)\ndataset out from s {}')
    assert rows(built, "out").height == 2


INNER = records("role", "content", "type", "output", "id", like=st.sampled_from(["assistant", "user", "reasoning"]))
LINE = records("type", "message", "payload", "uuid", "parentUuid", "id", like=st.sampled_from(["message", "1"]) | INNER)


@given(st.lists(LINE, min_size=1, max_size=5))
@MANY
def test_any_lines_are_turns_or_a_reason(lines: list[dict[str, Any]]) -> None:
    try:
        assert all(isinstance(message.get("role"), str) for message in messages_of(lines, Notices()))
    except FormatError as error:
        assert str(error)


@pytest.mark.parametrize("part", ["input_image", "refusal"])
def test_parts_that_are_not_text(part: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": part, "image_url": "x"}]}
    with pytest.raises(FormatError, match="parts that are not text"):
        messages_of([{"type": "response_item", "payload": item}], Notices())
