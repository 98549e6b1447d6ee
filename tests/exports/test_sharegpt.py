"""`sharegpt`, read by `datasets` and by our own reader."""

from __future__ import annotations

from pathlib import Path

from tests.exports.material import ROWS, exported, lines
from tunec.runtime.ops.formats.sharegpt import sharegpt


def test_chats_come_back_as_they_were(tmp_path: Path) -> None:
    import datasets

    done = exported(tmp_path, "chat", "sharegpt")
    found = datasets.load_dataset(str(done.folder / "out"), cache_dir=str(tmp_path / "cache"))
    read = sharegpt()
    assert [read.content(row) for row in found["train"]] == ROWS["chat"]


def test_sides(tmp_path: Path) -> None:
    rows = [
        {"messages": [{"role": r, "content": r} for r in ("system", "user", "assistant", "tool", "assistant")]},
        {"messages": [{"role": r, "content": r} for r in ("critic", "assistant")]},
        {"messages": [{"role": "user", "content": "alone"}]},
    ]
    done = exported(tmp_path, "chat", "sharegpt", {"train": rows})
    (only,) = lines(done.folder / "out/train.jsonl")
    assert [turn["from"] for turn in only["conversations"]] == ["system", "human", "gpt", "observation", "gpt"]
    assert [left.reason for left in done.left_out] == ["a turn of the role critic", "no turn of the assistant"]


def test_an_instruction_and_its_input_are_one_turn(tmp_path: Path) -> None:
    done = exported(tmp_path, "instruction", "sharegpt")
    assert lines(done.folder / "out/train.jsonl")[0]["conversations"] == [
        {"from": "system", "value": "Be short."},
        {"from": "human", "value": "Translate to French.\n\na cat"},
        {"from": "gpt", "value": "un chat"},
    ]
