"""The shapes that generation, training and evaluation pass between operators and the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from tunec.runtime.values import ModelSpec, Progress

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


#: What a model reads before it goes on: a raw text to continue, or a chat to answer.
Prompt: TypeAlias = str | tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked. `parents` are the ids of the rows in it."""

    prompt: Prompt
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model answers. `temperature` 0 is greedy. `stop` texts end an answer and are not part of it."""

    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said; `finish` is `length` where `max_tokens` cut it."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Loss:
    """How unexpected a text is for a model: the negative log-likelihood of its tokens, in nats, and their number."""

    nats: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that a method read out of an answer: its content columns."""

    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part of an answer that is no row, and why (`rule`), with what was measured."""

    rule: str
    value: str
    text: str


class Method(Protocol):
    """A way to make rows with a model: writes request number `index`, and reads rows out of the answer."""

    @property
    def model(self) -> ModelSpec:
        """The model that is asked."""

    @property
    def sampling(self) -> Sampling:
        """How it answers."""

    def request(self, index: int, seeds: pl.DataFrame, seed: int) -> Request:
        """The request of that number; the same arguments give the same request."""

    def parse(self, answer: Answer) -> list[Draft | Rejection]:
        """The rows in an answer, in order, and what had to be rejected."""


class LanguageModel(Protocol):
    """A loaded model that answers a fixed batch; the batch and the seed determine the answers."""

    def answer(self, requests: Sequence[Request], sampling: Sampling, seed: int) -> list[Answer]:
        """One answer a request, in order."""

    def fits(self, request: Request, sampling: Sampling) -> bool:
        """Whether the request and an answer as long as `sampling` allows fit into what the model can look at."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A training row that the trainer would drop or cut: its number in the given rows, why, and the measure."""

    row: int
    rule: str
    value: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of a training: rows left out, the log (one record a logged step, without times), and the totals."""

    left_out: tuple[LeftOut, ...]
    log: tuple[dict[str, Any], ...]
    summary: dict[str, Any]


class Adapter(Protocol):
    """Which weights are trained: gives a PEFT configuration, or None where all of them are."""

    def peft_config(self) -> Any:
        """The configuration for `peft`, or None for full fine-tuning."""


class Objective(Protocol):
    """What is minimised: trains `base` on `rows` and writes a loadable model or adapter into the empty folder `out`."""

    def train(
        self,
        base: ModelSpec,
        rows: pl.DataFrame,
        adapter: Adapter,
        out: Path,
        work: Path,
        seed: int,
        progress: Progress,
    ) -> Trained:
        """Train. `work` keeps checkpoints from which an interrupted training goes on."""


#: One measure of an `evaluate` block, ready to be taken of a model: gives its numbers.
Measure: TypeAlias = Callable[[ModelSpec], dict[str, Any]]
