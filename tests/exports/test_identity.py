"""What a layout writes, the matching format reads as the same rows: for every pair, whatever the rows hold.

`IDENTITY_ROWS=2000` has each pair tried with as many rows.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exports.material import lines, version
from tunec.compiler.types import CONTENT, MESSAGES, RowType
from tunec.runtime.base.digits import Digits
from tunec.runtime.base.values import RowFormat
from tunec.runtime.exchange.conversation import Unfit, silence_beside_calls, thoughts_in_text
from tunec.runtime.exchange.export import export
from tunec.runtime.exchange.layouts import alpaca, axolotl, llamafactory, messages, openai, sharegpt
from tunec.runtime.ops.formats import alpaca as read_alpaca
from tunec.runtime.ops.formats import kto as read_kto
from tunec.runtime.ops.formats import messages as read_messages
from tunec.runtime.ops.formats import openai_finetune as read_openai
from tunec.runtime.ops.formats import preference as read_preference
from tunec.runtime.ops.formats import sharegpt as read_sharegpt
from tunec.runtime.ops.formats import text as read_text
from tunec.runtime.ops.formats import trl as read_trl
from tunec.runtime.rows.frame import identify
from tunec.runtime.rows.messages import completed, content_schema, is_blank, sparse
from tunec.runtime.sources.mapping import inline
from tunec.runtime.sources.tools import compact

ROWS = int(os.environ.get("IDENTITY_ROWS", "80"))
MANY = settings(max_examples=ROWS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

Row = dict[str, Any]
Record = Callable[[Row, RowType], Row]
FACTORY = partial(llamafactory.record, systems=True, tools=True)
#: The layout, the row type, how it writes a row, and the format that reads it.
PAIRS: list[tuple[str, RowType, Record, Callable[..., RowFormat]]] = [
    ("messages", RowType.TEXT, messages.record, read_text.text),
    ("messages", RowType.CHAT, messages.record, read_messages.messages),
    ("messages", RowType.CHAT, messages.record, partial(read_trl.trl, "chat")),
    ("messages", RowType.PREFERENCE, messages.record, read_preference.preference),
    ("messages", RowType.PREFERENCE, messages.record, partial(read_trl.trl, "preference")),
    ("messages", RowType.RATED, messages.record, read_kto.kto),
    ("messages", RowType.RATED, messages.record, partial(read_trl.trl, "rated")),
    ("messages", RowType.TASK, messages.record, partial(read_trl.trl, "task")),
    ("sharegpt", RowType.CHAT, sharegpt.record, read_sharegpt.sharegpt),
    ("openai", RowType.CHAT, openai.record, read_openai.openai_finetune),
    ("openai", RowType.PREFERENCE, openai.record, partial(read_openai.openai_finetune, "preference")),
    ("openai", RowType.TASK, openai.record, partial(read_openai.openai_finetune, "task")),
    ("llamafactory", RowType.TEXT, FACTORY, read_text.text),
    ("llamafactory", RowType.INSTRUCTION, FACTORY, read_alpaca.alpaca),
    ("llamafactory", RowType.CHAT, FACTORY, read_messages.messages),
    ("llamafactory", RowType.PREFERENCE, FACTORY, read_preference.preference),
    ("llamafactory", RowType.RATED, FACTORY, read_kto.kto),
    ("axolotl", RowType.TEXT, axolotl.record, read_text.text),
    ("axolotl", RowType.CHAT, axolotl.record, read_messages.messages),
    ("axolotl", RowType.PREFERENCE, axolotl.record, read_preference.preference),
    ("alpaca", RowType.INSTRUCTION, partial(alpaca.record, systems=True), read_alpaca.alpaca),
]

#: English, Chinese, emoji, marks that JSON and templates are sensitive to, line ends that only Unicode knows.
TEXTS = st.text(st.sampled_from("abc 中文。！😀👩‍🚀\n\t\"'\\{}[]<>|/\u2028\x85é1"), max_size=12) | st.sampled_from(
    ["", " ", "<think>", "</think>", "Weather in 北京?", "null", "{}", '{"name": "f", "arguments": {}}']
)
#: Texts that begin as reasoning does.
THOUGHTS = st.sampled_from(["<think>\n想\n</think>\n\nSunny.", "<think></think>", " <think>a</think>\n\n\nb"])
SAID = TEXTS.filter(lambda text: not is_blank(text))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    # Numbers that no float holds.
    | st.sampled_from(["1e400", "-1E-400", "9007199254740993.0", "0.1000000000000000000001"]).map(Digits),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(TEXTS, JSON, max_size=3).map(compact)
NAMES = st.sampled_from(["weather", "搜索", "run_code", "send-mail"])
SCHEMA = st.builds(
    lambda name, parameters, told: {
        "type": "function",
        "function": {"name": name, "description": told, "parameters": {"type": "object", "properties": parameters}},
    },
    NAMES,
    st.dictionaries(NAMES, st.just({"type": "string"}), max_size=2),
    TEXTS,
)
TOOLS = st.none() | st.lists(SCHEMA, min_size=1, max_size=3).map(compact)


@st.composite
def answers(draw: st.DrawFn, masks: bool) -> list[Row]:
    """What follows a turn of the user: calls, several at once, with the answers to them, then an answer."""
    found: list[Row] = []
    extras: dict[str, st.SearchStrategy[Any]] = {"reasoning": SAID}
    if masks:
        extras["train"] = st.booleans()
    for _ in range(draw(st.integers(0, 2)) if draw(st.booleans()) else 0):
        ids = draw(st.lists(st.integers(0, 99).map(lambda n: f"call_{n}"), min_size=1, max_size=3, unique=True))
        with_ids = draw(st.integers(0, 3)) > 0
        calls = [
            {**({"id": id_} if with_ids else {}), "name": draw(NAMES), "arguments": draw(ARGUMENTS)} for id_ in ids
        ]
        turn: Row = {"role": "assistant", "tool_calls": calls, **draw(st.fixed_dictionaries({}, optional=extras))}
        if draw(st.integers(0, 4)) == 0:
            turn["content"] = draw(st.just("") | TEXTS)
        found.append(turn)
        for id_ in ids if draw(st.integers(0, 3)) == 3 else ids[:1]:
            told = {"role": "tool", "content": draw(TEXTS), **({"tool_call_id": id_} if with_ids else {})}
            found.append(told | draw(st.fixed_dictionaries({}, optional={"name": NAMES})))
    last = {"role": "assistant", "content": draw({0: TEXTS, 9: THOUGHTS}.get(draw(st.integers(0, 9)), SAID))}
    return [*found, {**last, **draw(st.fixed_dictionaries({}, optional=extras))}]


@st.composite
def contexts(draw: st.DrawFn, masks: bool) -> list[Row]:
    """Turns that end with one of the user."""
    found: list[Row] = []
    if draw(st.booleans()):
        found.append({"role": draw(st.sampled_from(["system", "system", "developer"])), "content": draw(TEXTS)})
    for _ in range(draw(st.integers(0, 2))):
        found += [{"role": "user", "content": draw(SAID)}, *draw(answers(masks))]
    return [*found, {"role": "user", "content": draw(SAID)}]


#: Turns in any order, which some readers take and others do not.
WILD = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": TEXTS},
        optional={"train": st.booleans(), "name": NAMES},
    ),
    min_size=1,
    max_size=5,
)


def rows(kind: RowType) -> st.SearchStrategy[Row]:
    text = st.none() | TEXTS
    if kind is RowType.TEXT:
        return st.fixed_dictionaries({"text": TEXTS})
    if kind is RowType.INSTRUCTION:
        return st.fixed_dictionaries({"instruction": SAID, "input": text, "response": TEXTS | THOUGHTS, "system": text})
    if kind is RowType.CHAT:
        whole = st.builds(lambda context, answer: [*context, *answer], contexts(True), answers(True))
        mostly = st.integers(0, 4).flatmap(lambda number: WILD if number == 4 else whole)
        return st.fixed_dictionaries({"messages": mostly, "tools": TOOLS})
    if kind is RowType.PREFERENCE:
        pair = {"messages": contexts(False), "chosen": answers(False), "rejected": answers(False)}
        plain = {
            "messages": SAID.map(lambda said: [{"role": "user", "content": said}]),
            "chosen": SAID.map(lambda said: [{"role": "assistant", "content": said}]),
            "rejected": SAID.map(lambda said: [{"role": "assistant", "content": said}]),
            "tools": st.none(),
        }
        return st.fixed_dictionaries({**pair, "tools": TOOLS}) | st.fixed_dictionaries(plain)
    if kind is RowType.RATED:
        rated = {"messages": contexts(False), "completion": answers(False), "label": st.booleans(), "tools": TOOLS}
        return st.fixed_dictionaries(rated)
    if kind is RowType.TASK:
        return st.fixed_dictionaries({"prompt": contexts(False), "answer": text})
    choices = st.lists(SAID, min_size=2, max_size=4, unique_by=str.strip)
    return st.builds(
        lambda question, options, right: {"question": question, "choices": options, "answer": options[right]},
        SAID,
        choices,
        st.integers(0, 1),
    )


def told(row: Row, kind: RowType) -> Row:
    """A row with all content columns."""
    return {name: row.get(name) for name in CONTENT[kind]}


def without_silence(row: Row, kind: RowType) -> Row:
    """A row in which turns that call tools say no empty text, as export says of layouts where calls stand alone."""
    assert list(silence_beside_calls(row, kind))
    changed = {}
    for name in MESSAGES[kind]:
        quiet = ((bool(m.get("tool_calls")) and m.get("content") == "", m) for m in row[name])
        changed[name] = [{k: v for k, v in m.items() if k != "content"} if empty else m for empty, m in quiet]
    return {**row, **changed}


@pytest.mark.parametrize(
    ("layout", "kind", "record", "reader"),
    PAIRS,
    ids=[f"{name}-{kind}-{n}" for n, (name, kind, _, _) in enumerate(PAIRS)],
)
def test_rows_come_back_as_they_were(
    layout: str, kind: RowType, record: Record, reader: Callable[..., RowFormat]
) -> None:
    written: Counter[str] = Counter()

    @MANY
    @given(rows(kind))
    def holds(row: Row) -> None:
        try:
            line = json.dumps(record(row, kind), ensure_ascii=False)
        except Unfit as reason:
            written[str(reason)] += 1
            return
        written[""] += 1
        # What such a text is, whoever reads it has to say; the export counts these rows.
        as_text = layout in ("messages", "axolotl") and list(thoughts_in_text(row, kind))
        back = (reader("keep") if as_text else reader()).content(json.loads(line))
        assert isinstance(back, dict)
        expected = told(row, kind)
        if layout in ("sharegpt", "llamafactory") and list(silence_beside_calls(row, kind)):
            expected = without_silence(expected, kind)
        if layout == "llamafactory" and kind is RowType.INSTRUCTION and expected["input"] is None:
            expected["input"] = ""  # its reader wants every column that the entry names
        assert told(back, kind) == expected

    holds()
    # Enough rows are written, or this would say little.
    assert written[""] >= sum(written.values()) / 15, written


@pytest.mark.parametrize("kind", list(RowType))
def test_published_rows_come_back_as_they_were(tmp_path: Path, kind: RowType) -> None:
    """Through Parquet, and back as the rows of an earlier version."""

    @settings(max_examples=max(ROWS // 8, 10), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(rows(kind), min_size=8, max_size=8))
    def holds(many: list[Row]) -> None:
        types = content_schema(kind)
        frame = pl.DataFrame({n: pl.Series(n, [row.get(n) for row in many], t) for n, t in types.items()})
        frame.write_parquet(tmp_path / "rows.parquet")
        read = completed(pl.read_parquet(tmp_path / "rows.parquet"), kind)
        assert identify(read, kind).equals(identify(frame, kind))
        lists = MESSAGES.get(kind, ())
        layout = inline(kind)
        for row, record in zip(many, read.iter_rows(named=True), strict=True):
            assert {**record, **{name: sparse(record[name]) for name in lists}} == told(row, kind)
            back = layout.content(record)
            assert isinstance(back, dict)
            assert told(back, kind) == told(row, kind)

    holds()


@pytest.mark.parametrize(("to", "kind"), [("messages", "chat"), ("llamafactory", "preference"), ("openai", "task")])
def test_files_come_back_as_they_were(tmp_path: Path, to: str, kind: str) -> None:
    """The same through the files of an export, of which the first rows have no tools."""
    call = {"id": "c1", "name": "weather", "arguments": '{"city":"北京","when":{"day":1}}'}
    chat = [
        {"role": "user", "content": "Weather in 北京? 😀"},
        {"role": "assistant", "reasoning": "想", "tool_calls": [call, {**call, "id": "c2", "arguments": "{}"}]},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
        {"role": "tool", "content": "dry", "tool_call_id": "c2"},
        {"role": "assistant", "content": "Sunny."},
    ]
    plain = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    tools = compact([{"type": "function", "function": {"name": "weather", "parameters": {"b": 1, "a": 2}}}])
    given_: dict[str, list[Row]] = {
        "chat": [{"messages": plain, "tools": None}, {"messages": chat, "tools": tools}],
        "preference": [
            {"messages": plain[:1], "chosen": plain[1:], "rejected": plain[1:], "tools": None},
            {"messages": chat[:1], "chosen": chat[-1:], "rejected": [{**chat[-1], "reasoning": "嗯"}], "tools": tools},
        ],
        "task": [{"prompt": plain[:1], "answer": None}, {"prompt": chat[:1], "answer": "42"}],
    }
    readers: dict[str, RowFormat] = {
        "chat": read_messages.messages(),
        "preference": read_preference.preference(),
        "task": read_openai.openai_finetune("task"),
    }
    done = export(version(tmp_path / "version", kind, {"train": given_[kind]}), to, tmp_path / "out")
    path = done.folder / next(file.path for file in done.files if file.split == "train")
    back = [readers[kind].content(line) for line in lines(path)]
    assert [told(row, RowType(kind)) for row in back if isinstance(row, dict)] == given_[kind]
    assert not done.left_out


def test_a_text_that_begins_as_reasoning_does_is_counted(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "为什么?"}
    text = {"messages": [asked, {"role": "assistant", "content": "<think>\n想\n</think>\n\n因为。"}], "tools": None}
    plain = {"messages": [asked, {"role": "assistant", "content": "因为。", "reasoning": "想"}], "tools": None}
    for to in ("messages", "axolotl"):
        done = export(version(tmp_path / to / "version", "chat", {"train": [text, plain]}), to, tmp_path / to / "out")
        assert done.warnings == (
            "out/train.jsonl: an answer that begins with `<think>…</think>` is read back as text with "
            "`reasoning: keep` alone (1 rows)",
        )
        written = lines(done.folder / "out/train.jsonl")
        kept = read_messages.messages("keep")
        assert [told(kept.content(line), RowType.CHAT) for line in written] == [text, plain]  # type: ignore[arg-type]
    said = {"instruction": "Why?", "input": None, "response": "<think>h</think>So.", "system": None}
    done = export(version(tmp_path / "i", "instruction", {"train": [said]}), "messages", tmp_path / "i" / "out")
    assert len(done.warnings) == 1


def test_an_empty_text_beside_calls_is_written_as_none(tmp_path: Path) -> None:
    call = {"id": "c1", "name": "weather", "arguments": '{"city":"北京","n":1e400}'}
    turns = [
        {"role": "user", "content": "天气?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "晴", "tool_call_id": "c1"},
        {"role": "assistant", "content": "晴。"},
    ]
    row = {"messages": turns, "tools": None}
    for to, reader in (("sharegpt", read_sharegpt.sharegpt()), ("llamafactory", read_messages.messages())):
        done = export(version(tmp_path / to / "version", "chat", {"train": [row]}), to, tmp_path / to / "out")
        (path,) = (file.path for file in done.files if file.split == "train")
        assert done.warnings == (f"{path}: an empty text beside calls of tools is written as none (1 rows)",)
        (line,) = lines(done.folder / path)
        back = reader.content(line)
        assert isinstance(back, dict) and not done.left_out
        assert back["messages"] == [turns[0], {"role": "assistant", "tool_calls": [call]}, *turns[2:]]


def test_schemas_with_numbers_that_readers_of_objects_change(tmp_path: Path) -> None:
    schema = '[{"type":"function","function":{"name":"f","parameters":{"maximum":1e400}}}]'
    plain = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    row = {"messages": plain, "tools": schema}
    for to in ("openai", "axolotl"):
        given_ = version(tmp_path / to / "version", "chat", {"train": [row, {"messages": plain, "tools": None}]})
        done = export(given_, to, tmp_path / to / "out")
        reason = "a number in the schemas of tools that a 64-bit float does not hold"
        assert [(left.reason, left.rows) for left in done.left_out] == [(reason, 1)]
    (line,) = lines(
        export(version(tmp_path / "v", "chat", {"train": [row]}), "messages", tmp_path / "o").folder / "out/train.jsonl"
    )
    assert told(read_messages.messages().content(line), RowType.CHAT) == row  # type: ignore[arg-type]
