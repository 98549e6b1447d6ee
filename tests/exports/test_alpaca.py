"""`alpaca`, read by `datasets` and by our own reader."""

from __future__ import annotations

from pathlib import Path

from tests.exports.material import ROWS, exported, lines
from tunec.runtime.exchange.export import Omission
from tunec.runtime.ops.formats.alpaca import alpaca


def test_instructions_come_back_as_they_were(tmp_path: Path) -> None:
    import datasets

    done = exported(tmp_path, "instruction", "alpaca")
    found = datasets.load_dataset(str(done.folder / "out"), cache_dir=str(tmp_path / "cache"))
    assert found["train"].column_names == ["instruction", "input", "output", "system"]
    read = alpaca()
    assert [read.content(row) for row in found["train"]] == ROWS["instruction"]


def test_no_system_where_the_data_set_has_none(tmp_path: Path) -> None:
    rows = [{"instruction": "Go.", "input": "", "response": "Gone."}]
    done = exported(tmp_path, "instruction", "alpaca", {"train": rows})
    assert lines(done.folder / "out/train.jsonl") == [{"instruction": "Go.", "input": "", "output": "Gone."}]


def test_chats_of_one_exchange(tmp_path: Path) -> None:
    done = exported(tmp_path, "chat", "alpaca")
    assert lines(done.folder / "out/train.jsonl") == [
        {"instruction": "你好", "output": "你好！", "system": "你是助手。"}
    ]
    assert done.left_out == (Omission("out", "train", "not one question and one answer", 1),)
