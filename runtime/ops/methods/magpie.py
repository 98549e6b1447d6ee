"""`magpie(teacher)` in a `generate` block: a model writes what its users ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import Given, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec

_CONTROL = re.compile(r"<\|[^|<>]*\|>|<(?:start|end)_of_turn>|\[/?INST\]")


def _conflicts(given: Given) -> tuple[str, str] | None:
    from tunec.runtime.models.families import unknown_opening

    model, stated = given["model"], given["opening"]
    if stated is not None and given["system"]:
        return "opening", "an `opening` that is stated has no place for a `system` text: put it into the opening"
    why = unknown_opening(str(model.params["id"]), given["system"]) if _is_served(model) and stated is None else None
    return None if why is None else ("model", why)


def _is_served(model: Any) -> bool:
    return model is not None and model.op == "models.openai"


@operator(
    version=1,
    cost="model",
    makes="instruction",
    endless=True,
    conflicts=_conflicts,
    asks=lambda given: 2,
)
def magpie(
    model: ModelSpec,
    *,
    system: str = "",
    opening: str | None = None,
    lines: bool = False,
    temperature: Annotated[float, "0..2"] = 1.0,
    top_p: Annotated[float, "0<..1"] = 1.0,
    answer_temperature: Annotated[float, "0..2"] = 0.0,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Shows a model that was trained on chats the beginning of a turn of a user, lets it write the turn, and answer it.

    No seed is shown, so any rows may be named as seeds; `novel` compares with them. A turn is dropped where it has no
    words, ends with a colon or was cut, or where marks of turns stand in it.

    What stands before a turn of a user is read from the chat template of a model that runs here. Behind a server,
    which must have `/completions`, it is known for the Llama 3, Qwen, SmolLM, Hermes, InternLM, Phi, Gemma and Mistral
    families by the model's id; of other models `opening` states it.

    Args:
        model: the model, which has to be one that was trained on chats.
        system: a system text, which steers what is asked; it is not part of the rows.
        opening: the text that stands before a turn of a user, where it is not known.
        lines: let turns go over several lines; Magpie ends them at the first.
        temperature: sampling temperature of the turns of the user.
        top_p: sample from the likeliest tokens that together have this probability.
        answer_temperature: sampling temperature of the answers; Magpie takes the likeliest tokens.
        max_tokens: the longest turn and the longest answer; by default the model's own.

    Source: Xu et al., Magpie (arXiv 2406.08464).

    Example:
        generate fresh from tasks {
            magpie(base, max_tokens: 128)
            novel(instruction, rouge_l: 0.7)
            until(rows: 100, requests: 400)
        }
    """
    from tunec.runtime.models.families import opening_of
    from tunec.runtime.models.sampling import sampling_of

    stop = (*opening_of(model, system, opening).end, *(() if lines else ("\n",)))
    asking = sampling_of(model, temperature, top_p, max_tokens, stop)
    answering = sampling_of(model, answer_temperature, 1.0, max_tokens)
    return Magpie(model, opening, system, asking, answering)


@dataclass(frozen=True, slots=True)
class Magpie:
    """The method; `opening` is what the model reads before it writes as a user, where that is stated."""

    model: ModelSpec
    opening: str | None
    system: str
    asking: Sampling
    answering: Sampling
    most: int = 2
    reads_accepted: bool = False

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The model that asks and answers."""
        return (self.model,)

    def units(self, seeds: int) -> int | None:
        """Without end."""
        return None

    def work(self, unit: Unit) -> Work:
        """A turn of the user, and an answer to it."""
        from tunec.runtime.base.method import Ask, Draft, Message, Rejection, Request
        from tunec.runtime.models.families import opening_of

        # A person has a place of its own here: what stands above the opening would be no part of the chat.
        steer = "\n\n".join(text for text in (unit.persona, self.system) if text)
        before = opening_of(self.model, steer, self.opening).before
        # The same is asked each time: the number tells one sample from another.
        [answer] = yield Ask(self.model, self.asking, (Request(before, sample=unit.number),), persona=False)
        instruction = templates.unwrapped(answer.said)
        if answer.finish == "length":
            return [Rejection("complete", "cut at max_tokens", instruction)]
        control = _CONTROL.search(instruction)
        if not re.search(r"\w", instruction) or control or instruction.endswith((":", "：")):
            rule = "no marks of turns" if control else "an instruction"
            return [Rejection(rule, control[0] if control else instruction[-1:] or "nothing", instruction)]
        head = (Message("system", self.system),) if self.system else ()
        asked = (*head, Message("user", instruction))
        [answer] = yield Ask(self.model, self.answering, (Request(asked),), persona=False)
        text = answer.said.strip()
        if answer.finish == "length" or not text:
            return [Rejection("complete", "cut at max_tokens" if text else "an empty answer", instruction)]
        return [Draft({"instruction": instruction, "input": "", "response": text, "system": ""})]
