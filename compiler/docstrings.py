"""The parts of a docstring: what is said, and the sections below it."""

from __future__ import annotations

import re
from textwrap import dedent

_SECTION = re.compile(r"^(Args|Example|Instead|Raises):\n((?:    .*\n|\n)+)", re.MULTILINE)
_ARGUMENT = re.compile(r"^(\w+): (.*(?:\n +.*)*)", re.MULTILINE)


def body(doc: str) -> str:
    """A docstring without its sections."""
    return re.sub(r"\n{3,}", "\n\n", _SECTION.sub("", doc + "\n").strip())


def sections(doc: str) -> dict[str, str]:
    """The sections of a docstring by their heads, such as `Example`."""
    return {name: dedent(text).strip() + "\n" for name, text in _SECTION.findall(doc + "\n")}


def arguments(doc: str) -> dict[str, str]:
    """What a docstring says of each argument, in the lines that it stands in."""
    found = _ARGUMENT.findall(sections(doc).get("Args", ""))
    return {name: re.sub(r"\n +", "\n", text) for name, text in found}
