"""Halves of characters: code points that UTF-16 pairs up, and that no file can hold alone.

JSON may write any of them (`"\\ud83d"`), and servers do where they cut an answer inside of a character.
"""

from __future__ import annotations

from typing import Any


def well_formed(text: str) -> str:
    """The text with halves that belong together as one character, and U+FFFD for those that stand alone."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def well_formed_json(value: Any) -> Any:
    """A JSON value whose texts are well-formed, names included."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [well_formed_json(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(name): well_formed_json(item) for name, item in value.items()}
    return value
