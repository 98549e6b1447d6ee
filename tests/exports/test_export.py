"""What all layouts have in common."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.exports.material import ROWS, exported, lines, version
from tunec.compiler.types import RowType
from tunec.main import app
from tunec.runtime.exchange import data as reading
from tunec.runtime.exchange.data import ExchangeError
from tunec.runtime.exchange.export import CannotHold, Omission, export
from tunec.runtime.exchange.layout import layouts

EVERY = [(name, row_type.value) for name, layout in layouts().items() for row_type in layout.holds]


def test_the_layouts_of_the_contract() -> None:
    assert list(layouts()) == ["alpaca", "axolotl", "llamafactory", "messages", "openai", "parquet", "sharegpt"]
    assert all(layout.write.__doc__ and "Source:" in layout.write.__doc__ for layout in layouts().values())


@pytest.mark.parametrize(("to", "row_type"), EVERY)
def test_same_version_same_bytes(tmp_path: Path, to: str, row_type: str) -> None:
    folder = version(tmp_path / "version", row_type)
    first, second = export(folder, to, tmp_path / "a"), export(folder, to, tmp_path / "b")
    assert first.files == second.files and first.files
    for file in first.files:
        assert (tmp_path / "a" / file.path).read_bytes() == (tmp_path / "b" / file.path).read_bytes()
        assert file.bytes == (tmp_path / "a" / file.path).stat().st_size
    assert not [name for _, _, names in os.walk(tmp_path / "a") for name in names if name.endswith(".part")]


@pytest.mark.parametrize(("to", "row_type"), [pair for pair in EVERY if pair[0] != "parquet"])
def test_every_row_is_written_or_counted(tmp_path: Path, to: str, row_type: str) -> None:
    done = exported(tmp_path, row_type, to)
    for split, there in (("train", len(ROWS[row_type])), ("validation", 1)):
        written = sum(file.rows or 0 for file in done.files if file.split == split)
        assert written + sum(left.rows for left in done.left_out if left.split == split) == there


@pytest.mark.parametrize("to", [name for name in layouts() if name != "parquet"])
def test_chinese_stays_readable_and_a_line_is_a_line(tmp_path: Path, to: str) -> None:
    done = exported(tmp_path, "instruction", to)
    path = done.folder / next(file.path for file in done.files if file.split == "train")
    text = path.read_text(encoding="utf-8")
    assert "一石二鸟" in text and "\u2028" not in text
    assert len(lines(path)) == 2
    assert "两个目的。\u2028完" in json.dumps(lines(path), ensure_ascii=False)


def test_rows_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    many = [{"text": f"Number {n}."} for n in range(10)]
    done = exported(tmp_path, "text", "messages", {"train": many})
    assert lines(done.folder / "out/train.jsonl") == many


def test_a_layout_that_cannot_hold_the_rows_names_those_that_can(tmp_path: Path) -> None:
    with pytest.raises(CannotHold, match="alpaca has no form for preference rows") as error:
        exported(tmp_path, "preference", "alpaca")
    for name in layouts():
        assert (f"`{name}`" in str(error.value)) == (RowType.PREFERENCE in layouts()[name].holds)
    assert not (tmp_path / "out").exists()


def test_one_data_set_of_several(tmp_path: Path) -> None:
    folder = version(version(tmp_path / "v", "instruction", dataset="sft"), "text", dataset="plain")
    with pytest.raises(CannotHold, match=r"`plain` holds.*--dataset"):
        export(folder, "alpaca", tmp_path / "out")
    done = export(folder, "alpaca", tmp_path / "out", "sft")
    assert {file.dataset for file in done.files} == {"sft"}
    with pytest.raises(ExchangeError, match="no data set `sfg`; it has `plain`, `sft`"):
        export(folder, "alpaca", tmp_path / "out", "sfg")


def test_rows_without_an_answer_are_left_out(tmp_path: Path) -> None:
    rows = [*ROWS["instruction"], {"instruction": "Why?", "input": "", "response": None, "system": ""}]
    done = exported(tmp_path, "instruction", "messages", {"train": rows})
    assert done.left_out == (Omission("out", "train", "no response", 1),)
    assert len(lines(done.folder / "out/train.jsonl")) == 2


def test_a_split_of_which_nothing_fits_is_an_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    done = exported(tmp_path, "chat", "alpaca", {"train": ROWS["chat"][:1]})
    before = (done.folder / "out/train.jsonl").read_bytes()
    with pytest.raises(ExchangeError, match=r"not one question and one answer \(1 rows\)"):
        export(version(tmp_path / "other", "chat", {"train": ROWS["chat"][1:]}), "alpaca", done.folder)
    assert (done.folder / "out/train.jsonl").read_bytes() == before
    assert [p.name for p in (done.folder / "out").iterdir()] == ["train.jsonl"]


def test_a_file_of_an_earlier_export_is_named(tmp_path: Path) -> None:
    exported(tmp_path, "text", "messages")
    done = export(version(tmp_path / "b", "text", {"train": ROWS["text"]}), "messages", tmp_path / "out")
    assert done.warnings == ("out/validation.jsonl was there before and is not of this export",)


def test_multiple_choice_asks_with_its_choices(tmp_path: Path) -> None:
    rows = [*ROWS["choice"], {"question": "Capital?", "choices": ["Rome"], "answer": "Paris"}]
    done = exported(tmp_path, "choice", "messages", {"train": rows})
    first, second = lines(done.folder / "out/train.jsonl")
    assert [m["content"] for m in first["messages"]] == ["2 + 2?\nA. 3\nB. 4", "B. 4"]
    assert second["messages"][1]["content"] == "A. 蓝色"
    assert [left.reason for left in done.left_out] == ["the answer is not one of the choices"]


def test_command(tmp_path: Path) -> None:
    folder = version(tmp_path / "version", "chat", {"train": ROWS["chat"]})
    out = str(tmp_path / "out")
    said = CliRunner().invoke(app, ["export", str(folder), "--to", "alpaca", "--out", out])
    assert said.exit_code == 0, said.output
    assert "1 rows" in said.output and "left out   1 rows of out/train: not one question and one answer" in said.output
    done = CliRunner().invoke(app, ["export", str(folder), "--to", "alpaca", "--out", out, "--json"])
    document = json.loads(done.stdout)
    assert document["layout"] == "alpaca" and document["left_out"][0]["rows"] == 1
    assert [file["path"] for file in document["files"]] == ["out/train.jsonl"]


def test_command_says_what_is_wrong(tmp_path: Path) -> None:
    folder = str(version(tmp_path / "version", "text"))
    done = CliRunner().invoke(app, ["export", folder, "--to", "openai", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "openai has no form for text rows" in done.output
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["export", folder, "--to", "messages", "--out", str(tmp_path / "file/x")])
    assert done.exit_code == 3 and "Traceback" not in done.output
