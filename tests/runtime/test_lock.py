"""The lock file names what moved, and git merges it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tunec.runtime.lock import moved, read_lock, render_lock, write_lock

ENTRIES = {"file b.jsonl": {"sha256": "22"}, "file a.jsonl": {"sha256": "11"}, "model bundled x": {"revision": "r1"}}


def test_what_is_written_is_read_back_sorted(tmp_path: Path) -> None:
    write_lock(tmp_path / "a.lock", "a.tune", ENTRIES)
    text = (tmp_path / "a.lock").read_text()
    assert text.index("a.jsonl") < text.index("b.jsonl") < text.index("model")
    assert read_lock(tmp_path / "a.lock") == ENTRIES


def test_moved_names_each_difference() -> None:
    now = {"file a.jsonl": {"sha256": "99"}, "model bundled x": {"revision": "r1"}, "file c.jsonl": {"sha256": "33"}}
    assert moved(ENTRIES, now) == [
        "file a.jsonl moved: sha256 11 → 99",
        "file b.jsonl is in the lock and no longer needed",
        "file c.jsonl is not in the lock",
    ]
    assert moved(ENTRIES, ENTRIES) == []


def test_git_merges_two_branches_that_each_add_a_source(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(entries: dict[str, dict[str, str]]) -> None:
        (tmp_path / "a.lock").write_text(render_lock("a.tune", entries))
        git("add", "a.lock")
        git("commit", "-m", "x")

    git("init", "-b", "main")
    base = {f"file {c}.jsonl": {"sha256": c * 8} for c in "bdf"}
    commit(base)
    git("switch", "-c", "one")
    commit({**base, "file c.jsonl": {"sha256": "c"}})
    git("switch", "main")
    commit({**base, "file e.jsonl": {"sha256": "e"}})
    git("merge", "one")
    assert set(read_lock(tmp_path / "a.lock")) == {f"file {c}.jsonl" for c in "bcdef"}
