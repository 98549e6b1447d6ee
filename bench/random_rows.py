"""Random tables for `random_builds.py`: records of every format, columns of every type, English and Chinese."""

from __future__ import annotations

import csv
import datetime
import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

Random = random.Random
Record = dict[str, Any]

WORDS = (
    "red", "planet", "Name", "the", "7", "+", "C++", "I'm sorry, but I cannot", "颜色", "写一首诗。", "😀", "a@b.io",
    "13800138000", "answer:", "不能回答这个问题", "為什麼", "x = 1;", "```", "<think>", "{{name}}", "Human:", "\n",
    "$5.00", "How far is the moon?", "月亮有多远？", "110105 19491231 002X", "the the the",
)  # fmt: skip
ODD = ("\ud83d", "\x00", "\u202e", "\x1b[31m", "\u200b", "ﬁ", "e\u0301", "\u2028", "|", "`", '"', "\\")

Value = Callable[[Random], Any]
#: Values as JSON has them.
PLAIN: dict[str, Value] = {
    "int": lambda r: r.choice([0, 1, -5, 10**12]),
    "big": lambda r: r.choice([1, 2**64, -(2**70)]),
    "float": lambda r: r.choice([0.5, -1.0, 1e300]),
    "nan": lambda r: r.choice([0.5, float("nan"), None]),
    "bool": lambda r: r.random() < 0.5,
    "text": lambda r: r.choice(["", "n/a", "12", "颜色", "x y"]),
    "null": lambda r: None,
    "list": lambda r: [r.choice(["a", "b"]) for _ in range(r.randrange(3))],
    "struct": lambda r: {"a": r.choice([1, None])},
    "mixed": lambda r: r.choice([1, "two", None, [3], {"a": 1}, True]),
    "deep": lambda r: [{"a": [{"b": r.choice([1, "x"])}]}],
}
#: Values that only Parquet has, with the type that they are written in.
TYPED: dict[str, tuple[str, Value]] = {
    "tiny": ("int8", lambda r: r.randrange(-128, 128)),
    "huge": ("uint64", lambda r: r.choice([0, 2**64 - 1])),
    "half": ("float", lambda r: r.choice([0.1, float("inf"), None])),
    "date": ("date32", lambda r: datetime.date(2020, 1, r.randrange(1, 28))),
    "time": ("timestamp[us]", lambda r: datetime.datetime(2020, 1, 1, r.randrange(24))),
    "zoned": ("timestamp[ns, UTC]", lambda r: datetime.datetime(2020, 1, 1, r.randrange(24), tzinfo=datetime.UTC)),
    "clock": ("time64[us]", lambda r: datetime.time(r.randrange(24))),
    "span": ("duration[us]", lambda r: datetime.timedelta(hours=r.randrange(24))),
    "decimal": ("decimal", lambda r: Decimal(r.randrange(100)) / 10),
    "bytes": ("binary", lambda r: r.choice([b"ab", b"\xff\xfe"])),
    "word": ("dictionary", lambda r: r.choice(["a", "b", None])),
    "pairs": ("map", lambda r: [("k", r.randrange(3))]),
    "fixed": ("fixed", lambda r: [r.random(), 1.0]),
    "nested": ("structs", lambda r: [{"a": r.choice([1, None]), "b": "x"}] * r.randrange(3)),
    "nothing": ("null", lambda r: None),
}
#: The type of each kind of other column, for expressions that are to make sense.
TYPES = {
    "int": "int", "tiny": "int", "float": "float", "nan": "float", "half": "float", "bool": "bool", "text": "text",
    "word": "text", "list": "list", "date": "scalar", "time": "scalar", "clock": "scalar", "mixed": "scalar",
}  # fmt: skip


def text(r: Random) -> str:
    words = r.choices(WORDS, k=r.choice([0, 1, 3, 8, 30]))
    if r.random() < 0.03:
        words.append(r.choice(ODD))
    return r.choice([" ", " ", " ", ""]).join(words)


def _turns(r: Random) -> list[Record]:
    """Messages: system, calls with their answers, reasoning, turns that are not trained on, and odd orders."""
    turns: list[Record] = [{"role": r.choice(["system", "developer"]), "content": text(r)}] if r.random() < 0.3 else []
    for _ in range(r.randrange(1, 4)):
        turns.append({"role": "user", "content": text(r)})
        answer: Record = {"role": "assistant", "content": r.choice([text(r), text(r), None])}
        if r.random() < 0.3:
            called = {"name": "look", "arguments": r.choice([json.dumps({"of": text(r)}), {"of": 1}, "{", ""])}
            answer["tool_calls"] = [{"id": "1", "type": "function", "function": called}]
            turns += [answer, {"role": "tool", "tool_call_id": "1", "content": text(r)}]
            answer = {"role": "assistant", "content": text(r), "reasoning_content": text(r)}
        if r.random() < 0.1:
            answer["train"] = False
        turns.append(answer)
    if r.random() < 0.05:
        r.shuffle(turns)
    return turns


def _tools(r: Random) -> Any:
    schema = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    return r.choice([None, None, schema, json.dumps(schema)])


def _plain(turns: list[Record]) -> list[Record]:
    """Turns with a role and a text alone."""
    return [{"role": t["role"], "content": t["content"] or ""} for t in turns if t["role"] in ("user", "assistant")]


def _alpaca(r: Random) -> Record:
    return {"instruction": text(r), "input": r.choice(["", text(r)]), "output": text(r)}


def _dolly(r: Random) -> Record:
    return {"instruction": text(r), "context": text(r), "response": text(r), "category": "x"}


def _messages(r: Random) -> Record:
    return {"messages": _turns(r), "tools": _tools(r)}


def _sharegpt(r: Random) -> Record:
    names = {"user": "human", "assistant": "gpt", "system": "system", "developer": "system", "tool": "observation"}
    turns = [{"from": names[t["role"]], "value": t["content"] or ""} for t in _turns(r)]
    return {"conversations": turns, "tools": r.choice(["", json.dumps([{"name": "look"}])])}


def _anthropic(r: Random) -> Record:
    parts = {"type": "tool_use", "id": "1", "name": "look", "input": {"of": text(r)}}
    answer = [{"type": "thinking", "thinking": text(r)}, {"type": "text", "text": text(r)}]
    asked = [
        {"role": "user", "content": text(r)}, {"role": "assistant", "content": [*answer, parts]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": text(r)}]},
        {"role": "assistant", "content": answer},
    ]  # fmt: skip
    return {"messages": asked[: r.choice([2, 4])], "system": text(r)}


def _harmony(r: Random) -> Record:
    said = [
        {"role": "user", "content": text(r)}, {"role": "assistant", "channel": "analysis", "content": text(r)},
        {"role": "assistant", "channel": "final", "content": text(r)},
    ]  # fmt: skip
    return {"messages": said}


def _tree(r: Random, depth: int = 0) -> Record:
    role = "assistant" if depth % 2 else "prompter"
    replies = [_tree(r, depth + 1) for _ in range(r.randrange(3) if depth < 3 else 0)]
    return {"text": text(r), "role": role, "rank": r.choice([0, 1, None]), "replies": replies}


def _preference(r: Random) -> Record:
    turns = _turns(r)
    made = {"prompt": turns[:-1] or turns, "chosen": [turns[-1]]}
    return made | {"rejected": [{"role": "assistant", "content": text(r)}], "tools": _tools(r)}


def _transcript(r: Random) -> str:
    return "".join(f"\n\n{name}: {text(r)}" for name in ("Human", "Assistant") * r.randrange(1, 3))


def _hh(r: Random) -> Record:
    begun = f"\n\nHuman: {text(r)}\n\nAssistant:"
    return {"chosen": f"{begun} {text(r)}", "rejected": f"{begun} {text(r)}"}


def _rated(r: Random) -> Record:
    return {"prompt": text(r), "completion": text(r), "label": r.choice([True, False, 1, 0])}


def _choice(r: Random) -> Record:
    choices = [f"{text(r)} {n}" for n in range(r.randrange(2, 5))]
    return {"question": text(r), "choices": choices, "answer": r.choice(["A", "B", 1, choices[0]])}


def _task(r: Random) -> Record:
    return {"prompt": _plain(_turns(r))[:1], "answer": r.choice([text(r), None])}


#: Each format as a spec writes it: the row type, how a record is made, and whether a record is a flat row of texts.
FORMATS: dict[str, tuple[str, Callable[[Random], Record], bool]] = {
    "alpaca": ("instruction", _alpaca, True),
    "auto": ("instruction", _alpaca, True),
    '{instruction: "instruction", input: "input", response: "output"}': ("instruction", _alpaca, True),
    "dolly": ("instruction", _dolly, True),
    "belle": ("instruction", lambda r: {"input": text(r), "target": text(r)}, True),
    "self_instruct": (
        "instruction",
        lambda r: {"instruction": text(r), "instances": [{"input": text(r), "output": text(r)}] * r.randrange(3)},
        False,
    ),
    "trl(rows: instruction)": ("instruction", lambda r: {"prompt": text(r), "completion": text(r)}, True),
    "messages": ("chat", _messages, False),
    "messages(reasoning: keep)": ("chat", _messages, False),
    "auto(rows: chat)": ("chat", _messages, False),
    "sharegpt": ("chat", _sharegpt, False),
    "llamafactory": ("chat", _sharegpt, False),
    "anthropic": ("chat", _anthropic, False),
    "harmony": ("chat", _harmony, False),
    "openai_finetune": ("chat", _messages, False),
    "trl": ("chat", lambda r: {"messages": _plain(_turns(r))}, False),
    "oasst(paths: all)": ("chat", lambda r: {"prompt": _tree(r)}, False),
    "agent_trace": ("chat", _messages, False),
    "transcript": ("chat", lambda r: {"text": _transcript(r)}, True),
    "text": ("text", lambda r: {"text": text(r)}, True),
    "preference": ("preference", _preference, False),
    "trl(rows: preference)": ("preference", _preference, False),
    "hh": ("preference", _hh, True),
    "kto": ("rated", _rated, True),
    "choice": ("choice", _choice, False),
    "trl(rows: task)": ("task", _task, False),
}  # fmt: skip
#: Formats whose record may become several rows, or none.
MANY = ("oasst(paths: all)",)


@dataclass(frozen=True)
class Table:
    """A table that was written: the call that reads it, its row type, its other columns with their types, and how many
    rows it becomes (None where that is not one a record)."""

    call: str
    rows: str
    columns: dict[str, str]
    records: int | None


def table(r: Random, folder: Path, name: str, form: str) -> Table:
    """Write a table in a format."""
    if form == "agent_trace":
        return _sessions(r, folder, name)
    if form in ("alpaca", "text") and r.random() < 0.2:
        return _inline(r) if form == "alpaca" else _texts(r, folder, name)
    rows, make, flat = FORMATS[form]
    where = r.choice(["jsonl", "jsonl", "jsonl.gz", "json", "parquet", *(["csv", "csv"] if flat else [])])
    kinds = PLAIN if where != "parquet" else {k: v for k, v in PLAIN.items() if k not in ("mixed", "big", "deep")}
    others = r.sample([*kinds, *(TYPED if where == "parquet" else ())], k=3)
    records = [make(r) for _ in range(r.randrange(1, 19))]
    extra = [{f"m_{o}": (kinds[o] if o in kinds else TYPED[o][1])(r) for o in others} for _ in records]
    records = [{**record, **more} for record, more in zip(records, extra, strict=True)]
    records += r.choices(records, k=r.randrange(3))
    count: int | None = len(records) if form not in MANY else None
    path = folder / f"{name}.{where}"
    if where == "parquet":
        _parquet(path, records)
    elif where == "csv":
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    else:
        lines = [json.dumps(record, ensure_ascii=r.random() < 0.5) for record in records]
        if where != "json" and r.random() < 0.1:
            lines.insert(r.randrange(len(lines)), "{broken")
            count = None if count is None else count + 1
        joined = "[" + ",\n".join(lines) + "]" if where == "json" else "\n".join(lines) + "\n"
        raw = joined.encode("utf-8", "replace")
        path.write_bytes(gzip.compress(raw) if where.endswith("gz") else raw)
    connector = {"jsonl.gz": "jsonl"}.get(where, where)
    options = r.choice(["", ", on_error: skip", ", on_error: skip"])
    if r.random() < 0.1:
        options, count = f"{options}, limit: {r.randrange(1, 25)}", None
    if where == "csv" and r.random() < 0.3:
        options += ", types: text"
    types = {f"meta.m_{o}": TYPES.get(o, "odd") for o in others}
    return Table(f'{connector}("{path.name}", format: {form}{options})', rows, types, count)


def _inline(r: Random) -> Table:
    """Rows that the spec holds."""
    given = [(text(r), text(r)) for _ in range(r.randrange(1, 6))]
    said = [[json.dumps(part, ensure_ascii=False) for part in pair] for pair in given]
    rows = ", ".join(f"{{instruction: {asked}, response: {answer}}}" for asked, answer in said)
    return Table(f"rows([{rows}])", "instruction", {}, len(given))


def _texts(r: Random, folder: Path, name: str) -> Table:
    """Files of plain text."""
    for number in range(r.randrange(1, 4)):
        said = "\n\n".join(text(r) for _ in range(r.randrange(1, 5)))
        (folder / f"{name}{number}.txt").write_text(said, encoding="utf-8", errors="replace")
    by = r.choice(["file", "paragraph", "chars, size: 20"])
    return Table(f'text("{name}*.txt", by: {by})', "text", {}, None)


def _sessions(r: Random, folder: Path, name: str) -> Table:
    """Logs of sessions, a file each: turns that follow one another, some taken back, some lines of another kind."""
    for number in range(r.randrange(1, 4)):
        lines: list[Record] = [{"type": "summary", "summary": text(r)}] if r.random() < 0.3 else []
        for place, turn in enumerate(_turns(r)):
            parts: list[Record] = [{"type": "text", "text": turn["content"] or ""}]
            if turn["role"] == "tool":
                parts = [{"type": "tool_result", "tool_use_id": "1", "content": turn["content"]}]
            for call in turn.get("tool_calls", ()):
                parts.append({"type": "tool_use", "id": "1", "name": "look", "input": call["function"]["arguments"]})
            role = turn["role"] if turn["role"] == "assistant" else "user"
            parent = None if not place else str(place - r.choice([1, 1, 1, 2]))
            line = {"type": role, "uuid": str(place), "parentUuid": parent, "sessionId": f"s{number}"}
            lines.append({**line, "message": {"role": role, "content": parts}})
        if r.random() < 0.1:
            r.shuffle(lines)
        told = [json.dumps(line, ensure_ascii=r.random() < 0.5) for line in lines]
        if r.random() < 0.05:
            told.insert(0, "{broken")
        (folder / f"{name}{number}.jsonl").write_text("\n".join(told), encoding="utf-8", errors="replace")
    options = r.choice(["", ", on_error: skip", ", on_error: skip"])
    return Table(f'jsonl("{name}*.jsonl", format: agent_trace{options})', "chat", {}, None)


def _parquet(path: Path, records: list[Record]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "decimal": pa.decimal128(10, 2), "dictionary": pa.dictionary(pa.int8(), pa.string()),
        "map": pa.map_(pa.string(), pa.int64()), "fixed": pa.list_(pa.float32(), 2), "null": pa.null(),
        "structs": pa.list_(pa.struct([("a", pa.int16()), ("b", pa.large_string())])), "date32": pa.date32(),
        "timestamp[us]": pa.timestamp("us"), "timestamp[ns, UTC]": pa.timestamp("ns", "UTC"),
        "time64[us]": pa.time64("us"), "duration[us]": pa.duration("us"), "int8": pa.int8(), "uint64": pa.uint64(),
        "float": pa.float32(), "binary": pa.binary(),
    }  # fmt: skip
    columns = {}
    for name in records[0]:
        kind = TYPED.get(name.removeprefix("m_"), ("", None))[0] if name.startswith("m_") else ""
        values = [_storable(record[name]) for record in records]
        columns[name] = pa.array(values, types.get(kind)) if kind else _array(values)
    parquet.write_table(pa.table(columns), path)


def _array(values: list[Any]) -> Any:
    """A column in the type that its values have; as JSON text where they have several."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else json.dumps(value) for value in values])


def _storable(value: Any) -> Any:
    """Without half surrogates, which no Parquet file has."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
