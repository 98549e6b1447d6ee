"""How the turns of a user are marked for models of known families, where only a server knows the model's template."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.server import is_served

#: Stands for what a user says, where a template is asked for what it puts around that.
_MARK = "\u2063turn\u2063"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a model reads before a user speaks, and what stands where the user has spoken."""

    before: str
    end: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Family:
    ids: re.Pattern[str]
    system: str
    user: str
    end: str


#: The first whose pattern an id holds. A server puts the mark of a text's beginning there itself.
_FAMILIES = (
    _Family(
        re.compile(r"llama[-_]?3", re.IGNORECASE),
        "<|start_header_id|>system<|end_header_id|>\n\n{system}<|eot_id|>",
        "<|start_header_id|>user<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    _Family(re.compile(r"gemma", re.IGNORECASE), "", "<start_of_turn>user\n", "<end_of_turn>"),
    _Family(
        re.compile(r"phi-?4(?!-mini)", re.IGNORECASE),
        "<|im_start|>system<|im_sep|>{system}<|im_end|>",
        "<|im_start|>user<|im_sep|>",
        "<|im_end|>",
    ),
    _Family(re.compile(r"phi-?[34]", re.IGNORECASE), "<|system|>\n{system}<|end|>\n", "<|user|>\n", "<|end|>"),
    _Family(re.compile(r"mi[sx]tral", re.IGNORECASE), "", "[INST]", "[/INST]"),
    _Family(
        re.compile(r"qwen|smollm|hermes|internlm|chatml", re.IGNORECASE),
        "<|im_start|>system\n{system}<|im_end|>\n",
        "<|im_start|>user\n",
        "<|im_end|>",
    ),
)


def opening_of(model: ModelSpec, system: str, stated: str | None) -> Opening:
    """What a model reads before a user speaks: as `stated`, else as its template has it, else as its family does.
    Raises OperatorError where that is not known."""
    if stated is not None:
        if system:
            raise OperatorError("an `opening` that is stated has no place for a system text or a person")
        return Opening(stated, ())
    if not is_served(model):
        return _of_template(model, system)
    why = unknown_opening(model.id, system)
    if why is not None:
        raise OperatorError(why)
    family = next(f for f in _FAMILIES if f.ids.search(model.id))
    return Opening((family.system.replace("{system}", system) if system else "") + family.user, (family.end,))


def unknown_opening(id: str, system: str) -> str | None:
    """Why it is not known what a model of that id, behind a server, reads before a user speaks; None where it is."""
    family = next((f for f in _FAMILIES if f.ids.search(id)), None)
    if family is None:
        return (
            f"how `{id}` marks the turn of a user is not known: state it as `opening`, as the model's chat "
            'template has it, such as "<|im_start|>user\\n"'
        )
    if system and not family.system:
        return f"models of the family of `{id}` have no system text"
    return None


def _of_template(model: ModelSpec, system: str) -> Opening:
    from tunec.runtime.base.method import Message
    from tunec.runtime.models.chat import render
    from tunec.runtime.models.local import load

    tokenizer = load(model, quick=True).tokenizer
    head = (Message("system", system),) if system else ()
    before, mark, after = render(tokenizer, (*head, Message("user", _MARK))).partition(_MARK)
    if not mark:
        raise OperatorError(f"the chat template of `{model.id}` does not write what a user says as it is")
    # Where the tokenizer itself puts the mark of a beginning before a text, there would be two.
    begin = tokenizer.bos_token
    if begin and tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]:
        before = before.removeprefix(begin)
    end = after.strip().split("\n")[0]
    return Opening(before, (end,) if end else ())
