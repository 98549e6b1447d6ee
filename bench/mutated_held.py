"""The files of the specs that are held out: sums of a school, papers of a harbour, tickets of a kiosk."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from bench.mutated_more import lines

ROWS = 130
_SHOWS = ("opera", "film", "concert")
_SHIPS = ("Alba", "Brise", "Corvo", "Dunlin", "Eider", "Fulmar", "Gannet")
_CARGO = ("timber", "grain", "salt", "steel", "bricks", "coffee")
_UNITS = ("metres", "litres", "hours")


def write(data: Path) -> None:
    """Write them below a folder."""
    _school(data / "school")
    _harbour(data / "harbour")
    _kiosk(data / "kiosk")


def _sum(i: int) -> str:
    return f"A pipe has {i + 3} {_UNITS[i % 3]} and loses {i % 5 + 1}; how many {_UNITS[i % 3]} are left of pipe {i}?"


def _working(i: int) -> str:
    return (
        f"Take {i % 5 + 1} from {i + 3}. That leaves {i + 2 - i % 5} {_UNITS[i % 3]}. So the answer is {i + 2 - i % 5}."
    )


def _school(school: Path) -> None:
    each = range(ROWS)
    problems = [{"problem": _sum(i), "answer": str(i + 2 - i % 5), "grade": i % 8, "unit": _UNITS[i % 3]} for i in each]
    lines(school / "problems.jsonl", problems)
    with (school / "worked.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(("ask", "working", "grade", "unit"))
        table.writerows((_sum(400 + i), _working(400 + i), i % 8, _UNITS[i % 3]) for i in each)
    voted = [{"ask": _sum(700 + i), "right": _working(700 + i), "wrong": f"{i} {_UNITS[i % 3]}."} for i in each]
    lines(school / "voted.jsonl", voted)
    lines(school / "olympiad.jsonl", [{"problem": _sum(900 + i), "solution": _working(900 + i)} for i in range(40)])
    lines(school / "teacher.jsonl", [])


def _harbour(harbour: Path) -> None:
    import polars as pl

    each = range(ROWS)
    entries = [
        f"The {_SHIPS[i % 7]} came in at {i % 24}:00 with {i * 3 + 5} tons of {_CARGO[i % 6]}, berth {i}." for i in each
    ]
    for name in ("north", "south"):
        log = harbour / "logs" / f"{name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("\n\n".join(f"{entry} ({name})" for entry in entries), encoding="utf-8")
    notices = [
        {"body": f"Notice {i}: {_CARGO[i % 6]} is unloaded at quay {i % 9} only by day. Ask the master of quay {i}.",
         "state": ("final", "open")[i % 2]}
        for i in each
    ]  # fmt: skip
    pl.DataFrame(notices).write_parquet(harbour / "notices.parquet")
    rules = [
        {"text": f"第{i}条:船只在{i % 24}点以后不得装卸{('木材', '谷物', '盐')[i % 3]}。", "state": "final"}
        for i in each
    ]
    (harbour / "rules.json").write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")
    for name in ("radio", "desk"):
        talks = [
            {"conversations": [{"from": "human", "value": f"May the {_SHIPS[i % 7]} enter, {name} {i}?"},
                               {"from": "gpt", "value": f"Yes, at {i % 24}:00, berth {i}, by {_CARGO[i % 6]}."}],
             "channel": i % 14, "watch": ("night", "day")[i % 2]}
            for i in each
        ]  # fmt: skip
        lines(harbour / f"{name}.jsonl", talks)
    items = [
        {
            "question": f"Which berth takes {_CARGO[i % 6]} in month {i}?",
            "choices": ["North", "South"],
            "answer": "North",
        }
        for i in range(40)
    ]
    lines(harbour / "licence.jsonl", items)


def _kiosk(kiosk: Path) -> None:
    each = range(ROWS)
    wish = [f"I would like {i % 5 + 1} seats for the {_SHOWS[i % 3]} on day {i}." for i in each]
    offer = [
        f"There are seats in row {i % 20 + 1} for {i + 9} euros; the {_SHOWS[i % 3]} begins at eight." for i in each
    ]
    bought = [
        {"messages": [{"role": "user", "content": wish[i]}, {"role": "assistant", "content": offer[i]}],
         "show": _SHOWS[i % 3], "hour": i % 24}
        for i in each
    ]  # fmt: skip
    lines(kiosk / "bought.jsonl", bought)
    phoned = [
        {"lines": [{"who": "buyer", "what": f"Hello. {wish[i]}"}, {"who": "seller", "what": f"{offer[i]} Goodbye."}],
         "show": _SHOWS[i % 3], "hour": i % 24}
        for i in each
    ]  # fmt: skip
    lines(kiosk / "phoned.jsonl", phoned)
    liked = [{"wish": wish[i], "offer": offer[i], "bought": i % 2 == 0, "price": f"{i + 9}.50"} for i in each]
    lines(kiosk / "liked.jsonl", liked)
    with (kiosk / "walked_in.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ("wish", "offer", "bought", "price"))
        table.writeheader()
        table.writerows({**row, "wish": f"At the counter: {row['wish']}"} for row in liked)
    items = [
        {"q": f"Which row is best for show {i}?", "options": {"label": ["A", "B"], "text": ["Front", "Back"]},
         "key": "A"}
        for i in range(40)
    ]  # fmt: skip
    (kiosk / "test.json").write_text(json.dumps(items), encoding="utf-8")
    (kiosk / "alike").mkdir(exist_ok=True)
