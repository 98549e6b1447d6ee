"""Transcripts in which a human and an assistant take turns (Anthropic's HH)."""

from __future__ import annotations

import re

from tunec.runtime.base.values import FormatError

_TURN = re.compile(r"\n\n(Human|Assistant): ?")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def is_transcript(text: object) -> bool:
    """Whether a text begins like a transcript."""
    return isinstance(text, str) and re.match(r"\s*(Human|Assistant): ", text) is not None


def turns_of(text: str, column: str) -> list[dict[str, str]]:
    """The turns of `\\n\\nHuman: … \\n\\nAssistant: …`. A turn that nothing is said in is left out at the end only."""
    parts = _TURN.split(text if text.startswith("\n\n") else "\n\n" + text.lstrip())
    if parts[0].strip() or len(parts) < 3:
        raise FormatError(f"`{column}` is not a transcript: it does not begin with `Human:` or `Assistant:`")
    found = [{"role": _ROLES[who], "content": said.strip()} for who, said in zip(parts[1::2], parts[2::2], strict=True)]
    while found and not found[-1]["content"]:
        found.pop()
    if not found:
        raise FormatError(f"nothing is said in `{column}`")
    return found


def written(turns: list[dict[str, str]]) -> str:
    """Turns as a prompt: one of the human alone as it is, several as a transcript."""
    if len(turns) == 1 and turns[0]["role"] == "user":
        return turns[0]["content"]
    names = {role: name for name, role in _ROLES.items()}
    return "\n\n".join(f"{names[turn['role']]}: {turn['content']}" for turn in turns)
