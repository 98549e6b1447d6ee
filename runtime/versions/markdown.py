"""Words of specs and data in Markdown: shown as they are, never as marks, links or HTML."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKS = re.compile(r"[\\`*_{}\[\]()#!|~$^=]|^[-+>]|^\d+[.)]")
#: What becomes a tag, or a link by itself. A backslash would not stop the latter everywhere.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": ":&#47;&#47;", "www.": "www&#46;"}
_NAMED = re.compile("|".join(map(re.escape, _ENTITIES)))
_RUNS = re.compile("`+")
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # which some scripts cannot be written without


def one_line(text: object) -> str:
    """A text in one line, without characters that steer what shows it."""
    said = " ".join(str(text).split())
    return "".join("�" if unicodedata.category(c) in _STEERING and c not in _JOINERS else c for c in said)


def plain(text: object) -> str:
    """A text that Markdown shows as it is: a licence, a name."""
    said = _MARKS.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", one_line(text))
    return _NAMED.sub(lambda found: _ENTITIES[found[0]], said)


def prose(text: object) -> str:
    """A text of several lines, such as a description, that Markdown shows as it is, in its paragraphs."""
    return "\n".join(plain(line) for line in str(text).splitlines())


def code(text: object) -> str:
    """A text as code, in a table or outside of one."""
    said = one_line(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(said)), default=0))
    space = " " if said.startswith("`") or said.endswith("`") else ""
    return f"{fence}{space}{said}{space}{fence}"


@cache
def templates(folder: Path, digits: int = 6, *, trim: bool = True) -> Environment:
    """The Markdown templates of a folder, compiled once, with what escapes words and shows numbers.

    `digits` are those of numbers that are not whole; `trim` takes out the line that a tag leaves.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=trim,
    )
    environment.filters |= {
        "plain": plain,
        "prose": prose,
        "code": code,
        "number": lambda value: f"{value:,}" if isinstance(value, int) else f"{value:.{digits}g}",
    }
    return environment
