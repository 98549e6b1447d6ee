"""A short look into the files of a source: which columns they have, of which types, and a few records.

The connector and the format of the source read them, so that what is seen is what a build reads. A look never takes
long, imports nothing that is heavy (Parquet apart), and gives None where it cannot tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node, canonical
from tunec.compiler.lowered import Call, Lowered, to_json
from tunec.compiler.lowered import Record as Stated
from tunec.compiler.reach import beyond, is_allowed
from tunec.compiler.sample import Sample
from tunec.compiler.types import ANY, MESSAGES, NONE, TEXT, RowType, Type
from tunec.runtime.base.values import Budget, Files, FormatError, RowFormat
from tunec.runtime.sources.kinds import Kind, kinds_of
from tunec.runtime.sources.mapping import inline, mapped
from tunec.runtime.sources.reading import Begin, Item, Record, all_of
from tunec.runtime.sources.records import Asked, value_at
from tunec.runtime.sources.sessions import joined
from tunec.runtime.sources.shapes import numbers_of, shape_of
from tunec.runtime.sources.turn_keys import unseen_in_turns

#: Seconds of the processor, records and bytes that a look may take at most, and the records of a table. Not of the
#: clock: what the linter sees of small files must not depend on what else the machine does.
SECONDS, RECORDS, BYTES, ROWS = 0.1, 2000, 1 << 22, 200
#: Connectors that can be asked for the first records of a file. Others may do anything.
_KNOWN = ("connectors.jsonl", "connectors.json", "connectors.csv", "connectors.text", "connectors.parquet")
#: Arguments that decide nothing of what is seen.
_ASIDE = ("path", "format", "license", "limit", "on_error", "columns")

#: Files with the times of their last changes and their sizes.
Stamps = tuple[tuple[str, int, int], ...]
#: Gives the function of the operator at a path, such as `connectors.csv`.
Functions = Callable[[str], Callable[..., Any]]


def look(node: Node, folder: Path, functions: Functions) -> Sample | None:
    """A look into the local files that a connector reads."""
    paths = node.paths
    if node.op not in _KNOWN or not paths or any("://" in path for path in paths):
        return None
    if any(beyond(path, folder) is not None for path in paths) and not is_allowed():
        return None  # not even its columns are told
    try:
        stats = [(str(file), file.stat()) for file in all_of(paths, folder)[:RECORDS] if file.is_file()]
        stamps = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
        key = node.id, stamps
        if key not in _LOOKS:
            if len(_LOOKS) >= _MOST:
                _LOOKS.clear()
            _LOOKS[key] = _looked(node, functions, stamps)
        return _LOOKS[key]
    except Exception:  # whatever is wrong with the files, a build will say; a look only fails to see
        return None


#: What was seen for a node in files that are as they were: an editor asks after every key. And how much is kept.
_LOOKS: dict[tuple[str, Stamps], Sample | None] = {}
_MOST = 256


def _looked(node: Node, functions: Functions, stamps: Stamps) -> Sample | None:
    """What a connector and its format see in files."""
    options = canonical({k: to_json(v) for k, v in node.params.items() if k not in _ASIDE})
    seen = _seen(node.op, functions, stamps, options)
    if not seen.records:
        return None
    layout = _layout(node.params.get("format"), node.rows, functions)
    lacks, exchanges = _lacks(node, layout, seen), _exchanges(node, layout, seen)
    stated = node.params.get("format")
    whole = seen.rows is not None
    unseen = unseen_in_turns(stated, seen.records, whole=whole) if isinstance(stated, Stated) else ()
    return replace(seen, path=", ".join(node.paths), lacks=lacks, unseen=unseen, exchanges=exchanges)


@lru_cache(maxsize=_MOST)
def _seen(op: str, functions: Functions, stamps: Stamps, options: str) -> Sample:
    """What is in files."""
    import json

    end = time.thread_time() + SECONDS
    glance = _Glance(max(RECORDS // max(len(stamps), 1), 1), end)
    starts: list[int] = []
    for file, _, size in stamps:
        starts.append(len(glance.records))
        if time.thread_time() > end and glance.records:
            glance.complete = False
            break
        try:
            if op == "connectors.parquet":
                glance.table(file)
            elif op == "connectors.json" and size > BYTES:
                glance.complete = False  # nothing can be done with a part of an array
            else:
                budget = Budget(BYTES)
                arguments = {**json.loads(options), **({} if op == "connectors.text" else {"format": None})}
                glance.take(functions(op)("", **arguments, files=Files((file,), (), budget)), Path(file).name)
                glance.complete &= not budget.spent
        except Exception:  # as above; other files of a glob may be as they should
            glance.complete = False
    columns = dict.fromkeys(name for record in glance.records for name in record)
    types: Mapping[str, Type] = glance.schema or _Types(glance)
    rows = glance.count if glance.complete else None
    return Sample("", tuple(columns), tuple(glance.records), rows, types, starts=tuple(starts))


@dataclass(slots=True, repr=False, eq=False)
class _Glance:
    """What has been seen: at most `share` records of each file, until the time is over."""

    share: int
    end: float
    records: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)  # where the records stand
    count: int = 0
    complete: bool = True
    texts: bool = False
    schema: dict[str, Type] = field(default_factory=dict)
    tables: dict[str, dict[Any, None]] = field(default_factory=dict)  # the types of columns in tables

    def take(self, items: Iterable[Item], name: str) -> None:
        """Look at what a connector gives of a file."""
        taken = 0
        for item in items:
            if isinstance(item, Begin):
                self.texts |= item.texts
            elif isinstance(item, Record):
                self.records.append(item.value)
                self.places.append(f"{name}:{item.number + 1}")
                taken += 1
                if taken >= self.share or time.thread_time() > self.end:
                    self.complete = False
                    return
        self.count += taken

    def table(self, file: str) -> None:
        """Look at a table, which says itself how many rows it has, and of which types."""
        import pyarrow.parquet

        from tunec.runtime.sources.reading import Record, Table
        from tunec.runtime.sources.tables import type_of_all

        with pyarrow.parquet.ParquetFile(file) as opened:
            self.count += opened.metadata.num_rows
            for column in opened.schema_arrow:
                kinds = self.tables.setdefault(column.name, {})
                if column.type not in kinds:
                    kinds[column.type] = None
                    self.schema[column.name] = type_of_all(list(kinds))
            batch = next(opened.iter_batches(batch_size=min(ROWS, self.share)), None)
            seen = Table(0, batch).records() if batch is not None else ()
            self.records += [record.value for record in seen if isinstance(record, Record)]


class _Types(Mapping[str, Type]):
    """The types of the columns of records, each found when it is asked for."""

    def __init__(self, glance: _Glance) -> None:
        self._records, self._texts, self._complete = glance.records, glance.texts, glance.complete
        self._places = glance.places
        self._known: dict[str, Type] = {}

    def __getitem__(self, name: str) -> Type:
        if name not in self._known:
            values = [record.get(name) for record in self._records]
            if all(name not in record for record in self._records):
                raise KeyError(name)
            self._known[name] = self._type(values)
        return self._known[name]

    def _mixed(self, values: Sequence[Any]) -> Type:
        words = (f"{kind.name}{_within(kind)}, first at {self._places[kind.row]}" for kind in kinds_of(values))
        return Type("mixed", words=tuple(words))

    def _type(self, values: Sequence[Any]) -> Type:
        if self._texts:
            numbers = numbers_of(values)
            if numbers is None:
                return TEXT
            values = numbers
        shape = shape_of(values)
        if shape is None:
            return self._mixed(values)
        if shape == "none":
            return NONE if self._complete else ANY
        return _typed(shape)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for record in self._records for name in record))

    def __len__(self) -> int:
        return len(list(iter(self)))


def _within(kind: Kind) -> str:
    return f" in `{kind.field.removeprefix('.')}`" if kind.field else ""


def _typed(shape: Any) -> Type:
    if isinstance(shape, tuple):
        kind, inner = shape
        return Type("list", _typed(inner)) if kind == "list" else Type("object")
    return Type(shape) if shape != "none" else ANY


def _exchanges(node: Node, layout: RowFormat | None, seen: Sample) -> int:
    """The largest number of user turns that a row of chats has."""
    most, end = 0, time.thread_time() + SECONDS / 2
    if layout is None or node.rows not in MESSAGES:
        return most
    records: Iterable[dict[str, Any]] = seen.records
    if layout.by_file:
        parts = pairwise((*seen.starts, len(seen.records)))
        records = (joined(seen.records[start:after]) for start, after in parts if after > start)
    for record in records:
        if time.thread_time() > end:
            break
        with suppress(FormatError):
            made = layout.content(record)
            for row in made if isinstance(made, list) else [made]:
                most = max(most, sum(turn["role"] == "user" for turn in row.get("messages", row.get("prompt", ()))))
    return most


def _lacks(node: Node, layout: RowFormat | None, seen: Sample) -> tuple[str, ...]:
    """The columns for lack of which the format makes a row of none of the records; and those that a record of the spec
    names, and no record of the files has."""
    stated = node.params.get("format")
    records = [Asked(record) for record in seen.records]
    known = dict.fromkeys(seen.columns)
    lacking = {column: None for column in _needed(layout, records) if column not in known}
    if isinstance(stated, Stated) and seen.rows is not None:
        asked = {name for record in records for name in record.asked}
        values = [value if isinstance(value, tuple) else (value,) for value in stated.entries.values()]
        for name in (str(name) for named in values for name in named if name in asked):
            if not any(name in record or value_at(record, name) is not None for record in seen.records):
                lacking[name] = None
    return tuple(lacking)


def _needed(layout: RowFormat | None, records: Sequence[Asked]) -> dict[str, None]:
    """The columns that a format cannot do without and no record has, as the format itself says it."""
    found: dict[str, None] = {}
    if layout is None:
        return found
    first: tuple[Asked, str] | None = None
    for record in records:
        try:
            layout.content(record)
            return found
        except FormatError as error:
            if error.column is not None and first is None:
                first = record, error.column
    while first is not None and first[1] not in found:
        record, column = first
        found[column] = None
        try:  # had it that one, would it lack another?
            layout.content({**record, **dict.fromkeys(found, "")})
            first = None
        except FormatError as error:
            first = (record, error.column) if error.column is not None else None
    return found


def _layout(stated: Lowered, rows: RowType | None, functions: Functions) -> RowFormat | None:
    """The format that a source states, or that its row type means."""
    from tunec.runtime.engine.constants import constant

    if isinstance(stated, Call):
        layout: RowFormat = functions(stated.operator)(**{k: constant(v, _nothing) for k, v in stated.args.items()})
        return layout
    if stated is None or rows is None:
        return None
    fields = constant(stated, _nothing)
    return mapped(fields, rows.value) if fields else inline(rows)


def _nothing(reference: str) -> None:
    """A format refers to nothing."""
