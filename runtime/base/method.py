"""The shapes that generation, training and evaluation pass between operators and the engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from tunec.runtime.base.values import ModelSpec, Progress

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
    """What a model is asked. `schema` is the JSON schema of the answer as text, empty where any text will do; `sample`
    is the number of the answer, where the same is asked several times."""

    prompt: Prompt
    schema: str = ""
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model answers. `temperature` 0 is greedy. `stop` texts end an answer and are not part of it."""

    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()


class NoAnswer(Exception):
    """A model gave no usable answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said; `finish` is `length` where `max_tokens` cut it, and `failed` where there is no usable answer,
    for the `reason` given. `reasoning` is what a server tells of the thoughts before the answer. Of the prompt's tokens
    `cached_tokens` cost less, of the completion's `reasoning_tokens` are not in the text."""

    text: str
    finish: Literal["stop", "length", "failed"]
    prompt_tokens: int
    completion_tokens: int
    reasoning: str = ""
    reason: str = ""
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def said(self) -> str:
        """The text. Raises NoAnswer where there is none."""
        if self.finish == "failed":
            raise NoAnswer(self.reason)
        return self.text


#: The fields of an answer that count tokens.
TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")


@dataclass(frozen=True, slots=True)
class Loss:
    """How unexpected a text is for a model: the negative log-likelihood of its tokens, in nats, and their number."""

    nats: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """The loss of a text, and the ranks of its tokens among all that might have stood there, summed."""

    loss: Loss
    ranks: int


#: How often something was the case while a row was made, and how often it might have been, by what it is. They are
#: added up over a generation, and told in the summary, the manifest and the report.
Shares: TypeAlias = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that a method made: its content columns, the ids of the rows that it was made from, and other columns, as
    far as the method's operator says that it adds them."""

    fields: dict[str, Any]
    parents: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    shares: Shares = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that is no row, and why (`rule`), with what was measured."""

    rule: str
    value: str
    text: str
    parents: tuple[str, ...] = ()
    shares: Shares = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a generation's work. `seeds` are all rows that it starts from, `seed` is for its random choices: it
    follows from the spec's seed, the method, its arguments and the number of the unit. `accepted` are rows that the
    generation had made some units before, for a method that asks for them. `persona` is what a model is
    told of the person that the unit has in mind, for a method that has a place of its own for it."""

    number: int
    seeds: pl.DataFrame
    seed: str
    accepted: pl.DataFrame | None = None
    persona: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """The seed row of this number."""
        return self.seeds.row(self.number, named=True)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a method asks of one model at once. `persona`: a person may be put before it, where the generation has some;
    not before a judgement, which should be nobody's in particular."""

    model: ModelSpec
    sampling: Sampling
    requests: tuple[Request, ...]
    persona: bool = True


#: The work on a unit: asks, is given an answer to each request, in order, asks again, and returns what it made.
Work: TypeAlias = Generator[Ask, list[Answer], "list[Draft | Rejection]"]


class Method(Protocol):
    """A way to make rows with models."""

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models that are asked, the one that writes first."""

    @property
    def most(self) -> int:
        """The most requests that a unit makes."""

    @property
    def reads_accepted(self) -> bool:
        """Whether units are given rows that were accepted before them."""

    def units(self, seeds: int) -> int | None:
        """How many units there are for so many seed rows; None where the work has no end of its own."""

    def work(self, unit: Unit) -> Work:
        """The work on a unit; the same unit and answers give the same rows."""


@dataclass(frozen=True, slots=True)
class EachRow:
    """A method that does the same with each seed row: `work_on` is a generator as `Method.work` is."""

    models: tuple[ModelSpec, ...]
    most: int
    work_on: Callable[[Unit], Work]
    reads_accepted: bool = False

    def units(self, seeds: int) -> int | None:
        """One for each row."""
        return seeds

    def work(self, unit: Unit) -> Work:
        """The work on a row. A question without a usable answer ends it, where the method does not go on without."""
        try:
            return (yield from self.work_on(unit))
        except NoAnswer as error:
            return [Rejection("answer", str(error), "", (str(unit.row["id"]),))]


class LanguageModel(Protocol):
    """A loaded model that answers a fixed batch; the batch and the seed determine the answers."""

    def answer(self, requests: Sequence[Request], sampling: Sampling, seed: int) -> list[Answer]:
        """One answer a request, in order."""

    def fits(self, request: Request, sampling: Sampling) -> bool:
        """Whether the request and an answer as long as `sampling` allows fit into what the model can look at."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A training row that cannot be trained on as it is: its number in the given rows, why, and the measure; the check
    of the proof that it fails, and the tokens that it would have had."""

    row: int
    rule: str
    value: str
    threshold: str
    check: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of a training: rows left out, the log (one record a logged step, without times), and the totals; and
    the first rows of it, as many as a batch holds: their tokens as texts, each with whether it is trained."""

    left_out: tuple[LeftOut, ...]
    log: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
    batch: tuple[tuple[tuple[str, bool], ...], ...] = ()


class Adapter(Protocol):
    """Which weights are trained: gives a PEFT configuration, or None where all of them are."""

    def peft_config(self) -> Any:
        """The configuration for `peft`, or None for full fine-tuning."""

    def quantization(self) -> Any:
        """How transformers packs the weights that are not trained, or None where they stay as they are."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training that is to be run: of `base` on `rows`, with what is looked at meanwhile (`watched`, None without).

    The result goes into the empty folder `out`; `work` keeps checkpoints, from which an interrupted training goes on.
    """

    base: ModelSpec
    rows: pl.DataFrame
    adapter: Adapter
    out: Path
    work: Path
    seed: int
    progress: Progress
    watched: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows as a trainer takes them, one record a row that can be trained on, with the tokens of each (`lengths`) and
    how many of all are trained (`trained`); and the rows that cannot."""

    records: tuple[dict[str, Any], ...]
    lengths: tuple[int, ...]
    trained: int
    failed: tuple[LeftOut, ...]


class Objective(Protocol):
    """What is minimised: trains a model on rows and writes a loadable model or adapter."""

    @property
    def settings(self) -> Any:
        """How long, how fast, in how large steps (`tunec.runtime.tuning.training.settings`)."""

    def prepare(self, tokenizer: Any, rows: pl.DataFrame, stops: frozenset[str]) -> Prepared:
        """The rows as the trainer will take them, checked. `stops` are the tokens that generation stops at."""

    def train(self, job: Job) -> Trained:
        """Train. OperatorError where the rows cannot be trained on."""


class Merging(Protocol):
    """A way to make one model of several, whole weights and tokenizer."""

    def merge(self, models: Sequence[ModelSpec], out: Path, work: Path, seed: int) -> Merged:
        """Write the model that `models` make into the folder `out`; `work` holds what is made on the way."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge tells: notes for a person, and the configuration that mergekit ran, with the models as `model-1`,
    `model-2`, … in the order in which the spec names them; None where mergekit did not run."""

    notes: tuple[str, ...]
    configuration: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a measure finds of one model.

    `numbers` holds all that was measured. Models are compared by the one of them that `compared` names, whose 95 %
    interval is `low`..`high` in `numbers`. It is the sum of the first numbers of `items` over the sum of the second,
    an item each by its id, so that two models are compared on the items that both have. `lower`: less is better.
    """

    numbers: dict[str, Any]
    compared: str
    items: dict[str, tuple[float, float]]
    lower: bool = False


#: One measure of an `evaluate` block, ready to be taken of a model.
Measure: TypeAlias = Callable[[ModelSpec], Reading]
