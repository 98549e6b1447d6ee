"""The one door to the terminal: what data, names and files say is shown, and never steers it.

Control characters and the marks that turn the direction of text around are written as escapes. Only colours that
`style` put in pass: they carry a mark that no data can know.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from tunec.dsl.visible import visible, visible_json

_MARK = f"\x1b{os.urandom(8).hex()}"


def style(text: str, **attributes: Any) -> str:
    """The text in a colour, or bold, for `echo`."""
    return click.style(visible(text), **attributes).replace("\x1b", _MARK) if coloured() else visible(text)


def coloured() -> bool:
    """Whether people want colours, and have a terminal that knows them."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text for a person."""
    click.echo("\x1b".join(map(visible, str(text).split(_MARK))), err=err, nl=nl)


def emit(text: str) -> None:
    """Print a document as it is, for a file or a program: a spec, or JSON. A terminal is not steered by it."""
    click.echo(visible(text) if sys.stdout.isatty() else text, nl=False)


def echo_json(
    value: Any, *, indent: int | None = 1, sort: bool = True, default: Callable[[Any], Any] | None = None
) -> None:
    """Print one JSON document for a script: the same values, with what could steer a terminal as JSON's own escapes."""
    import json

    text = json.dumps(value, indent=indent, sort_keys=sort, ensure_ascii=False, default=default)
    click.echo(visible_json(text))


def dollars(amount: float) -> str:
    """An amount of money, to hundredths of a cent."""
    return f"${amount:,.4f}"
