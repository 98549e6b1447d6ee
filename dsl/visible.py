"""Texts of data, names and files as a terminal may show them: what could steer it is written as an escape."""

from __future__ import annotations

import re
import sys

#: Control characters but for line feed and tab; line and paragraph separators; half surrogates; marks that embed,
#: override or isolate the direction of text.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def visible(text: str) -> str:
    """The text with everything that could steer a terminal written as an escape, such as `\\x1b`."""
    return text if text.isascii() and text.isprintable() else STEERING.sub(_escaped, text)


def visible_json(document: str) -> str:
    """The same of JSON, which stays the same JSON."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def say(message: str) -> None:
    """Tell a person, where nobody else does."""
    print(f"tunec: {visible(message)}", file=sys.stderr)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
