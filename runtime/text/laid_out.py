"""Marks that say how a text is laid out, and nothing of what it says: quoted lines, formulas, and escapes."""

from __future__ import annotations

import json
import re
from itertools import groupby

import polars as pl

from tunec.runtime.text.surrogates import well_formed

_QUOTING = re.compile(r"[^\S\n]*>(?!=)")
#: What lines begin with of which some are quoted: all else may be a number, which something is greater than.
_SAID = re.compile(r"[\s>]*(?:[^\W\d]|[\"'“*(])")
#: What Python's shell has before what is typed into it.
_PROMPT = re.compile(r"(?:^|(?<=[\s>]))>>>(?=\s)")
#: Formulas in TeX that say where they begin and end; `\\[2pt]` ends a line.
_FORMULA = re.compile(
    r"(?<!\\)\\\(((?:[^\\]|\\[^()])*?)\\\)|(?<!\\)\\\[((?:[^\\]|\\[^\[\]])*?)\\\]|(?<![\\$])\$\$([^$]+)\$\$(?!\$)"
)
_DOLLAR = re.compile(r"(?<!\\)\$")
#: What is a formula whatever stands around it: it has a mark of TeX or a relation, or no word.
_TEX = re.compile(r"[\\^_=<>]|^(?!.*[^\W\d_]{2})")
_ESCAPE = re.compile(r"(?:\\(?:u[0-9A-Fa-f]{4}|[\"\\/bfnrt]))+")
_ESCAPED = r"""["'](?s:.*)\\(?:u[0-9A-Fa-f]{4}|["\\/nrt])"""
#: How often a text may have been escaped or quoted: an answer of a tool that holds JSON is in JSON itself.
_TIMES = 3


def unmarked(texts: pl.Series) -> pl.Series:
    """Texts without the `>` with which letters and Markdown begin the lines that they quote, without the prompts of
    Python's shell, and without what TeX has around formulas: `$x$`, `$$x$$`, `\\(x\\)`, and `\\[x\\]` are `x`."""
    quoted = texts.str.contains(">", literal=True).arg_true()  # few have one, and where it stands takes longer to see
    quoted = quoted.filter(texts.gather(quoted).str.contains(r"(?m)^[^\S\n]*>|\s>>>\s"))
    if len(quoted):
        plain = [_unquoted(_PROMPT.sub(" ", text)) for text in texts.gather(quoted)]
        texts = texts.clone().scatter(quoted, pl.Series(plain, dtype=pl.String))
    set_ = texts.str.contains(r"\$(?s:.*)\$|\\[(\[]").arg_true()
    if not len(set_):
        return texts
    plain = [_without_dollars(_FORMULA.sub(_inside, text)) for text in texts.gather(set_)]
    return texts.clone().scatter(set_, pl.Series(plain, dtype=pl.String))


def _unquoted(text: str) -> str:
    """The text without the `>` of quoted lines, of lines that are quoted in those as well."""
    lines = text.split("\n")
    for _ in range(_TIMES):
        marks = [_QUOTING.match(line) for line in lines]
        plain = list[str]()
        for quoted, run in groupby(zip(lines, marks, strict=True), key=lambda line: line[1] is not None):
            rest = [line[mark.end() if mark else 0 :] for line, mark in run]
            said = quoted and any(map(_SAID.match, rest))
            plain += rest if said or not quoted else [f">{line}" for line in rest]
        if plain == lines:
            break
        lines = plain
    return "\n".join(lines)


def _inside(formula: re.Match[str]) -> str:
    return f" {formula[formula.lastindex or 0]} "


def _without_dollars(text: str) -> str:
    """The text without the dollars around formulas; those of amounts stay."""
    parts = _DOLLAR.split(text)
    said, at = [parts[0]], 1
    while at < len(parts):
        if at + 1 < len(parts) and _is_formula(said[-1], parts[at], parts[at + 1]):
            said += parts[at : at + 2]
            at += 2
        else:
            said[-1] += "$" + parts[at]
            at += 1
    return " ".join(said)


def _is_formula(before: str, inner: str, after: str) -> bool:
    """Whether two dollars are around a formula. As Pandoc reads it, they are if no blank is inside of them and no word
    outside; but `$5 and $6`, `$5 each or 6$`, `$ 5 - $ 6` and `5$, 6$` are amounts."""
    if not inner.strip() or "\n\n" in inner or after[:1].isdigit():
        return False
    words = [c.isalnum() and c.isascii() for c in (before[-1:], after[:1])]
    blanks = [inner[0].isspace(), inner[-1].isspace()]
    tex = _TEX.search(inner) is not None
    if not any(words + blanks):
        return tex or not (inner[0].isdigit() and " " in inner)
    goes_on = blanks[1] and after[:1] == " " and after[1:2].isdigit()
    return tex and not (before[-1:].isdigit() or blanks[0] != blanks[1] or goes_on)


def unescaped(texts: pl.DataFrame) -> pl.DataFrame:
    """The texts (`text`) in which quotes and escapes stand as JSON and programs write them, with the characters that
    these stand for; of what was escaped several times, each reading."""
    readings = []
    for _ in range(_TIMES):
        texts = texts.filter(pl.col("text").str.contains(_ESCAPED))
        plain = [_ESCAPE.sub(lambda escape: well_formed(json.loads(f'"{escape[0]}"')), text) for text in texts["text"]]
        texts = texts.with_columns(pl.Series("text", plain, dtype=pl.String))
        readings.append(texts)
    return pl.concat(readings)
