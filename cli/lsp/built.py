"""What the last build of a spec left in its store: how many rows each stage made, and a few of them. Only reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tunec.console.opening import store_folder
from tunec.lsp.analysis import Analysis
from tunec.runtime.rows.messages import shown

#: A stage by the declaration it belongs to, its operator, and how many of that operator stand before it: what stays the
#: same while a spec is edited.
Key = tuple[str, str, int]
_SHOWN = 160  # characters of a value


@dataclass(frozen=True, slots=True)
class Account:
    """What a stage did. `rows` is the file of its result, where the build stored that and not only a later stage's."""

    rows_in: int
    made: int
    rows_out: int
    dropped: int
    rules: Mapping[str, int]
    rows: Path | None


def account_of(analysis: Analysis, node: str) -> Account | None:
    """What the last build's stage did that a node stands for now; None where there was none."""
    return accounts_of(analysis).get(node)


def accounts_of(analysis: Analysis) -> Mapping[str, Account]:
    """The accounts of the last build by the nodes of a spec as it stands."""
    root = store_folder(analysis.path)
    name = str(analysis.spec["name"])
    accounts = _accounts(root, name, _stamp(root))
    builder = analysis.builder
    found: dict[str, Account] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for node in builder.nodes.values():
        owner = builder.owners[node.id]
        key = (owner, node.op, seen[owner, node.op])
        seen[owner, node.op] += 1
        if key in accounts:
            found[node.id] = accounts[key]
    return found


def sample(account: Account, count: int = 2) -> list[str]:
    """A few rows of a stored result, a line of JSON each."""
    if account.rows is None or not account.rows.is_file():
        return []
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(account.rows) as file:
        batch = next(file.iter_batches(batch_size=count), None)
        rows: list[dict[str, Any]] = batch.to_pylist() if batch is not None else []
    hidden = ("id", "origin", "parents", "position")
    return [
        _line({k: shown(v) for k, v in row.items() if k not in hidden and v not in (None, "")}) for row in rows[:count]
    ]


def _line(row: Mapping[str, Any]) -> str:
    cut = {k: v[:_SHOWN] + "…" if isinstance(v, str) and len(v) > _SHOWN else v for k, v in row.items()}
    return json.dumps(cut, ensure_ascii=False, default=str)


def _stamp(root: Path) -> int:
    """Changes when a build notes what it published."""
    return max(map(_written, _notes(root)), default=0)


@lru_cache(maxsize=16)
def _accounts(root: Path, spec: str, stamp: int) -> Mapping[Key, Account]:
    try:
        return _read(root, spec)
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a store of another format, or a build that is being published: the editor shows nothing


def _read(root: Path, spec: str) -> Mapping[Key, Account]:
    from tunec.runtime.store.store import Store

    store = Store(root)
    notes = [store.note(f"publications/{path.name}") for path in sorted(_notes(root), key=_written)]
    made = [note["accounts"] for note in notes if note is not None and note["version"].startswith(f"{spec}@")]
    found: dict[Key, Account] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for step in made[-1] if made else ():
        for stage in step["stages"]:
            key = (stage["owner"], stage["op"], seen[stage["owner"], stage["op"]])
            seen[stage["owner"], stage["op"]] += 1
            file = store.step(step["step"]) / "rows.parquet" if stage is step["stages"][-1] else None
            found[key] = Account(
                stage["rows_in"], stage["made"], stage["rows_out"], stage["dropped"], stage.get("rules", {}), file
            )
    return found


def _notes(root: Path) -> Iterator[Path]:
    return (root / "publications").glob("*.json")


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns
