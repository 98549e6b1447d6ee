"""Files that are written whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.store.files import OutsideRoot, within, write_bytes


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_is_for_whom_the_system_says_and_an_old_one_stays_for_whom_it_was(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a" / "new", b"one")
        assert mode(tmp_path / "a" / "new") == 0o640
        (tmp_path / "old").write_bytes(b"one")
        (tmp_path / "old").chmod(0o664)
        write_bytes(tmp_path / "old", b"two")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "old"), (tmp_path / "old").read_bytes()) == (0o664, b"two")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "new", "old"]


@given(st.text(st.sampled_from("./a\\\0 ~\n"), max_size=12))
def test_whatever_the_name_says_the_path_lies_under_its_root(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        (root / "a").symlink_to("..")
        try:
            path = within(root, name)
        except OutsideRoot:
            return
        assert Path(os.path.realpath(path)).is_relative_to(root.resolve())


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "link/x", "", "a\0b"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(OutsideRoot):
        within(root, name)


def test_a_name_inside_is_taken(tmp_path: Path) -> None:
    assert within(tmp_path, "a/../b.jsonl") == tmp_path / "a/../b.jsonl"


def test_a_link_stays_a_link_and_what_is_no_file_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"one")
    (tmp_path / "link").symlink_to("real")
    write_bytes(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"two"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        write_bytes(tmp_path / "pipe", b"three")
    assert not (tmp_path / "pipe").is_file()
