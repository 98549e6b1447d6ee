"""Rows of versions that were published before, as sources of a build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.licences import strictest
from tunec.compiler.names import closest
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.store.files import hash_file
from tunec.runtime.store.published import NoSuchVersion, VersionDamaged, data_sets, find_version, manifest_of

#: `NAME`, `NAME@NUMBER`, `NAME@NUMBER+HASH`: no path, which would tie a spec to a machine.
_NAME = re.compile(r"[\w.-]+(@[\w.-]+(\+[0-9a-f]+)?)?")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A split of a data set of a published version, and the file that holds it.

    `licence` is what its rows may be used under, and `sources` (name, licence) what they were made of.
    """

    version: str
    dataset: str
    split: str
    path: Path
    sha256: str
    licence: str
    sources: tuple[tuple[str, str], ...]


def earlier_rows(name: str, dataset: str, split: str, rows: str, store: Path, out: Path) -> Earlier:
    """Find a split of a version in the store of a build, or in the stores that the versions under `out` come from.

    Without a `dataset` it is the one that is called like the spec, or the only one. Raises OperatorError where there is
    no such thing, where it is damaged, and where it holds rows of another type than `rows`.
    """
    if not _NAME.fullmatch(name):
        raise OperatorError(f"`{name}` is not the name of a version; one is called NAME@NUMBER, such as chat@1.0.0")
    try:
        folder = _found(name, store, out)
        manifest, sets = manifest_of(folder), data_sets(folder)
    except (NoSuchVersion, VersionDamaged) as error:
        raise OperatorError(str(error)) from error
    chosen = dataset or _only(name, list(sets), str(manifest["spec"]["name"]))
    if chosen not in sets:
        raise OperatorError(_unknown(f"`{name}` has no data set", chosen, list(sets)))
    if split not in sets[chosen]:
        raise OperatorError(_unknown(f"`{chosen}` of {name} has no split", split, list(sets[chosen])))
    has = str(manifest["row_types"][chosen])
    if has != rows:
        raise OperatorError(f"`{chosen}` of {name} holds {has} rows, not {rows}: write `rows: {has}`")
    path = sets[chosen][split]
    sha256 = hash_file(path) if path.exists() else ""
    if sha256 != manifest["contents"].get(path.relative_to(folder).as_posix()):
        raise OperatorError(f"damaged: {path} has changed since it was published; publish {name} again")
    sources = tuple(sorted((names[0], manifest["licences"][o]) for o, names in manifest["origins"].items()
                           if o in manifest["licences"]))  # fmt: skip
    return Earlier(str(manifest["version"]), chosen, split, path, sha256, handed_on(manifest), sources)


def handed_on(manifest: Mapping[str, Any]) -> str:
    """The licence that the rows of a version are handed on under: the strictest of those of its sources and its own;
    its own alone where a source states none."""
    own = str(manifest["spec"]["license"])
    return strictest(manifest["licences"].values(), own) or own


def _found(name: str, store: Path, out: Path) -> Path:
    try:
        return find_version(name, store, out)
    except NoSuchVersion as error:
        try:
            return find_version(name, None, out)
        except NoSuchVersion:
            raise error from None


def _only(name: str, sets: list[str], spec: str) -> str:
    if spec in sets:
        return spec
    if len(sets) != 1:
        raise OperatorError(f'`{name}` has the data sets {", ".join(sets)}: name one, as dataset: "{sets[0]}"')
    return sets[0]


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = closest(name, known)
    hint = f"; did you mean `{near}`?" if near else ""
    return f"{what} `{name}`; it has {', '.join(known)}{hint}"
