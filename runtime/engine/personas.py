"""Persons who are mixed into what a generation asks: one for each unit of work, drawn by its number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tunec.runtime.base.method import Ask, Message, Prompt, Work
from tunec.runtime.text import templates

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Person:
    """A person: the id of the row, and what it says."""

    id: str
    text: str

    @property
    def words(self) -> str:
        """What a model is told of the person."""
        return templates.filled("persona", templates.language_of(self.text), {"persona": self.text})


@dataclass(frozen=True, slots=True)
class Personas:
    """Persons to draw from, and the share of the units that get one."""

    people: pl.DataFrame
    share: float

    def of(self, seed: str) -> Person | None:
        """The person of the unit with that seed, if it gets one."""
        drawn = hashlib.blake2b(f"{seed} persona".encode(), digest_size=16).digest()
        if int.from_bytes(drawn[:8], "big") >= self.share * 2**64:
            return None
        row = self.people.row(int.from_bytes(drawn[8:], "big") % self.people.height, named=True)
        return Person(str(row["id"]), row["text"].strip())


def in_mind(work: Work, person: Person) -> Work:
    """The same work, with a person put before what is asked for the rows."""
    parts = None
    try:
        ask = next(work)
        while True:
            ask = work.send((yield _with(ask, person.words)))
    except StopIteration as end:
        parts = end.value
    return [replace(part, parents=(*part.parents, person.id)) for part in parts]


def _with(ask: Ask, words: str) -> Ask:
    if not ask.persona:
        return ask
    requests = (replace(request, prompt=_before(request.prompt, words)) for request in ask.requests)
    return replace(ask, requests=tuple(requests))


def _before(prompt: Prompt, text: str) -> Prompt:
    if isinstance(prompt, str):
        return f"{text}\n\n{prompt}"
    if prompt and prompt[0].role == "system":
        return (Message("system", f"{text}\n\n{prompt[0].content}"), *prompt[1:])
    return (Message("system", text), *prompt)
