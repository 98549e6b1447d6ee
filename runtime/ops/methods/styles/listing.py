"""How a model is asked to go on with a list of tasks."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from tunec.runtime.base.method import Answer, Ask, Draft, Message, Rejection, Request, Sampling
from tunec.runtime.base.resources import content
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.text import templates

#: Tasks that are shown, as rows of seeds or of what was made before.
Shown: TypeAlias = Sequence[Mapping[str, Any]]
#: Asks, is given answers, and returns the tasks that it found.
Steps: TypeAlias = Generator[Ask, list[Answer], list[Draft | Rejection]]


@dataclass(frozen=True, slots=True)
class Listing:
    """Whom to ask, in a chat or for a continuation, and how long the list is to be."""

    model: ModelSpec
    sampling: Sampling
    chat: bool
    count: int

    def ask(self, texts: Sequence[str], sampling: Sampling | None = None, persona: bool = True) -> Ask:
        """Texts to continue."""
        requests = (Request((Message("user", text),) if self.chat else text) for text in texts)
        return Ask(self.model, sampling or self.sampling, tuple(requests), persona)


class Style(Protocol):
    """How whole tasks are written and read, in a numbered list."""

    def header(self, number: int) -> str:
        """How a task of the list begins."""

    def demonstration(self, number: int, seed: Mapping[str, str | None]) -> str:
        """A task as an item of the list."""

    def stop(self, number: int) -> str:
        """What a model writes when it goes beyond the list."""

    def begun(self, text: str, first: int) -> tuple[int, str]:
        """The number of the first task of an answer in a chat, if it states one, else `first`; and what follows its
        header, if it has one."""

    def parse(self, text: str, first: int, truncated: bool) -> list[Draft | Rejection]:
        """The tasks of an answer that continues the list at number `first`."""


def whole_tasks(listing: Listing, style: Style, prompt: str, shown: Shown) -> Steps:
    """Whole tasks in one request; the file `prompt` holds what stands above the list."""
    first = len(shown) + 1
    tasks = [style.demonstration(number, row) for number, row in enumerate(shown, start=1)]
    head = content(prompt).decode("utf-8").replace("{count}", str(listing.count))
    [answer] = yield listing.ask([head + "\n".join([*tasks, f"###\n{style.header(first)}"])])
    said = answer.said
    if listing.chat:
        # In a chat a model may think aloud, put the list into a fence, and begin with the header that the prompt ends
        # in, or with number 1 again. A continuation does none of that.
        first, said = style.begun(templates.unwrapped(said), first)
    return style.parse(style.header(first) + said, first, answer.finish == "length")
