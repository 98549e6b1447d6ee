"""Whether a version's number is taken by other content, and which number it should have instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunec.runtime.store.published import Version, bumped, is_fixed, manifest_of, versions_in
from tunec.runtime.store.shared import fetch_others, numbers_there
from tunec.runtime.store.store import Store
from tunec.runtime.versions.kind import Change, Edition
from tunec.runtime.versions.kinds import changes_of

_LEVELS = ("patch", "minor", "major")


class VersionTaken(Exception):
    """Another content is published under this number. `proposed` is the number to use instead."""

    def __init__(self, earlier: Version, changes: list[Change], proposed: str) -> None:
        self.earlier = earlier
        self.changes = changes
        self.proposed = proposed
        told = "\n".join(f"  {c.text}" for c in changes)
        super().__init__(
            f"{earlier.name} is published and differs:\n{told}\n"
            f'  a published number never changes: write version: "{proposed}" in the spec, or build with --bump'
        )


def check_number(store: Store, draft: Path, manifest: dict[str, Any]) -> None:
    """Raise VersionTaken where a version of the same number holds other content for a target of the draft."""
    spec = manifest["spec"]
    number = str(spec["version"])
    fetch_others(store, str(manifest["version"]), same_number=is_fixed(number))
    if not is_fixed(number):
        return
    every = versions_in(store.root, str(spec["name"]))
    for earlier in (v for v in every if v.number == number):
        changes = changes_between(earlier.folder, draft, manifest)
        if changes:
            level = max((c.level for c in changes), key=_LEVELS.index)
            taken = {v.number for v in every} | numbers_there(store, str(spec["name"]))
            proposed = bumped(number, level)
            while proposed in taken:
                proposed = bumped(proposed, level)
            raise VersionTaken(earlier, changes, proposed)


def changes_between(before: Path, draft: Path, now: dict[str, Any]) -> list[Change]:
    """What differs in the targets that both have: major where the schema or row type changes, minor where rows or
    weights do, patch where only metadata does."""
    old = manifest_of(before)
    editions = Edition(before, old), Edition(draft, now)
    changes = [c for name in now["targets"] if name in old["targets"] for c in changes_of(name, *editions)]
    changes += [
        Change("patch", f"{key} of the spec: {old['spec'][key]!r} → {now['spec'][key]!r}")
        for key in ("license", "description")
        if old["spec"][key] != now["spec"][key]
    ]
    # Origins that both have: a source that came or went shows among the rows.
    changed = {o for o in old["licences"].keys() & now["licences"].keys() if old["licences"][o] != now["licences"][o]}
    for origin in sorted(changed):
        name = now["origins"][origin][0]
        changes.append(
            Change("patch", f"licence of `{name}`: {old['licences'][origin]!r} → {now['licences'][origin]!r}")
        )
    return changes
