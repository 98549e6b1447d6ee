"""`llamafactory`, read by the rules of its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import ROWS, exported, lines, version
from tunec.runtime.exchange.data import ExchangeError
from tunec.runtime.exchange.export import Exported, export

#: What an entry and its parts may be called (`data/README.md`).
ENTRY = {"file_name", "formatting", "ranking", "columns", "tags"}
COLUMNS = {"prompt", "query", "response", "history", "messages", "system", "tools", "chosen", "rejected", "kto_tag"}


def read(done: Exported, name: str) -> list[tuple[list[str], list[str], str]]:
    """The turns before the answer, the answer or answers, and the system text of each row, as the documentation has
    them read; an entry that does not name a column has none."""
    info = json.loads((done.folder / "dataset_info.json").read_text(encoding="utf-8"))[name]
    assert set(info) <= ENTRY and set(info["columns"]) <= COLUMNS
    at = info["columns"].get
    found = []
    for row in lines(done.folder / info["file_name"]):
        if info.get("formatting") == "sharegpt":
            role, content = info["tags"]["role_tag"], info["tags"]["content_tag"]
            turns: list[dict[str, Any]] = row[at("messages")]
            system = turns.pop(0)[content] if turns[0][role] == info["tags"]["system_tag"] else ""
            for number, turn in enumerate(turns):
                odd = (info["tags"]["user_tag"], info["tags"]["observation_tag"])
                even = (info["tags"]["assistant_tag"], info["tags"]["function_tag"])
                assert turn[role] in (even if number % 2 else odd)
            assert len(turns) % 2 == (1 if info.get("ranking") else 0)
            if info.get("ranking"):
                answers = [row[at(name)][content] for name in ("chosen", "rejected")]
                found.append(([turn[content] for turn in turns], answers, system))
                continue
            if at("kto_tag"):
                assert isinstance(row[at("kto_tag")], bool)
            found.append(([turn[content] for turn in turns[:-1]], [turns[-1][content]], system))
            continue
        asked = "\n".join(row[column] for column in (at("prompt"), at("query")) if column and row[column])
        answers = [row[at(k)] for k in (("chosen", "rejected") if info.get("ranking") else ("response",)) if at(k)]
        found.append(([asked], answers, row[at("system")] if at("system") else ""))
    return found


def test_instructions(tmp_path: Path) -> None:
    done = exported(tmp_path, "instruction", "llamafactory")
    assert [file.path for file in done.files] == [
        "out_train.jsonl", "out_validation.jsonl", "dataset_info.json",
    ]  # fmt: skip
    assert read(done, "out_train")[0] == (["Translate to French.\na cat"], ["un chat"], "Be short.")
    assert len(read(done, "out_validation")) == 1


def test_chats(tmp_path: Path) -> None:
    turns = [("user", "a"), ("assistant", "b"), ("assistant", "c")]
    broken = {"messages": [{"role": role, "content": content} for role, content in turns]}
    done = exported(tmp_path, "chat", "llamafactory", {"train": [*ROWS["chat"], broken]})
    assert read(done, "out_train") == [
        (["你好"], ["你好！"], "你是助手。"),
        (["One?", "Two.", "Three?"], ["Four."], ""),
    ]
    assert [left.reason for left in done.left_out] == ["the user and the assistant do not take turns"]


def test_preferences_texts_and_choices(tmp_path: Path) -> None:
    folder = version(tmp_path / "version", "preference", dataset="pairs")
    version(folder, "text", dataset="plain")
    version(folder, "choice", dataset="test")
    done = export(folder, "llamafactory", tmp_path / "out")
    assert read(done, "pairs_train")[1] == (["问好。"], ["你好！", "不。"], "")
    rated = version(tmp_path / "rated", "rated")
    assert read(export(rated, "llamafactory", tmp_path / "kto"), "out_train")[1] == (["问好。"], ["不。"], "")
    assert read(done, "plain_train")[0] == (["A story.\nIts end."], [], "")
    assert read(done, "test_train")[0] == (["2 + 2?\nA. 3\nB. 4"], ["B. 4"], "")
    assert [file.path for file in done.files].count("dataset_info.json") == 1


def test_entries_of_others_are_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = tmp_path / "out/dataset_info.json"
    path.write_text(json.dumps({"alpaca_en": {"file_name": "a.json"}, "out_train": {"file_name": "b.json"}}))
    done = exported(tmp_path, "text", "llamafactory")
    assert json.loads(path.read_text())["alpaca_en"] == {"file_name": "a.json"}
    assert done.warnings == ("dataset_info.json had another entry `out_train`, which is replaced",)
    path.write_text("[")
    with pytest.raises(ExchangeError, match="left as it is"):
        export(tmp_path / "version", "llamafactory", tmp_path / "out")
    assert path.read_text() == "["
