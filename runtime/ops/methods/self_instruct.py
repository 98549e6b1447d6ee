"""`self_instruct(base, demonstrations: 3, mode: completion)` in a `generate` block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.dsl.record import record
from tunec.runtime.base.operator import Given, OperatorError, operator, refuse
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Draft, Method, Unit, Work
    from tunec.runtime.base.values import ModelSpec
    from tunec.runtime.ops.methods.styles.listing import Shown, Steps, Style

_PROMPT = "tunec.runtime.ops.methods/prompts/{style}.txt"
_WORDS = "tunec.runtime.ops.methods/word_lists/{style}.txt"
_STAGES = ("{style}_instructions", "{style}_classification", "{style}_input_first", "{style}_output_first")


def _conflicts(given: Given) -> tuple[str, str] | None:
    shown, machine = given["demonstrations"], given["machine"]
    if not 1 <= shown < given["count"]:
        why = "`demonstrations` must be at least 1, and less than `count`, the length of the list"
        return "demonstrations", f"{why}: {given['count']}"
    if machine is not None and machine >= shown:
        return "machine", f"`machine` must be less than `demonstrations`, {shown}: some of them are seeds"
    if given["style"] != "paper" and given["instances"] != 1:
        return "instances", "`instances` belongs to `style: paper`; in the other styles a task has one"
    return None


def _asks(given: Given) -> int:
    return 1 + 2 * (int(given["count"]) - int(given["demonstrations"])) if given["style"] == "paper" else 1


@operator(
    version=4, cost="model", reads=(_PROMPT, _WORDS, *templates.files(*_STAGES)), makes="instruction", endless=True,
    conflicts=_conflicts, asks=_asks,
)  # fmt: skip
def self_instruct(
    model: ModelSpec,
    *,
    demonstrations: Annotated[int, "1.."] = 8,
    style: Literal["alpaca", "paper", "belle"] = "alpaca",
    mode: Literal["chat", "completion"] = "chat",
    machine: Annotated[int, "0.."] | None = None,
    instances: Annotated[int, "1..5"] = 1,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
    count: Annotated[int, "2.."] = 20,
) -> Method:
    """Makes new tasks by showing a model a few seed tasks and letting it continue the list.

    Three styles are known. `alpaca` asks for whole tasks in English, `belle` for whole tasks in Chinese. `paper` asks
    in steps, in the language of the tasks that are shown: for instructions, for each whether it is a classification,
    and for instances of it, with the label first for a classification and the input first for anything else.

    Args:
        model: the model that writes.
        demonstrations: the number of tasks shown in each request, drawn anew for each; Alpaca and BELLE show 3, the
            paper 8.
        style: `alpaca`, `paper` or `belle`.
        mode: `completion` continues raw text, which small and base models need; `chat` asks in the chat template.
        machine: how many of the demonstrations are rows that this generation has accepted before, as soon as there are
            so many; by default 2 in the style `paper`, and none in the others.
        instances: how many instances of an instruction are kept at most, in the style `paper`, which itself keeps 5.
            They are rows with the same instruction, of which `novel(instruction)` keeps the first.
        temperature: sampling temperature; by default the model's own. Classifications and instances take 0.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own. A task that is cut off by it is dropped.
        count: the length of the list that the prompt asks for; the model gets as far as `max_tokens` allows. BELLE
            asks for 10 tasks, the paper for 16.

    Source: Wang et al., Self-Instruct (arXiv 2212.10560); Taori et al., Stanford Alpaca; Ji et al., BELLE.

    Example:
        generate fresh from handwritten {
            self_instruct(base, demonstrations: 3, style: alpaca, mode: completion, max_tokens: 256)
            novel(instruction, rouge_l: 0.7)
            until(rows: 16, requests: 24)
        }
    """
    from tunec.runtime.models.sampling import sampling_of
    from tunec.runtime.ops.methods.styles import alpaca, belle, paper
    from tunec.runtime.ops.methods.styles.listing import Listing, whole_tasks

    given = {"demonstrations": demonstrations, "count": count, "machine": machine, "style": style}
    refuse(_conflicts({**given, "instances": instances}))
    machine = (2 if style == "paper" and demonstrations > 2 else 0) if machine is None else machine
    sampling, chat = sampling_of(model, temperature, top_p, max_tokens), mode == "chat"
    if style == "paper":
        steps = partial(paper.steps, Listing(model, sampling, chat, count), instances)
        return SelfInstruct(model, demonstrations, machine, _asks(given), steps)
    module: Style = alpaca if style == "alpaca" else belle
    listing = Listing(model, replace(sampling, stop=(module.stop(count + 1),)), chat, count)
    steps = partial(whole_tasks, listing, module, _PROMPT.format(style=style))
    return SelfInstruct(model, demonstrations, machine, 1, steps)


@record
class SelfInstruct:
    """The method: `steps` asks for tasks that follow those that are shown."""

    model: ModelSpec
    demonstrations: int
    machine: int
    most: int
    steps: Callable[[Shown], Steps]

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The model that is asked."""
        return (self.model,)

    @property
    def reads_accepted(self) -> bool:
        """Whether it shows what it has made before."""
        return self.machine > 0

    def units(self, seeds: int) -> int | None:
        """Without end."""
        if seeds < self.demonstrations:
            raise OperatorError(f"{self.demonstrations} demonstrations are requested, but there are only {seeds} seeds")
        return None

    def work(self, unit: Unit) -> Work:
        """The tasks that follow some others."""
        from tunec.runtime.base.method import NoAnswer, Rejection

        # Which tasks are shown depends on nothing but their ids, the seed and the number.
        accepted = () if unit.accepted is None else unit.accepted.iter_rows(named=True)
        made = sorted(accepted, key=lambda row: _rank(unit.seed, row["id"]))[: self.machine]
        seeds = sorted(unit.seeds.iter_rows(named=True), key=lambda row: _rank(unit.seed, row["id"]))
        shown = [*made, *seeds[: self.demonstrations - len(made)]]
        shown.sort(key=lambda row: _rank(unit.seed, row["id"]))
        parts: list[Draft | Rejection]
        try:
            parts = yield from self.steps(shown)
        except NoAnswer as error:
            parts = [Rejection("answer", str(error), "")]
        return [replace(part, parents=tuple(str(row["id"]) for row in shown)) for part in parts]


def _rank(seed: str, row: str) -> bytes:
    import hashlib

    return hashlib.blake2b(f"{seed} {row}".encode(), digest_size=16).digest()
