"""What a person should know of the chats that a format read: what it passed over, and how their turns are ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tunec.runtime.base.values import RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.rows.turn_order import departures

#: Keys of a record that change what its row means, which formats read or name.
RECORD_KEYS = frozenset((
    "history", "system", "tools", "functions", "reasoning", "reasoning_content", "thinking", "weight", "loss",
    "loss_scale", "train_on_input", "mask", "margin", "chat_template_kwargs", "parallel_tool_calls", "documents",
    "channel", "system_prompt", "system_message", "chat_history", "sample_weight", "loss_weight", "loss_mask",
    "tool_choice", "response_format",
))  # fmt: skip
#: Keys of a turn that change its meaning and have no place in a row.
TURN_KEYS = frozenset((
    "weight", "loss", "train", "loss_scale", "train_detail", "refusal", "prefix", "reasoning_details", "mask",
    "channel", "loss_weight", "loss_mask",
))  # fmt: skip


@dataclass(slots=True, repr=False, eq=False)
class Notices:
    """Counts while records are read; `notes` says it all once, after the last of them."""

    unread: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    order: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)

    def passed_over(self, name: str) -> None:
        """A key that changes the meaning of a row was not read."""
        self.unread[name] += 1

    def kept_as_text(self, what: str, count: int = 1) -> None:
        """Something that could not be taken apart is part of a text."""
        self.texts[what] += count

    def tell(self, what: str) -> None:
        """Something else that a person should know how often it was."""
        self.others[what] += 1

    def moved(self, what: str) -> None:
        """A part of a turn stands before one that it followed."""
        self.parts[what] += 1

    def record(self, record: Mapping[str, Any], read: Iterable[str]) -> None:
        """Count the keys of a record that change its meaning, but for those that the format reads."""
        if not RECORD_KEYS.isdisjoint(record):
            for key in RECORD_KEYS.intersection(record).difference(read):
                self.unread[f"`{key}`"] += is_there(record[key])

    def turn(self, turn: Mapping[str, Any], read: Iterable[str] = ()) -> None:
        """Count the keys of a turn that change its meaning, but for those that were read."""
        if not TURN_KEYS.isdisjoint(turn):
            for key in TURN_KEYS.intersection(turn).difference(read):
                self.unread[f"`{key}` of a turn"] += is_there(turn[key])

    def chat(self, messages: list[Message], answered: bool = True) -> list[Message]:
        """Count what templates cannot render of a chat, and give it back."""
        self.order.update(departures(messages, answered))
        return messages

    def notes(self) -> tuple[str, ...]:
        """What was passed over, and how many chats have turns in an order that templates may refuse."""
        found = [f"no part of a row: {name} ({count:,})" for name, count in sorted((+self.unread).items())]
        found += [f"kept as text: {what} ({count:,})" for what, count in sorted(self.texts.items())]
        found += [f"{what} ({count:,})" for what, count in sorted(self.others.items())]
        if self.parts:
            kinds = ", ".join(f"{what}: {count:,}" for what, count in sorted(self.parts.items()))
            found.append(f"the order of parts was not kept, because a turn is thoughts, text, calls ({kinds})")
        if self.order:
            kinds = ", ".join(f"{kind}: {count:,}" for kind, count in self.order.most_common())
            found.append(f"chats that many templates cannot render ({kinds}); see `normalize(turns: …)`")
        return tuple(found)


def is_there(value: Any) -> bool:
    """Whether a key says something: not missing, empty or false."""
    return value is not None and value is not False and value not in ("", [], {})


def watched(layout: RowFormat, read: Iterable[str] = ()) -> RowFormat:
    """A format that counts the keys of its records that change their meaning, but for those that it reads."""
    notices, known = Notices(), frozenset(read)

    def content(record: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        notices.record(record, known)
        return layout.content(record)

    return replace(layout, content=content, watched=RECORD_KEYS - known, notes=notices.notes)
