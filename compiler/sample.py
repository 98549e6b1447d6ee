"""What a short look into the files of a source or a model has seen. The reader's own code looks (`Catalogue.look`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from tunec.compiler.types import Type
from tunec.dsl.record import record

_LONGEST = 60


def listed(names: Sequence[str]) -> str:
    """The first names of many, for a message. Names of columns come from data and may be of any length."""
    first = (name if len(name) <= _LONGEST else name[:_LONGEST] + "…" for name in names[:12])
    return ", ".join(f"`{name}`" for name in first) + (", …" if len(names) > 12 else "")


@record
class Unseen:
    """A word of a format that no turn of the chats has: a key of them, or what is in their key `role`, where that is
    given. `others` are the keys, or the roles, that they do have."""

    name: str
    others: tuple[str, ...]
    role: str | None = None


@record
class Sample:
    """The first records of each file of a source.

    `path` is what the spec calls the files; `rows` is the number of records, where all were read; `columns` are the
    names that occur, in the order of their first appearance, with their `types`, as far as they were seen; `lacks` are
    the columns without which the format makes a row of none of the records; `unseen` are the words for the parts of a
    turn that no turn has; `exchanges` is the largest number of user
    turns that a row has, as far as was seen; `starts` says at which of the records each file begins.
    """

    path: str
    columns: tuple[str, ...]
    records: tuple[dict[str, object], ...]
    rows: int | None
    types: Mapping[str, Type] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    exchanges: int = 0
    starts: tuple[int, ...] = ()

    @property
    def saw(self) -> str:
        """The columns in words, for a message."""
        return f"`{self.path}` has {listed(self.columns)}"


@record
class ModelSeen:
    """The settings of a model, as its files say them.

    `context` is the number of tokens that it can look at, `width` that of the numbers in which it knows one; `weights`
    are the names of its weights, as far as they are at hand. `template` says whether it has a chat template, where that
    is known; `breaks` is what a template that is known to break rows does, in a sentence, with the `remedy`, to rows
    that have all of what `hurts` names: `reasoning`, `system`, `tools`, `turns` (more than one of the user).
    """

    context: int | None
    template: bool | None = None
    breaks: str = ""
    remedy: str = ""
    hurts: tuple[str, ...] = ()
    width: int | None = None
    weights: tuple[str, ...] = ()
