"""The one door to the terminal: what data, names and files say is shown, and never steers it.

Control characters and the marks that turn the direction of text around are written as escapes. Only colours that
`style` put in pass: they carry a mark that no data can know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import click

_MARK = f"\x1b{os.urandom(8).hex()}"
#: Control characters but for line feed and tab; line and paragraph separators; half surrogates; marks that embed,
#: override or isolate the direction of text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def visible(text: str) -> str:
    """The text with everything that could steer a terminal written as an escape, such as `\\x1b`."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def style(text: str, **attributes: Any) -> str:
    """The text in a colour, or bold, for `echo`."""
    return click.style(visible(text), **attributes).replace("\x1b", _MARK)


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text for a person."""
    click.echo("\x1b".join(map(visible, str(text).split(_MARK))), err=err, nl=nl)


def emit(text: str) -> None:
    """Print a document as it is: a spec, or JSON that escapes by itself."""
    click.echo(text, nl=False)


def echo_json(
    value: Any, *, indent: int | None = 1, sort: bool = True, default: Callable[[Any], Any] | None = None
) -> None:
    """Print one JSON document for a script: the same values, with what could steer a terminal as JSON's own escapes."""
    import json

    text = json.dumps(value, indent=indent, sort_keys=sort, ensure_ascii=False, default=default)
    click.echo(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
