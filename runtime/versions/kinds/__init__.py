"""The kinds of targets, one a file. Each file holds a `KIND` and is found by looking: there is no list to keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tunec.runtime.versions.kind import Change, Edition, TargetKind


@cache
def target_kinds() -> Mapping[str, TargetKind]:
    """Every kind of target, by its keyword."""
    names = sorted(path.stem for folder in __path__ for path in Path(folder).glob("[a-z]*.py"))
    kinds: list[TargetKind] = [import_module(f"{__name__}.{name}").KIND for name in names]
    return {kind.keyword: kind for kind in kinds}


def kind_of(keyword: str) -> TargetKind:
    """The kind of a target. A version may hold kinds that only another release of tunec knows."""
    return target_kinds().get(keyword) or TargetKind(keyword)


@cache
def only() -> Mapping[str, tuple[str, ...]]:
    """What `--only` may name, and the kinds of targets that each word means."""
    words = dict.fromkeys(word for kind in target_kinds().values() for word in kind.only)
    return {word: tuple(k.keyword for k in target_kinds().values() if word in k.only) for word in words}


def changes_of(name: str, before: Edition, now: Edition) -> list[Change]:
    """What differs in a target that both versions have."""
    was, kind = (str(edition.manifest["targets"][name]["kind"]) for edition in (before, now))
    if was != kind:
        return [Change("major", f"`{name}` was a {was} and is a {kind}")]
    return kind_of(kind).changes(name, before, now)
