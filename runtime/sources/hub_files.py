"""Which files of a data set on the hub make up a split: as its card says, else by the names that people give them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tunec.compiler.contents import PACKED
from tunec.compiler.names import closest
from tunec.runtime.sources.hub import HubError

#: What can be read, the preferred first; the word is that of the connector.
KINDS = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "tsv"}
_READABLE = "what can be read is parquet, jsonl, json, csv and tsv, plain or as .gz, .zst or .bz2"
#: Files that describe a data set and hold none of it.
_ABOUT = ("config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
#: Words in names that stand for a split, and the names of shards, as `datasets` has them (its `data_files.py`).
_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SHARD = re.compile(r"(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}.*\..*")
_APART = "[-._ 0-9]"


def kind_of(name: str) -> str | None:
    """The kind of a data file by its name, or None where it is none that can be read."""
    for packed in PACKED:
        name = name.removesuffix(packed)
    return KINDS.get(posixpath.splitext(name)[1].lower())


def choose(repository: str, names: Sequence[str], card: Mapping[str, Any], config: str, split: str) -> list[str]:
    """The files of a split, in the order in which they are read. Raises HubError, which says what there is instead."""
    stated = [c for c in card.get("configs") or () if isinstance(c, dict)]
    described = any(c.get("data_files") or c.get("data_dir") for c in stated)
    script = f"{repository.split('/')[1]}.py"
    if script in names and not described:
        raise HubError(
            f"`{repository}` is loaded by a program of its own, {script}, which is not run here; its rows may stand as "
            'files under revision: "refs/convert/parquet"'
        )
    chosen: Mapping[str, Any] = _config(repository, stated, config) if stated else {"data_dir": config}
    folder = posixpath.normpath(str(chosen.get("data_dir") or "."))
    patterns = chosen.get("data_files")
    splits = _stated(names, folder, patterns) if patterns else _usual(names, folder, split)
    if not any(splits.values()):
        where = f" under {folder}/" if folder != "." else ""
        raise HubError(f"`{repository}` has no data files{where}; {_READABLE}")
    if not splits.get(split):
        there = [s for s, files in splits.items() if files]
        near = closest(split, there)
        hint = f"; did you mean `{near}`?" if near else ""
        raise HubError(f"`{repository}` has no split `{split}`; it has {', '.join(there)}{hint}")
    return splits[split] if patterns else _of_one_kind(splits[split])


def _config(repository: str, stated: Sequence[Mapping[str, Any]], config: str) -> Mapping[str, Any]:
    """The configuration of that name; without a name the default one, or the only one."""
    names = [str(c.get("config_name", "default")) for c in stated]
    if config:
        found = [c for c, name in zip(stated, names, strict=True) if name == config]
    else:
        found = [c for c in stated if c.get("default") is True]
        found = found or [c for c, name in zip(stated, names, strict=True) if name == "default"]
        found = found or (list(stated) if len(stated) == 1 else [])
    if found:
        return found[0]
    if config:
        near = closest(config, names)
        hint = f"; did you mean `{near}`?" if near else ""
        raise HubError(f"`{repository}` has no configuration `{config}`; it has {', '.join(names)}{hint}")
    raise HubError(f'`{repository}` has the configurations {", ".join(names)}: name one, as config: "{names[0]}"')


def _stated(names: Sequence[str], folder: str, patterns: Any) -> dict[str, list[str]]:
    """The files by split, as the card has them: a pattern, a list of them, or one or more for each split."""
    by_split: dict[str, list[str]] = {}
    if isinstance(patterns, dict):
        by_split = {str(split): _listed(path) for split, path in patterns.items()}
    else:
        for entry in _listed(patterns):
            split, path = (
                (entry.get("split", "train"), entry.get("path")) if isinstance(entry, dict) else ("train", entry)
            )
            by_split.setdefault(str(split), []).extend(_listed(path))
    found = {}
    for split, paths in by_split.items():
        whole = [re.compile(_expression(posixpath.normpath(posixpath.join(folder, str(p))))) for p in paths]
        matching = [n for p in whole for n in sorted(names) if p.fullmatch(n) and kind_of(n) is not None]
        found[split] = list(dict.fromkeys(matching))
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _expression(pattern: str) -> str:
    """A pattern of paths as a regular expression: `*` within a folder, `**` across them."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        words.get(p) or (p.replace("[!", "[^") if p.startswith("[") and p[-1] == "]" else re.escape(p)) for p in parts
    )


def _usual(names: Sequence[str], folder: str, split: str) -> dict[str, list[str]]:
    """The files by split, by the first of: names of shards, folders, names of files; else all of them are `train`."""
    inside = [n for n in sorted(names) if folder == "." or n.startswith(f"{folder}/")]
    data = [n for n in inside if kind_of(n) is not None and not _aside(n)]
    short = {n: n if folder == "." else n.removeprefix(f"{folder}/") for n in data}
    shards: dict[str, list[str]] = {}
    for name in data:
        match = _SHARD.fullmatch(posixpath.basename(name))
        if match:
            shards.setdefault(match["split"], []).append(name)
    if shards:
        return shards
    stages = (
        {n: posixpath.dirname(short[n]).split("/") for n in data},
        {n: [posixpath.basename(n)] for n in data},
    )
    for parts in stages:
        found = {
            s: [n for n in data if any(_says(p, w) for p in parts[n] for w in words)] for s, words in _WORDS.items()
        }
        if any(found.values()):
            break
    else:
        found = {"train": data}
    if split not in found:
        # A name that nobody agreed on counts only where it is the whole name.
        found[split] = [n for n in data if posixpath.basename(n).split(".")[0] == split]
    return found


def _says(part: str, word: str) -> bool:
    return re.search(rf"(?:^|{_APART}){word}(?:{_APART}|$)", part) is not None


def _aside(name: str) -> bool:
    parts = name.split("/")
    return parts[-1] in _ABOUT or any(p.startswith((".", "__")) for p in parts)


def _of_one_kind(names: Iterable[str]) -> list[str]:
    """Where the same rows lie there in several kinds, those of the preferred one."""
    by_kind: dict[str, list[str]] = {}
    for name in names:
        by_kind.setdefault(str(kind_of(name)), []).append(name)
    return next(by_kind[kind] for kind in KINDS.values() if kind in by_kind)
