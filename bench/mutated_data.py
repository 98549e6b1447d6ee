"""The files that the mutated specs read: small, written anew for each run, in English and Chinese."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from bench.mutated_held import write as write_held
from bench.mutated_more import write as write_more

SPECS = Path(__file__).parent / "specs" / "mutated"
ROWS = 160
_TOPICS = ("math", "physics", "biology", "cooking", "nature")
_NOUNS = ("river", "clock", "garden", "bridge", "lamp", "violin", "market", "planet", "letter", "mirror", "forest")
_VERBS = ("Describe", "Explain", "Compare", "List", "Write", "Name", "Draw", "Count")
_ZH = ("河流", "时钟", "花园", "桥梁", "灯", "小提琴", "市场", "行星", "信", "镜子", "森林")


def _prompt(i: int) -> str:
    return f"{_VERBS[i % 8]} the {_NOUNS[i % 11]} and the {_NOUNS[(i * 7 + 3) % 11]} number {i} for a pupil."


def _answer(i: int) -> str:
    noun = _NOUNS[(i * 5 + 1) % 11]
    return f"It is a {noun} of kind {i}, which people like since it is useful. It was made in year {1200 + i}."


def _lines(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")


def _table(path: Path, separator: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([head, *rows])


def _chat(i: int, keys: tuple[str, str], roles: tuple[str, str]) -> list[dict[str, str]]:
    return [{keys[0]: roles[0], keys[1]: _prompt(i)}, {keys[0]: roles[1], keys[1]: _answer(i)}]


def write(folder: Path) -> None:
    """Write specs and data into a folder."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    for spec in SPECS.glob("*.tune"):
        shutil.copy(spec, folder / spec.name)
    each = range(ROWS)
    topics = [_TOPICS[i % 5] for i in each]
    _lines(
        data / "tasks.jsonl",
        [
            {"instruction": _prompt(i), "input": "", "output": _answer(i), "stars": i % 5, "topic": topics[i],
             "level": i % 7, "score": i / ROWS, "ok": i % 3 == 0}
            for i in each
        ],
    )  # fmt: skip
    _lines(
        data / "zh.jsonl",
        [
            {"instruction": f"请描述第{i}个{_ZH[i % 11]}。", "input": "",
             "output": f"这是{_ZH[i * 5 % 11]},编号{i},很有用。",
             "topic": ("数学", "历史")[i % 2], "level": i % 7, "score": i / ROWS}
            for i in each
        ],
    )  # fmt: skip
    _lines(
        data / "seeds.jsonl",
        [
            {"instruction": _prompt(500 + i), "instances": [{"input": "", "output": _answer(i)}], "topic": topics[i],
             "level": i % 7, "score": 0.5}
            for i in range(30)
        ],
    )  # fmt: skip
    more = [(_prompt(200 + i), _answer(200 + i), topics[i], i % 7, i / ROWS, i % 5) for i in each]
    _table(data / "table.csv", ";", ("q", "a", "topic", "level", "score", "stars"), more)
    quiz = [{"question": _prompt(900 + i), "choices": ["one", "two", "three"], "answer": "two"} for i in range(40)]
    _lines(data / "quiz.jsonl", quiz)
    sums = [{"problem": f"What is {i} plus {i + 3}?", "solution": str(2 * i + 3)} for i in range(40)]
    _lines(data / "sums.jsonl", sums)
    _table(data / "sums.csv", ",", ("problem", "solution"), [(s["problem"], s["solution"]) for s in sums])
    chats = [
        {"messages": _chat(i, ("role", "content"), ("user", "assistant")), "rating": i % 6, "lang": ("en", "fr")[i % 2]}
        for i in each
    ]
    _lines(data / "chats.jsonl", chats)
    shared = [
        {"conversations": _chat(300 + i, ("from", "value"), ("human", "gpt")), "rating": i % 6, "lang": "en",
         "team": "billing", "priority": i % 4, "closed": True}
        for i in each
    ]  # fmt: skip
    (data / "shared.json").write_text(json.dumps(shared), encoding="utf-8")
    _lines(
        data / "pairs.jsonl",
        [
            {"prompt": _prompt(i), "chosen": _answer(i), "rejected": _answer(i + 7), "margin": i / 40,
             "annotator": ("ann", "bob", "eve", "joe")[i % 4]}
            for i in each
        ],
    )  # fmt: skip
    _lines(
        data / "liked.jsonl",
        [{"q": _prompt(i), "a": _answer(i), "thumbs_up": i % 2 == 0, "score": str(i / ROWS)} for i in each],
    )
    _lines(
        data / "more.jsonl.gz",
        [{"ask": {"text": _prompt(i)}, "reply": _answer(i), "rules": "Be kind.", "topic": topics[i]} for i in each],
    )
    for part in (1, 2):
        _lines(
            data / "tickets" / f"part{part}.jsonl",
            [
                {"thread": _chat(part * 1000 + i, ("who", "said"), ("user", "assistant")),
                 "team": ("billing", "shipping", "returns")[i % 3], "priority": i % 4, "closed": i % 2 == 0}
                for i in each
            ],
        )  # fmt: skip
    (data / "pages").mkdir(exist_ok=True)
    for name in ("one", "two"):
        pages = "\n\n".join(f"{_prompt(i)} {_answer(i)}" for i in each)
        (data / "pages" / f"{name}.md").write_text(pages, encoding="utf-8")
    _parquet(data / "table.parquet", topics)
    write_more(data)
    write_held(data)
    (folder / "reviewed.jsonl").write_text("", encoding="utf-8")


def _parquet(path: Path, topics: list[str]) -> None:
    import polars as pl

    rows = range(len(topics))
    columns = {"instruction": [_prompt(600 + i) for i in rows], "response": [_answer(600 + i) for i in rows]}
    pl.DataFrame({**columns, "context": "", "topic": topics}).write_parquet(path)
