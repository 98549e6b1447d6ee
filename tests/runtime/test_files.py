"""Files that are written whole."""

from __future__ import annotations

import os
from pathlib import Path

from tunec.runtime.files import write_bytes


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
