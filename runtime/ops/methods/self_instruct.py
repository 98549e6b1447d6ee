"""`self_instruct(base, demonstrations: 3, mode: completion)` in a `generate` block."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.method import Method, Sampling, Unit, Work
    from tunec.runtime.values import ModelSpec

_PROMPT = "tunec.runtime.ops.methods/prompts/{style}.txt"
_WORDS = "tunec.runtime.ops.methods/word_lists/{style}.txt"


@operator(version=2, cost="model", reads=(_PROMPT, _WORDS), makes="instruction", endless=True)
def self_instruct(
    model: ModelSpec,
    *,
    demonstrations: Annotated[int, "1.."] = 8,
    style: Literal["alpaca"] = "alpaca",
    mode: Literal["chat", "completion"] = "chat",
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
    count: Annotated[int, "2.."] = 20,
) -> Method:
    """Makes new tasks by showing a model a few seed tasks and letting it continue the list.

    Args:
        model: the model that writes.
        demonstrations: the number of seed tasks shown in each request, drawn anew for each; Alpaca shows 3.
        style: `alpaca` (English, whole tasks at once).
        mode: `completion` continues raw text, which small and base models need; `chat` asks in the chat template.
        temperature: sampling temperature; by default the model's own.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own. A task that is cut off by it is dropped.
        count: the length of the list that the prompt asks for; the model gets as far as `max_tokens` allows.

    Source: Wang et al., Self-Instruct (arXiv 2212.10560); Taori et al., Stanford Alpaca; Ji et al., BELLE.

    Example:
        generate fresh from handwritten {
            self_instruct(base, demonstrations: 3, style: alpaca, mode: completion, max_tokens: 256)
            novel(instruction, rouge_l: 0.7)
            until(rows: 16, requests: 24)
        }
    """
    from tunec.runtime.models.sampling import sampling_of
    from tunec.runtime.ops.methods.styles import alpaca
    from tunec.runtime.resources import content

    if style != "alpaca":
        raise OperatorError(f"self_instruct(style: {style}) is not supported yet; `alpaca` is")
    if not 1 <= demonstrations < count:
        raise OperatorError("`demonstrations` must be at least 1, and less than `count`, the length of the list")
    sampling = sampling_of(model, temperature, top_p, max_tokens, (alpaca.stop(count + 1),))
    head = content(_PROMPT.format(style=style)).decode("utf-8")
    return SelfInstruct(model, sampling, mode == "chat", demonstrations, count, head)


@dataclass(frozen=True, slots=True)
class SelfInstruct:
    """The method; `head` is the text above the list."""

    model: ModelSpec
    sampling: Sampling
    chat: bool
    demonstrations: int
    count: int
    head: str
    most: int = 1

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The model that is asked."""
        return (self.model,)

    def units(self, seeds: int) -> int | None:
        """Without end."""
        if seeds < self.demonstrations:
            raise OperatorError(f"{self.demonstrations} demonstrations are requested, but there are only {seeds} seeds")
        return None

    def work(self, unit: Unit) -> Work:
        """One request, and the tasks in its answer."""
        from tunec.runtime.method import Ask, Message, Request
        from tunec.runtime.ops.methods.styles import alpaca

        # Which seeds are shown depends on nothing but their ids, the seed and the number.
        shown = sorted(unit.seeds.iter_rows(named=True), key=lambda row: _rank(unit.seed, row["id"]))
        shown = shown[: self.demonstrations]
        tasks = [alpaca.demonstration(number, row) for number, row in enumerate(shown, start=1)]
        first = self.demonstrations + 1
        head = self.head.replace("{count}", str(self.count))
        text = head + "\n".join([*tasks, f"###\n{alpaca.header(first)}"])
        [answer] = yield Ask(self.model, self.sampling, (Request((Message("user", text),) if self.chat else text),))
        said = answer.said
        if self.chat:
            # Asked in a chat, a model may begin with the header that the prompt ends in, which a continuation cannot.
            said = said.strip().removeprefix("###").strip().removeprefix(alpaca.header(first))
        parts = alpaca.parse(alpaca.header(first) + said, first, answer.finish == "length")
        return [replace(part, parents=tuple(str(row["id"]) for row in shown)) for part in parts]


def _rank(seed: str, row: str) -> bytes:
    return hashlib.blake2b(f"{seed} {row}".encode(), digest_size=16).digest()
