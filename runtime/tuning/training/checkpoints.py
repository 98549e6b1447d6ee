"""Checkpoints that an interrupted training goes on from; a half-written one is never taken."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

#: Written last, so that it says that everything else is there.
MARK = "complete"


def folder_of(work: Path, processes: int) -> Path:
    """Where the checkpoints of a training lie: what several processes share is not what one goes on from."""
    return work / ("checkpoints" if processes == 1 else f"checkpoints-{processes}")


def seal(checkpoint: Path) -> None:
    """Mark a checkpoint as whole, once all that it holds is on the disk."""
    for path in sorted(p for p in checkpoint.rglob("*") if p.is_file()):
        _sync(path)
    (checkpoint / MARK).touch()
    _sync(checkpoint / MARK)
    _sync(checkpoint)


def last_complete(folder: Path) -> Path | None:
    """The newest whole checkpoint; removes what is not whole."""
    whole = []
    for path in sorted(folder.glob("checkpoint-*")):
        if (path / MARK).exists():
            whole.append(path)
        else:
            shutil.rmtree(path)
    return max(whole, key=lambda path: int(path.name.rsplit("-", 1)[1]), default=None)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
