"""Transcripts in which a human and an assistant take turns (Anthropic's HH)."""

from __future__ import annotations

import re

from tunec.runtime.base.values import FormatError
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.notices import Notices

_NAME = r"(Human|Assistant): ?"
_BREAK = r"(?:\r\n|\r(?!\n)|\n)"
#: Where a turn begins: after a blank line, as in HH, or on a line of its own.
_TURN = re.compile(rf"{_BREAK}[ \t]*{_BREAK}{_NAME}")
_LINE = re.compile(rf"{_BREAK}{_NAME}")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def is_transcript(text: object) -> bool:
    """Whether a text begins like a transcript."""
    return isinstance(text, str) and re.match(r"\s*(Human|Assistant): ", text) is not None


def turns_of(text: str, column: str, notices: Notices) -> list[Message]:
    """The turns of `\\n\\nHuman: … \\n\\nAssistant: …`. A turn that nothing is said in is left out at the end only.

    Where only one side would speak, and its turns have lines that begin with `Human:` or `Assistant:`, those lines
    begin turns too. Elsewhere such a line is part of its turn, and counted. Raises FormatError.
    """
    whole = "\n\n" + text.lstrip()
    found = _parted(_TURN, whole, column)
    lines = sum(len(_LINE.findall(turn["content"])) for turn in found)
    if lines and len({turn["role"] for turn in found}) == 1:
        notices.tell("transcripts whose turns have no blank lines between them, read line by line")
        found = _parted(_LINE, whole, column)
    elif lines:
        notices.kept_as_text("a line within a turn that begins with `Human:` or `Assistant:`", lines)
    while found and not found[-1]["content"]:
        found.pop()
    if not found:
        raise FormatError(f"nothing is said in `{column}`")
    return found


def _parted(marks: re.Pattern[str], text: str, column: str) -> list[Message]:
    parts = marks.split(text)
    if parts[0].strip() or len(parts) < 3:
        raise FormatError(f"`{column}` is not a transcript: it does not begin with `Human:` or `Assistant:`")
    return [{"role": _ROLES[who], "content": said.strip()} for who, said in zip(parts[1::2], parts[2::2], strict=True)]


def written(turns: list[dict[str, str]]) -> str:
    """Turns as a prompt: one of the human alone as it is, several as a transcript."""
    if len(turns) == 1 and turns[0]["role"] == "user":
        return turns[0]["content"]
    names = {role: name for name, role in _ROLES.items()}
    return "\n\n".join(f"{names[turn['role']]}: {turn['content']}" for turn in turns)
