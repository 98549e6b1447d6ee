"""Every promise of a version is checked again, and each broken one is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from tests.building import build
from tunec.compiler.graph import digest
from tunec.main import app
from tunec.runtime.versions.contents import content_hash, contents_of
from tunec.runtime.versions.verify import verify

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: choice)
dataset out from tasks {
    filter { keep words(prompt) in 3..50 }
    decontaminate(against: [quiz]) { exact() }
    split { train: 60%, test: 40% }
}
"""
ITEM = "How many of the seven red apples did the old farmer eat on Sunday?"


@pytest.fixture
def version(tmp_path: Path) -> Path:
    rows = [{"instruction": f"Name the colour number {n}.", "output": "红色。"} for n in range(10)]
    rows += [{"instruction": "Go", "output": "x"}, {"instruction": f"Say: {ITEM}", "output": "Two."}]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "quiz.jsonl").write_text(json.dumps({"question": ITEM, "answer": "2"}) + "\n")
    done = build(tmp_path, SPEC)
    assert done.built is not None and done.built.published is not None
    return done.built.published.out


def broken(version: Path) -> dict[str, tuple[str, ...]]:
    return {check.promise: check.problems for check in verify(version) if check.problems}


def forge(version: Path, change: Callable[[dict[str, Any]], None] = lambda manifest: None) -> None:
    """Make a changed version look like one that was published so: hashes, id and checksum fit again."""
    path = version / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["check"]
    manifest["contents"] = contents_of(version)
    name, number = manifest["spec"]["name"], manifest["spec"]["version"]
    manifest["version"] = f"{name}@{number}+{content_hash(manifest['contents'])[:12]}"
    change(manifest)
    path.unlink()
    path.write_text(json.dumps({**manifest, "check": digest(manifest)}))


def rewrite(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    frame = change(pl.read_parquet(path))
    path.unlink()  # the store's file has the same inode
    frame.write_parquet(path)


def test_a_sound_version_keeps_every_promise(version: Path) -> None:
    assert broken(version) == {}
    assert [c.promise for c in verify(version)] == [
        "files", "version id", "recipe and lock", "no row lost", "every drop has a reason", "splits are disjoint",
        "no benchmark item in a row", "licences",
    ]  # fmt: skip


def test_a_changed_missing_or_added_file_is_named(version: Path) -> None:
    data = version / "datasets" / "out" / "train-00000.parquet"
    rewrite(data, lambda f: f.head(2))
    (version / "benchmarks.parquet").unlink()
    (version / "datasets" / "out" / "extra.parquet").write_bytes(b"x")
    assert broken(version)["files"] == (
        "benchmarks.parquet is missing",
        "datasets/out/train-00000.parquet has changed since it was published",
        "datasets/out/extra.parquet was not published with this version",
    )


def test_a_changed_manifest_is_found(version: Path) -> None:
    path = version / "manifest.json"
    text = path.read_text().replace('"MIT"', '"GPL"')
    path.unlink()
    path.write_text(text)
    assert "has changed since it was written" in broken(version)["files"][0]


def test_a_wrong_id_is_found(version: Path) -> None:
    forge(version, lambda m: m.update(version="t@1.0.0-dev+000000000000"))
    assert "not of t@1.0.0-dev+000000000000" in broken(version)["version id"][0]


def test_a_file_that_the_lock_does_not_pin_is_found(version: Path) -> None:
    forge(version, lambda m: m["lock"].pop("file tasks.jsonl"))
    assert "which the lock does not pin" in broken(version)["recipe and lock"][0]


def test_a_fingerprint_of_other_ingredients_is_found(version: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        node = next(n for n in manifest["fingerprints"] if n.startswith("split"))
        manifest["fingerprints"][node]["arguments"]["params"]["shares"] = []

    forge(version, change)
    assert "is not that of its ingredients" in broken(version)["recipe and lock"][0]


def test_a_row_that_went_missing_is_found(version: Path) -> None:
    rewrite(version / "ledger" / "out.parquet", lambda f: f.filter(pl.col("verdict") == "kept"))
    forge(version)
    assert broken(version)["no row lost"] == ("out: 12 rows entered and the ledger has 10",)


def test_a_row_that_nobody_accounts_for_is_found(version: Path) -> None:
    rewrite(version / "datasets" / "out" / "test-00000.parquet", lambda f: f.head(1))
    forge(version)
    assert broken(version)["no row lost"] == ("out: the published rows are not those that the ledger calls kept",)


def test_a_drop_without_a_reason_is_found(version: Path) -> None:
    rewrite(version / "ledger" / "out.parquet", lambda f: f.with_columns(rule=pl.lit(None, pl.String)))
    forge(version)
    assert "2 dropped rows have no reason" in broken(version)["every drop has a reason"][0]


def test_a_row_in_two_splits_is_found(version: Path) -> None:
    train = pl.read_parquet(version / "datasets" / "out" / "train-00000.parquet")
    rewrite(version / "datasets" / "out" / "test-00000.parquet", lambda f: pl.concat([f, train.head(1)]))
    forge(version)
    assert "1 with the same id in two splits" in broken(version)["splits are disjoint"][0]


def test_a_benchmark_item_is_found_though_its_words_are_hashed(version: Path) -> None:
    items = pl.read_parquet(version / "benchmarks.parquet")
    assert "apples" not in str(items.to_dicts())
    planted = pl.col("instruction").str.replace("Name .*", f"Well… {ITEM.upper()}  Tell me!")
    rewrite(version / "datasets" / "out" / "train-00000.parquet", lambda f: f.with_columns(planted))
    forge(version)
    assert "out: 6 rows hold an item" in broken(version)["no benchmark item in a row"][0]


def test_a_licence_that_forbids_the_spec_is_found(version: Path) -> None:
    forge(version, lambda m: m["licences"].update(dict.fromkeys(m["licences"], "CC-BY-NC-4.0")))
    assert broken(version)["licences"] == ("`tasks` is non-commercial, but the spec is published under MIT",)


@pytest.mark.parametrize("name", ["datasets/out/README.md", "report.html", "run.json"])
def test_what_describes_a_version_is_covered(version: Path, name: str) -> None:
    text = (version / name).read_text(encoding="utf-8")
    (version / name).unlink()
    assert broken(version)["files"] == (f"{name} is missing",)
    (version / name).write_text(text.replace("t", "T", 1) if name != "run.json" else text.replace(": 0.", ": 9."))
    assert broken(version)["files"] == (f"{name} has changed since it was published",)
    (version / name).write_text(text, encoding="utf-8")
    (version / "models").mkdir()
    (version / "models" / "README.md").write_text("Trained by nobody.", encoding="utf-8")
    assert broken(version)["files"] == ("models/README.md was not published with this version",)


CONFLICT = """
spec t(version: "1.0.0", license: "MIT")
# tunec: allow T310 because "the owner agreed on 3 May"
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
source odd = rows([{instruction: "Say yes.", response: "Yes."}], license: "Apachy")
dataset out from [tasks, odd] { dedup { exact(prompt) } }
"""


def test_verify_accepts_what_lint_and_build_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conflict that the spec accepts with a reason, which the card repeats, and a licence that nobody knows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.jsonl").write_text(json.dumps({"instruction": "Name a colour.", "output": "Red."}))
    (tmp_path / "t.tune").write_text(CONFLICT, encoding="utf-8")
    assert CliRunner().invoke(app, ["build", "t.tune", "-q"]).exit_code == 0
    assert CliRunner().invoke(app, ["verify", "t"]).exit_code == 0
    card = (tmp_path / "build" / "t" / "datasets" / "out" / "README.md").read_text(encoding="utf-8")
    assert "is non-commercial, but the spec is published under MIT; accepted in the spec: the owner agreed" in card
    (tmp_path / "t.tune").write_text(CONFLICT.replace("# tunec: allow", "# allow"), encoding="utf-8")
    assert CliRunner().invoke(app, ["build", "t.tune"]).exit_code == 1


def test_groups_of_the_specs_own_may_share_a_prompt_and_silence_is_none(tmp_path: Path) -> None:
    turns = '{role: "user", content: "Hi"}, {role: "assistant", content: "%s"}'
    silent = '{role: "assistant", content: "%s"}'
    # The last turn of the user says nothing: another prompt than that of `turns`, and the same when all are joined.
    more = turns + ', {role: "user", content: ""}, {role: "assistant", content: "y"}'
    said = [turns % answer for answer in ("abc", "no", "你好吗", "xyz")]
    said += [more % answer for answer in ("k", "l", "m", "n")] + [silent % answer for answer in ("a", "b")]
    source = f"source s = rows([{', '.join(f'{{messages: [{chat}]}}' for chat in said)}])\n"
    for group in ("response", "prompt"):
        stage = f"split(group: {group}) {{ train: 50%, test: 50% }}"
        done = build(tmp_path / group, f"{source}dataset d from s {{ {stage} }}\n")
        assert done.built is not None and done.built.published is not None, done.problems
        assert broken(done.built.published.out) == {}, group
