"""Words of specs and data in Markdown: shown as they are, never as marks, links or HTML."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[\\`*_{}\[\]()#!|~$^=]|^[-+]|^\d+[.)]")
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


def code(text: object) -> str:
    """A text as code, in a table or outside of one."""
    said = one_line(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(said)), default=0))
    space = " " if said.startswith("`") or said.endswith("`") else ""
    return f"{fence}{space}{said}{space}{fence}"
