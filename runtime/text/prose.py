"""What of a text is written in a human language: without code, addresses, formulas and marks."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from tunec.runtime.text.blanks import spaced

#: Formulas, and code between marks.
_MARKED = (
    r"(?s)```.*?(?:```|\z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$]{1,300}\$|\\\[.*?\\\]|\\\(.*?\\\)|\[asy\].*?\[/asy\]|"
    r"\\begin\{[a-z*]+\}.*?(?:\\end\{[a-z*]+\}|\z)"
)
#: Tags, addresses of the web, mail, files, calls and names of variables, escapes, commands of TeX.
_OTHER = (
    r"</?[A-Za-z][^<>]{0,200}>|(?i:https?|ftp)://[!-~]+|\bwww\.[!-~]+|[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|"
    r"(?:[A-Za-z0-9_.-]*/){2,}[A-Za-z0-9_.-]*|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*\([^()\n]*\)|"
    r"[A-Za-z]+(?:_[A-Za-z0-9]+)+|\b[a-z]+[A-Z][A-Za-z0-9_]*|[@#][A-Za-z][A-Za-z0-9_]*|\\[A-Za-z]+"
)
_OTHER_HINT = r"[<@#_\\]|://|www\.|/\S*/|\w\(|[a-z][A-Z]"
#: A text without one of these has no code.
_CODE = r"[{};=<>]|\w\(|\w\[|['\"]\]|(?m)^\s*(?:#|//|import |from |def |return |SELECT )"
#: Lines that only a program has.
_LINE = re.compile(
    r"\s*(?:[{}()\[\];]|</?\w|#include|#!|import [\w.]+(?: as \w+)?;?$|from [\w.]+ import|def \w+|class \w+\s*[:({]|"
    r"@\w+|(?:public|private|protected|static|const|let|var|function|func|fn|struct|enum|package|using|namespace)\s+\w|"
    r"(?:for|while|if|elif|else if|switch|catch) ?\(.*|(?:for .+ in|if|elif|while|with|try|else|except)\b.*:$|"
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|(?:CREATE|ALTER|DROP) TABLE|FROM|WHERE|(?:GROUP|ORDER) BY)\s+[\w*(]|"
    r"[\w.\[\]\"']+ ?(?:[-+*/|&]?=|:=|=>|->|<<|>>) ?\S|return\b[^.?!]*$|print\w*\b|echo |\$ |>>> |[\w-]+ ?: ?[\w#.]+;$|"
    r"[\"'][^\"']+[\"'] ?: ?[\[{\"'\d]"
    r")"
    r"|.*[;{}]\s*$|.*\w\([^()]*\)[;:]?\s*$"
)
#: What a page does and how it looks; and the name of a tag that ends something.
_UNSEEN = re.compile(r"(?is)<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_CLOSING = re.compile(r"</([A-Za-z][\w-]*)\s*>")
#: Tags that need no end.
_ALONE = ("br", "hr", "img", "p", "li", "td", "th", "tr")
_EXPLAINED = re.compile(r'(?s)"""(?=.*"""[^"]*\S).*?"""')
_REMARK = re.compile(r"\s*(?:#|//|/\*|\*|--|<!--|\"\"\"|''')")
_WORD = re.compile(r"(?<!\S)[(\"'“‘]*[^\W\d_]+(?:['’-][^\W\d_]+)*[)\"'”’.,:;!?…]*(?!\S)")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff\uff00-\uffef]")
#: Three words, or four characters of a script in which they say as much.
_EASTERN = r"\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}"
_ENOUGH = rf"(?:[\p{{L}}--{_EASTERN}]{{2,}}\P{{L}}+){{2}}[\p{{L}}--{_EASTERN}]{{2}}|(?:[{_EASTERN}]\P{{L}}*){{4}}"
#: What is asked about, most often: `Translate "你好" into English.`
_QUOTED = r"\"[^\"\n]{1,60}\"|“[^”\n]{1,60}”|「[^」\n]{1,60}」|«[^»\n]{1,60}»|《[^》\n]{1,60}》"
#: Words that a line of prose between lines of code has at least.
_FEW = 5


def prose(texts: pl.Series) -> pl.Series:
    """Each text without what belongs to no language, and without short quotations where enough else is said; missing
    stays missing."""
    texts = _where(texts, r"[`$]|\\[\[(b]|\[asy", lambda part: part.str.replace_all(_MARKED, "\n"))
    texts = _where(texts, _CODE, lambda part: pl.Series([_without_code(text) for text in part], dtype=pl.String))
    texts = _where(texts, _QUOTED, _unquoted)
    texts = _where(texts, _OTHER_HINT, lambda part: part.str.replace_all(_OTHER, " "))
    return spaced(texts.str.replace_all(r"[^\p{L}\p{M}'’\-.,!?。，！？、\s]+", " "))


def _unquoted(texts: pl.Series) -> pl.Series:
    without = texts.str.replace_all(_QUOTED, " ")
    return pl.select(pl.when(without.str.contains(_ENOUGH)).then(without).otherwise(texts)).to_series()


def _where(texts: pl.Series, hint: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The texts with those changed in which the hint is found: most have none, and searching is quicker."""
    place = texts.str.contains(hint).fill_null(False).arg_true()
    return texts.scatter(place, change(texts.gather(place))) if len(place) else texts


def _without_code(text: str) -> str:
    """The lines of a text that are no code. Where code prevails, only what is said before and after it counts."""
    text = _without_markup(text) if "</" in text or "<br" in text else text
    lines = [line for line in _EXPLAINED.sub("\n", text).split("\n") if line.strip()]
    code = [_is_code(line) for line in lines]
    if True not in code:
        return text
    size = sum(len(line) for line, yes in zip(lines, code, strict=True) if yes)
    first, last = code.index(True), len(code) - 1 - code[::-1].index(True)
    if size * 2 >= sum(map(len, lines[first : last + 1])):
        lines = [line for line in (*lines[:first], *lines[last + 1 :]) if not _between(line)]
        return "\n".join(lines)
    return "\n".join(line for line, yes in zip(lines, code, strict=True) if not yes)


def _without_markup(text: str) -> str:
    """A text without tags around its words: `<p>…</p>`, `<answer>…</answer>`. What has no end is none: `List<int>`."""
    text = _UNSEEN.sub("\n", text)
    names = "|".join(sorted({re.escape(name) for name in (*_CLOSING.findall(text), *_ALONE)}))
    return re.sub(rf"(?i)</?(?:{names})(?:\s[^<>]{{0,500}})?/?>", " ", text)


def _is_code(line: str) -> bool:
    if _WIDE.search(line):  # written without spaces: a word is no measure
        return _LINE.match(line) is not None and len(_WIDE.findall(line)) * 3 < len(line)
    solid = len("".join(line.split()))
    worded = sum(len(match[0]) for match in _WORD.finditer(line))
    if _LINE.match(line):
        return worded * 10 < solid * 9 or len(line.split()) < _FEW
    return re.search(r"[{}=<>\[\]();_]", line) is not None and worded * 2 < solid


def _between(line: str) -> bool:
    return _REMARK.match(line) is not None or (not _WIDE.search(line) and len(_WORD.findall(line)) < _FEW)
