"""Export and push of a version that was built, by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import tunec
from tests.hub import TOKEN, hub

SPEC = """spec small(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca)

dataset out from tasks {
    split {
        train: 80%
        validation: 20%
    }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("exchange")
    rows = [{"instruction": f"Tell me about number {n}.", "output": f"它是{n}。"} for n in range(20)]
    (made / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (made / "small.tune").write_text(SPEC, encoding="utf-8")
    tunec(made, "build", "small.tune", "-q")
    return made


def test_export_by_name(folder: Path) -> None:
    done = json.loads(tunec(folder, "export", "small@1.0.0", "--to", "alpaca", "--json").stdout)
    assert done["version"].startswith("small@1.0.0+")
    assert [(file["path"], file["rows"]) for file in done["files"]] == [
        ("out/train.jsonl", 16), ("out/validation.jsonl", 4),
    ]  # fmt: skip
    lines = (folder / "exports/small-1.0.0/alpaca/out/train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 16 and all("它是" in line for line in lines)


def test_export_of_no_version(folder: Path) -> None:
    done = tunec(folder, "export", "smell", "--to", "alpaca", code=2)
    assert "no version `smell`" in done.stderr


def test_export_to_no_layout(folder: Path) -> None:
    assert "'sharegpt'" in tunec(folder, "export", "small", "--to", "word", code=2).stderr


def test_push_by_name(folder: Path) -> None:
    with hub() as server:
        done = tunec(folder, "push", "small", "me/small", "--json", HF_ENDPOINT=server.url, HF_TOKEN=TOKEN)
        assert json.loads(done.stdout)["sent"] == ["README.md", "train-00000.parquet", "validation-00000.parquet"]
        there = server.content("me/small", "1.0.0")
    for path in (folder / "build/small/datasets/out").iterdir():
        assert there[path.name] == path.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("export", "small@1.0.0", "--to", "merged"),
        ("export", "small@1.0.0", "--to", "merged", "--model", "tuned"),
        ("export", "small@1.0.0", "--to", "alpaca", "--dataset", "other"),
        ("push", "small@1.0.0", "me/small", "--model", "tuned", "--dry-run"),
        ("push", "small@1.0.0", "me/small", "--dataset", "other", "--dry-run"),
    ],
)
def test_what_a_version_does_not_have_is_wrong_usage(folder: Path, words: tuple[str, ...]) -> None:
    said = tunec(folder, *words, code=2).stderr
    assert "has no model" in said or "has no data set `other`" in said
