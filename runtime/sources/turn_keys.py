"""What a format record calls the parts of a turn, `role: "by"` and `user: "driver"`, against the turns of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunec.compiler.lowered import Record as Stated
from tunec.compiler.sample import Unseen
from tunec.runtime.sources.records import value_at

#: The columns of turns, and the sides, which are columns where no role is stated and else what the role may be.
_KEYS, _SIDES = ("role", "content", "reasoning"), ("user", "assistant")


def unseen_in_turns(stated: Stated, records: Sequence[Mapping[str, Any]], *, whole: bool) -> tuple[Unseen, ...]:
    """The words of a format record that no turn of the records has, with what they have. Of files that were not seen as
    a `whole`, only what every chat needs."""
    entries = {name: value for name, value in stated.entries.items() if isinstance(value, str)}
    column = entries.get("messages")
    turns = [turn for record in records for turn in _turns(record, column)] if column else []
    if not turns:
        return ()
    keys = dict.fromkeys(key for turn in turns for key in turn)
    named = _KEYS if "role" in entries else (*_KEYS, *_SIDES)
    needed = [name for name in named if name in entries and (whole or name in ("role", "content"))]
    absent = [Unseen(entries[name], tuple(keys)) for name in needed if not _has(turns, entries[name])]
    role = entries.get("role")
    if role in keys and whole:
        roles = dict.fromkeys(str(turn[role]) for turn in turns if role in turn)
        stated_sides = [entries[side] for side in _SIDES if side in entries]
        said = {name.lower() for name in roles}
        absent += [Unseen(side, tuple(roles), role) for side in stated_sides if side.lower() not in said]
    return tuple(absent)


def _has(turns: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(value_at(dict(turn), name) is not None or name in turn for turn in turns)


def _turns(record: Mapping[str, Any], column: str) -> Iterator[Mapping[str, Any]]:
    """The turns of a chat that are objects: of a list, or of an object whose keys are numbered."""
    value = value_at(dict(record), column)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from (turn for turn in items if isinstance(turn, dict))
