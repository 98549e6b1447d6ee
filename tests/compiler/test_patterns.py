"""The files that a pattern names."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunec.compiler.patterns import is_pattern, named_by

TREE = ("a.jsonl", "b.jsonl", ".a.jsonl", "a/a.jsonl", "a/b/a.jsonl", "a/b/c/b.jsonl", "b/.a/a.jsonl", "[a]/b.jsonl",
        "中文/数据.jsonl", "a\nb/a.jsonl")  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "1" / "2" / "3" / "4" / "proj[1] ?*"  # patterns climb out of it, and must find nothing else
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(pattern: str, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in named_by(pattern, folder)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    parts=st.lists(
        st.sampled_from(["**", "*", "a", "b", "a*", "?", "[ab]", "[[]a[]]", "*.jsonl", "a.jsonl", ".*", "..", "中*"]),
        min_size=1,
        max_size=4,
    )
)
def test_without_links_it_finds_what_glob_finds(tree: Path, parts: list[str]) -> None:
    pattern = "/".join(parts)
    meant = glob.glob(pattern, root_dir=tree, recursive=True)  # noqa: PTH207
    expected = {os.path.realpath(tree / name) for name in meant if not name.endswith("/") and (tree / name).is_file()}
    found = named_by(pattern, tree)
    assert {os.path.realpath(path) for path in found} == expected
    assert len(found) == len(expected)


def test_loops_of_links_come_to_an_end_and_give_each_file_once(tree: Path) -> None:
    for name in ("a/up", "a/again", "a/b/top"):
        (tree / name).symlink_to(tree)
    (tree / "itself").symlink_to("itself")
    (tree / "nowhere.jsonl").symlink_to("gone")
    expected = sorted(name for name in TREE if "/.a" not in name and not name.startswith("."))
    assert names("**/*.jsonl", tree) == sorted(expected, key=lambda name: tree / name)
    deep = [os.path.realpath(path) for path in named_by("/".join(["*"] * 40), tree)]
    assert len(deep) == len(set(deep)) <= len(TREE)
    assert names("a/up/*/a.jsonl", tree) == ["a/up/a/a.jsonl", "a/up/a\nb/a.jsonl"]


def test_the_name_without_a_link_is_taken(tree: Path) -> None:
    (tree / "a" / "0.jsonl").symlink_to(tree / "b.jsonl")
    (tree / "0").symlink_to("a")
    assert names("*/a.jsonl", tree) == ["a/a.jsonl", "a\nb/a.jsonl"]
    assert names("0*/a.jsonl", tree) == ["0/a.jsonl"]
    assert names("a/0*", tree) == ["a/0.jsonl"]
    assert "a/0.jsonl" not in names("**/*.jsonl", tree)


def test_an_absolute_pattern_and_what_is_none(tree: Path) -> None:
    assert named_by(f"{glob.escape(str(tree))}/a/*.jsonl", Path("elsewhere")) == [tree / "a" / "a.jsonl"]
    assert [is_pattern(path) for path in ("a.jsonl", "a*", "a?", "[a]", "~")] == [False, True, True, True, False]
