"""`self_instruct(base, demonstrations: 3, mode: completion)` in a `generate` block."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import OperatorError, operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.method import Answer, Draft, Method, Rejection, Request, Sampling
    from tunec.runtime.values import ModelSpec

_PROMPT = "tunec.runtime.ops.methods/prompts/{style}.txt"
_WORDS = "tunec.runtime.ops.methods/word_lists/{style}.txt"


@operator(version=2, cost="model", reads=(_PROMPT, _WORDS))
def self_instruct(
    model: ModelSpec,
    *,
    demonstrations: int = 8,
    style: Literal["alpaca", "belle", "self_instruct"] = "alpaca",
    mode: Literal["chat", "completion"] = "chat",
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
    count: int = 20,
) -> Method:
    """Makes new tasks by showing a model a few seed tasks and letting it continue the list.

    Args:
        model: the model that writes.
        demonstrations: the number of seed tasks shown in each request, drawn anew for each; Alpaca shows 3.
        style: `alpaca` (English, whole tasks at once), `belle` (Chinese), `self_instruct` (the steps of the paper).
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
    from tunec.runtime.method import Sampling
    from tunec.runtime.ops.methods.styles import alpaca
    from tunec.runtime.resources import content

    if style != "alpaca":
        raise OperatorError(f"self_instruct(style: {style}) is not supported yet; `alpaca` is")
    if not 1 <= demonstrations < count:
        raise OperatorError("`demonstrations` must be at least 1, and less than `count`, the length of the list")
    sampling = Sampling(
        temperature=float(model.option("temperature", 0.7) if temperature is None else temperature),
        top_p=float(model.option("top_p", 1.0) if top_p is None else top_p),
        max_tokens=int(model.option("max_tokens", 512) if max_tokens is None else max_tokens),
        stop=(alpaca.stop(count + 1),),
    )
    if sampling.temperature < 0 or not 0 < sampling.top_p <= 1 or sampling.max_tokens < 1:
        raise OperatorError("`temperature` must be 0 or more, `top_p` above 0 and at most 1, `max_tokens` at least 1")
    head = content(_PROMPT.format(style=style)).decode("utf-8")
    return SelfInstruct(model, sampling, mode == "chat", demonstrations, count, head)


@dataclass(frozen=True, slots=True)
class SelfInstruct:
    """The method; `head` is the text above the list. `repr` therefore names all that its requests depend on."""

    model: ModelSpec
    sampling: Sampling
    chat: bool
    demonstrations: int
    count: int
    head: str

    def request(self, index: int, seeds: pl.DataFrame, seed: int) -> Request:
        """Request number `index`: which seeds it shows depends on nothing but their ids, the seed and the number."""
        from tunec.runtime.method import Message, Request
        from tunec.runtime.ops.methods.styles import alpaca

        if seeds.height < self.demonstrations:
            raise OperatorError(
                f"{self.demonstrations} demonstrations are requested, but there are only {seeds.height} seeds"
            )
        shown = sorted(seeds.iter_rows(named=True), key=lambda row: _rank(seed, index, row["id"]))[
            : self.demonstrations
        ]
        tasks = [alpaca.demonstration(number, row) for number, row in enumerate(shown, start=1)]
        head = self.head.replace("{count}", str(self.count))
        text = head + "\n".join([*tasks, f"###\n{alpaca.header(self.demonstrations + 1)}"])
        parents = tuple(str(row["id"]) for row in shown)
        return Request((Message("user", text),) if self.chat else text, parents)

    def parse(self, answer: Answer) -> list[Draft | Rejection]:
        """The tasks in an answer, and what had to be rejected."""
        from tunec.runtime.ops.methods.styles import alpaca

        first = self.demonstrations + 1
        text = answer.text
        if self.chat:
            # Asked in a chat, a model may begin with the header that the prompt ends in, which a continuation cannot.
            text = text.strip().removeprefix("###").strip().removeprefix(alpaca.header(first))
        return alpaca.parse(alpaca.header(first) + text, first, answer.finish == "length")


def _rank(seed: int, index: int, row: str) -> bytes:
    return hashlib.blake2b(f"{seed} {index} {row}".encode(), digest_size=16).digest()
