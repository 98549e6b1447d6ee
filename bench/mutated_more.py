"""The files of some more mutated specs: recipes, matters of a court, calls of bus drivers."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

_DISHES = ("rice", "bread", "lentil soup", "ceviche", "moussaka", "green curry", "salad", "stew", "dumplings", "pie")
_WAYS = ("Cook", "Bake", "Grill", "Steam", "Roast", "Season", "Serve")
_MATTERS = ("the deposit", "the heating", "a broken lock", "the rent", "a loud neighbour", "the notice", "mould")
ROWS = 140


def _event(i: int) -> str:
    return f"Bus {i + 7} is {('late', 'stuck', 'full')[i % 3]} at stop {i * 3 % 50} since {i % 12 + 1} o'clock."


def _advice(i: int) -> str:
    return (
        f"Tell the passengers, wait {i % 9 + 2} minutes, and then take road {i % 6 + 1}; depot {i % 3 + 1} knows of it."
    )


def _ask(i: int) -> str:
    return f"{_WAYS[i % 7]} {_DISHES[i % 10]} for {i + 2} people on a weekday."


def _steps(i: int) -> str:
    return f"Chop what you have, heat {i + 3} spoons of oil, add it, and wait {i % 40 + 5} minutes. Salt it at the end."


def _matter(i: int) -> str:
    return (
        f"房东可以拒绝退还押金吗?案件{i}。"
        if i % 4 == 0
        else f"May the landlord decide about {_MATTERS[i % 7]} in case {i}?"
    )


def _reply(i: int) -> str:
    return f"No: the court held in case {i * 3} that both sides have to agree about it in writing."


def lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def write(data: Path) -> None:
    """Write them below a folder."""
    import polars as pl

    each, kitchen, court = range(ROWS), data / "kitchen", data / "court"
    cuisines = ("thai", "greek", "peruvian", "danish")
    plates = [{"cuisine": cuisines[i % 4], "minutes": i % 80 + 5, "hot": i % 3 == 0} for i in each]
    cooks = [{"wish": _ask(i), "pantry": "oil, salt", "recipe": _steps(i), **plates[i]} for i in each]
    lines(kitchen / "cooks.jsonl", cooks)
    with (kitchen / "sheet.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("ask", "steps", "cuisine", "minutes", "hot"))
        table.writerows((_ask(300 + i), _steps(300 + i), *plates[i].values()) for i in each)
    book = [{"instruction": _ask(600 + i), "input": "", "output": _steps(600 + i), **plates[i]} for i in each]
    pl.DataFrame(book).write_parquet(kitchen / "book.parquet")
    items = [
        {"question": f"{_ask(900 + i)} What first?", "choices": ["Chop", "Eat"], "answer": "Chop"} for i in range(40)
    ]
    lines(kitchen / "tasting.jsonl", items)
    opinions = [
        {"matter": _matter(i), "sound": _reply(i), "weak": f"Yes, {i}.", "margin": i / ROWS,
         "court": ("upper", "lower")[i % 2]}
        for i in each
    ]  # fmt: skip
    lines(court / "opinions.jsonl", opinions)
    votes = [
        {"matter": _matter(400 + i), "reply": _reply(i + 5), "agreed": i % 2 == 0, "strength": f"{i / ROWS:.2f}"}
        for i in each
    ]
    lines(court / "votes.jsonl", votes)
    for name in ("first", "second"):
        memo = court / "memos" / f"{name}.md"
        memo.parent.mkdir(parents=True, exist_ok=True)
        memo.write_text("\n\n".join(f"{_matter(i)} {_reply(i)} ({name})" for i in each), encoding="utf-8")
    statutes = [
        {"asked": f"What does article {i} say?", "held": f"That {_MATTERS[i % 7]} is shared."} for i in range(40)
    ]
    (court / "statutes.json").write_text(json.dumps(statutes), encoding="utf-8")
    exam = [{"question": _matter(800 + i), "choices": ["Yes", "No"], "answer": "No"} for i in range(40)]
    lines(court / "exam.jsonl", exam)
    for part in ("spring", "autumn"):
        records = [
            {
                "record": [
                    {"party": "counsel", "words": f"{_matter(i)} ({part})"},
                    {"party": "judge", "words": _reply(i)},
                ]
            }
            for i in each
        ]
        lines(court / "hearings" / f"{part}.jsonl", records)
    _fleet(data / "fleet")


def _fleet(fleet: Path) -> None:
    each = range(ROWS)
    states = ("late", "stuck", "full")
    calls = [
        {"turns": [{"by": "driver", "said": _event(i)}, {"by": "desk", "said": _advice(i)}], "rules": "Be brief.",
         "depot": i % 4 + 1, "state": states[i % 3]}
        for i in each
    ]  # fmt: skip
    lines(fleet / "calls.jsonl", calls)
    notes = [
        {"event": f"Event: {_event(300 + i)}", "advice": _advice(300 + i), "depot": i % 4 + 1, "state": states[i % 3]}
        for i in each
    ]
    lines(fleet / "notes.jsonl", notes)
    for name in ("doors", "roads"):
        page = fleet / "handbook" / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n\n".join(f"About {name}: {_event(i)} {_advice(i)}" for i in each), encoding="utf-8")
    items = [{"q": f"{_event(700 + i)} What first?", "a": "Wait", "b": "Drive", "key": "A"} for i in range(40)]
    (fleet / "test.json").write_text(json.dumps(items), encoding="utf-8")
