"""`# tunec: allow T305 because "…"`: problems that somebody has looked at and decided to live with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tunec.compiler.graph import Accepted
from tunec.compiler.names import suggestion
from tunec.dsl.codes import Code
from tunec.dsl.diagnostics import Diagnostic, Edit, Fix, has_errors
from tunec.dsl.record import record
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import Comment, File

_FORM = re.compile(r'#+\s*tunec:\s*(?P<verb>\S*)\s*(?P<codes>[\w,\s-]*?)\s*(?:because\b\s*(?P<reason>"[^"]*"|.*))?$')
_EXAMPLE = '# tunec: allow T305 because "…"'


@record
class Allowance:
    """One comment: the codes it allows, and the line that it speaks of."""

    codes: tuple[str, ...]
    file: str
    line: int
    span: Span
    own_line: bool
    reason: str


def apply(
    found: Iterable[Diagnostic],
    files: Mapping[str, File],
    sources: Mapping[str, Source],
    codes: Mapping[str, Code],
    rules: frozenset[str],
) -> tuple[list[Diagnostic], list[Accepted]]:
    """The diagnostics that no comment allows with what is wrong with the comments, and what comments allow.

    Only what `rules` name and warnings may be allowed. Comments of imported files that allow nothing here are left
    alone: they may well allow something elsewhere. So are all where there are errors: rules say nothing of what has
    one, so that what a comment allows may be hidden by it.
    """
    found = list(found)
    allowances: list[Allowance] = []
    out: list[Diagnostic] = []
    for name, file in files.items():
        comments = [c for c in file.comments if re.match(r"#+\s*tunec:", c.text)]
        following = _following(sources[name]) if comments else []
        for comment in comments:
            read = _read(comment, sources[name], following, codes, rules)
            if isinstance(read, Allowance):
                allowances.append(read)
            else:
                out.append(read)
    accepted: list[Accepted] = []
    used: set[tuple[Span, str]] = set()
    by_line: dict[tuple[str, int], list[Allowance]] = {}
    for allowance in allowances:
        by_line.setdefault((allowance.file, allowance.line), []).append(allowance)
    for diagnostic in found:
        allowed = [a for a in _here(diagnostic, by_line, sources) if diagnostic.code in a.codes]
        if allowed and (diagnostic.code in rules or diagnostic.severity == "warning"):
            used |= {(a.span, diagnostic.code) for a in allowed}
            accepted.append(Accepted(diagnostic.code, diagnostic.message, allowed[0].reason))
        else:
            out.append(diagnostic)
    main = next(iter(files), "")
    for allowance in allowances if not has_errors(found) else ():
        if allowance.file == main:
            unused = [code for code in allowance.codes if (allowance.span, code) not in used]
            out += [_unused(allowance, code, sources[main]) for code in unused]
    return out, accepted


def _here(
    diagnostic: Diagnostic, by_line: Mapping[tuple[str, int], list[Allowance]], sources: Mapping[str, Source]
) -> Iterable[Allowance]:
    source = sources.get(diagnostic.span.file)
    if source is None or not by_line:
        return ()
    return by_line.get((source.name, source.position(diagnostic.span.start)[0]), ())


def _read(
    comment: Comment, source: Source, following: list[int], codes: Mapping[str, Code], rules: frozenset[str]
) -> Allowance | Diagnostic:
    """What a comment says, or what is wrong with it."""
    form = _FORM.match(comment.text)
    if form is None or form["verb"] != "allow" or not form["codes"].strip():
        return Diagnostic("T398", "invalid suppression", comment.span, help=f"write `{_EXAMPLE}`")
    named = tuple(form["codes"].replace(",", " ").split())
    by_name = {code.name: key for key, code in codes.items()}
    for name in named:
        key = by_name.get(name, name)
        if key not in codes:
            at = comment.span.start + comment.text.index(name)
            help_, fixes = suggestion(name, [*codes, *by_name], Span(source.name, at, at + len(name)))
            return Diagnostic("T398", f"unknown diagnostic `{name}`", comment.span, help=help_, fixes=fixes)
        if key not in rules and codes[key].severity == "error":
            message = f"`{key}` ({codes[key].name}) is an error of the language and cannot be suppressed"
            return Diagnostic("T398", message, comment.span)
    reason = form["reason"] or ""
    if not (reason.startswith('"') and reason.strip('" ')):
        message = f"this suppression of {', '.join(named)} gives no reason"
        return Diagnostic("T398", message, comment.span, help=f'write `# tunec: allow {named[0]} because "…"`')
    line = source.position(comment.span.start)[0]
    if comment.own_line:
        line = following[line]
    keys = tuple(by_name.get(n, n) for n in named)
    return Allowance(keys, source.name, line, comment.span, comment.own_line, reason.strip('" '))


def _following(source: Source) -> list[int]:
    """For every line, counted from one, the next line below it with something on it that is no comment."""
    last = len(source.line_starts)
    found = [last] * (last + 1)
    for number in range(last - 1, 0, -1):
        below = source.line(number + 1).strip()
        found[number] = number + 1 if below and not below.startswith("#") else found[number + 1]
    return found


def _unused(allowance: Allowance, code: str, source: Source) -> Diagnostic:
    fixes: tuple[Fix, ...] = ()
    if len(allowance.codes) == 1:
        fixes = (Fix("remove the comment", (Edit(_whole(allowance, source), ""),)),)
    message = f"unused suppression: line {allowance.line} has no {code}"
    return Diagnostic("T399", message, allowance.span, fixes=fixes)


def _whole(allowance: Allowance, source: Source) -> Span:
    """The comment with the blanks before it, and with its line where it has one of its own."""
    start, end = allowance.span.start, allowance.span.end
    while start and source.text[start - 1] in " \t":
        start -= 1
    if allowance.own_line and source.text[end : end + 1] == "\n":
        end += 1
    return Span(allowance.span.file, start, end)
