"""The format of a store, which stands in it, and what a folder must hold to be one."""

from __future__ import annotations

from pathlib import Path

from tunec.runtime.store.files import is_draft, write_atomically

FORMAT = "2"
#: What may lie in a store besides its format.
_PARTS = (
    "steps", "answers", "vectors", "scores", "fetched", "last", "publications", "versions", "damaged", "builds",
    "locks", "work", "tmp", "spending", "gc.lock",
)  # fmt: skip


class StoreError(Exception):
    """The store cannot be used; the message says why, and what to do."""


class Damaged(Exception):
    """The files of a stored step are not those that were stored."""

    def __init__(self, fingerprint: str, why: str) -> None:
        super().__init__(why)
        self.fingerprint = fingerprint


def prepare(root: Path) -> None:
    """Make a folder a store if need be. Raises StoreError where it is one of another format, or holds other things.
    Likewise where a part of it is a link."""
    _check_links(root)
    marker = root / "format"
    try:
        if not marker.exists():
            root.mkdir(parents=True, exist_ok=True)
            strange = sorted(p.name for p in root.iterdir() if p.name not in _PARTS and not is_draft(p))
            if strange and not marker.exists():
                raise StoreError(f"{root} is not a tunec store: it holds {strange[0]}; use another folder with --store")
            write_atomically(marker, FORMAT + "\n")
    except OSError as error:
        raise StoreError(unwritable(root, error)) from error
    check_format(root)


def _check_links(root: Path) -> None:
    """Builds and `gc` clear unfinished files, locks and what nothing refers to: never those of another folder."""
    for path in (root / name for name in ("format", *_PARTS)):
        if path.is_symlink():
            raise StoreError(
                f"{path} is a link, to {path.readlink()}, and a store is no place for links: remove it, or use "
                "another folder with --store"
            )


def check_format(root: Path) -> None:
    """Raises StoreError where a store is of another format than this version of tunec works with, or a part of it is a
    link."""
    _check_links(root)
    marker = root / "format"
    found = marker.read_text(encoding="utf-8", errors="replace").strip() if marker.is_file() else FORMAT
    if found == FORMAT:
        return
    if not found.isdigit() or len(found) > 6:
        raise StoreError(
            f"{marker} says {found[:40]!r}, which is not a store format. If {root} is a tunec store and this file was "
            f"damaged, write {FORMAT} into it; if not, use another folder with --store"
        )
    age = "an older" if int(found) < int(FORMAT) else "a newer"
    raise StoreError(
        f"{root} has store format {found}, made by {age} tunec; this one works with format {FORMAT}: "
        "use another folder (--store), or the version of tunec that made it"
    )


def unwritable(root: Path, error: OSError) -> str:
    """What to say where a store cannot be written to."""
    return f"cannot write to the store {root}: {error.strerror}; use another folder with --store"
