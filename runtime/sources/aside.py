"""Contents of a source that are too large to be in memory while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tunec.compiler.types import RowType
from tunec.runtime.base.memory import Memory
from tunec.runtime.rows.frame import digests_of, identify_all

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


@dataclass(slots=True)
class Aside:
    """Takes frames of contents, with the `position` of each row, and puts them into files once they are more than a
    step holds. Of each row the hash of its content and its position stay in memory, 24 bytes."""

    row_type: RowType
    bound: Memory
    scratch: Path | None
    height: int = 0
    held: int = 0  # bytes of the frames that were not taken
    seen: int = 0  # how many frames those are
    files: list[tuple[str, int]] = field(default_factory=list)
    digests: bytearray = field(default_factory=bytearray)
    positions: list[pl.Series] = field(default_factory=list)
    folder: TemporaryDirectory[str] | None = None

    def take(self, frames: list[pl.DataFrame], *, everything: bool = False) -> list[pl.DataFrame]:
        """Put frames aside where they are too large; gives those that stay in memory."""
        import polars as pl

        self.held += sum(int(frame.estimated_size()) for frame in frames[self.seen :])
        self.seen = len(frames)
        most = self.bound.portion if self.height else self.bound.whole
        if not frames or (self.held <= most and not everything):
            return frames
        if self.folder is None:
            self.folder = TemporaryDirectory(dir=self.scratch)
        whole = pl.concat(frames)
        size = self.bound.rows(whole.height, self.held)
        for start in range(0, whole.height, size):
            part = whole.slice(start, size)
            self.files.append((f"{self.folder.name}/{len(self.files)}.arrow", part.height))
            part.write_ipc(self.files[-1][0], compression="lz4")
            self.digests += b"".join(digests_of(part, self.row_type))
            self.positions.append(part["position"])
        self.height, self.held, self.seen = self.height + whole.height, 0, 0
        return []

    def numbers(self) -> pl.Series:
        """The position of each row."""
        import polars as pl

        return pl.concat(self.positions, rechunk=True)

    def rows(self, origin: str, others: Sequence[pl.Series]) -> Rows:
        """The rows, with an origin and with other columns."""
        from tunec.runtime.sources.contents import Contents

        assert self.folder is not None
        return Contents(self.folder, tuple(self.files), identify_all(bytes(self.digests)), origin, tuple(others))
