"""What a file of `kinds/` says of its kind of target: everything that a target means once it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias

from tunec.compiler.lowered import Json
from tunec.runtime.versions.publication import Publication


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of a new build from a published version. `level` is the part of the number that it raises."""

    level: Literal["patch", "minor", "major"]
    text: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A version on the disk, published or about to be: its folder, and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]


#: A number of a target: what is measured, of which model, and the number's name.
Measured: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of target. What is not given is shown as any target is: by its place, and by whether its files changed."""

    keyword: str
    path: str = ""  #: where its files lie in a version; NAME stands for the target's name
    other: str = "other files"  #: what it has where its files differ, for people
    only: tuple[str, ...] = ()  #: the words of `--only` that mean it
    #: Writes the files of a target into a version's folder; gives what the manifest says of it.
    write: Callable[[Publication, str, Path], dict[str, Json]] | None = None
    #: Writes what people read beside its files, once the manifest is known: folder, name, manifest.
    annotate: Callable[[Path, str, Mapping[str, Any]], None] | None = None
    #: What differs where its files do. Without it, a difference raises the number by a minor one.
    compare: Callable[[str, Edition, Edition], list[Change]] | None = None
    #: Its numbers, which a comparison of versions shows: folder, name.
    numbers: Callable[[Path, str], dict[Measured, float]] | None = None
    #: Its lines in the summary of a build: folder, name.
    summary: Callable[[Path, str], Iterator[str]] | None = None
    #: What the report's template of the kind (`KEYWORD.html.j2`) is given: folder, name, manifest.
    report: Callable[[Path, str, Mapping[str, Any]], Any] | None = None
    heading: str = ""  #: above the targets of the kind in the report
    rank: int = 9  #: where the report shows them: data, then models, then numbers

    def place(self, name: str) -> str:
        """Where the files of a target lie in a version."""
        return self.path.replace("NAME", name)

    def files(self, name: str, edition: Edition) -> dict[str, str]:
        """The files of a target with their hashes. Those of an unknown kind are known by its name."""
        contents: Mapping[str, str] = edition.manifest["contents"]
        place = self.place(name)
        if not place:
            parts = {path: PurePosixPath(path).parts for path in contents}
            return {p: contents[p] for p, (head, *rest) in parts.items() if head != "ledger" and _named(name, rest)}
        return {p: sha for p, sha in contents.items() if p == place or p.startswith(f"{place}/")}

    def changes(self, name: str, before: Edition, now: Edition) -> list[Change]:
        """What differs in a target that both versions have."""
        if self.files(name, before) == self.files(name, now):
            return []
        if self.compare is not None:
            return self.compare(name, before, now)
        return [Change("minor", f"`{name}` has {self.other}")]


def _named(name: str, parts: list[str]) -> bool:
    return name in parts or any(part.rpartition(".")[0] == name for part in parts)
