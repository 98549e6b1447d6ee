"""The canonical look of a text: one statement on a line, one space around operators, at most one blank line.

The tokens stay as they were written, but for what has a canonical form, and the comments where they stood; calls,
lists and records that are wider than a line are broken, one argument on a line. A block of one statement, or of
entries alone, may stay on one line where it was written so.
"""

from __future__ import annotations

from tunec.dsl.canonical import canonical
from tunec.dsl.layout import Group, Item, Part, Remark, layout
from tunec.dsl.lexer import Token
from tunec.dsl.parser import parse_tokens
from tunec.dsl.source import Source

WIDTH = 100
INDENT = 4
_CHAINS = (("OR",), ("AND",), ("PLUS", "MINUS"))
"""The operators that a long expression is broken at, the loosest first."""

_TIGHT_BEFORE = frozenset(("COMMA", "COLON", "DOT", "CALL_OPEN"))


def format_text(source: Source) -> str:
    """The canonical text; a text with mistakes comes back as it is."""
    file, tokens, diagnostics = parse_tokens(source)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return source.text
    whole = layout(source, canonical(file, tokens), file.comments)
    lines: list[str] = []
    tall_before = False
    for item in whole.items:
        text = _item(item, 0)
        tall = "\n" in text
        chunk_spaced = item.spaced or any(remark.spaced for remark in item.above)
        _above(lines, item, 0, force=(tall or tall_before) and not chunk_spaced)
        lines.append(text + _behind(item))
        tall_before = tall
    _remarks(lines, whole.last, 0)
    return "\n".join(lines) + "\n" if lines else ""


def _above(lines: list[str], item: Item, indent: int, *, force: bool = False) -> None:
    """Put down the comments above an item, and the blank lines before and between them."""
    if force and lines:
        lines.append("")
    _remarks(lines, item.above, indent)
    if item.spaced and lines:
        lines.append("")


def _remarks(lines: list[str], remarks: list[Remark], indent: int) -> None:
    for remark in remarks:
        if remark.spaced and lines:
            lines.append("")
        lines.append(" " * indent + remark.text)


def _behind(item: Item) -> str:
    return f"  {item.behind.text}" if item.behind else ""


def _item(item: Item, indent: int, room: int = 0) -> str:
    """The text of an item whose first line starts at `indent`; `room` is what has to fit behind it."""
    return _parts(item.parts, indent, indent, room)


def _parts(parts: list[Part], indent: int, column: int, room: int) -> str:
    flat = _flat(parts)
    if flat is not None and _fits(flat, column, room):
        return flat
    chunks = _chunks(parts)
    if len(chunks) > 1:
        first = _written(chunks[0], indent, column, 0)
        deeper = indent + INDENT
        return "".join([first, *(f"\n{' ' * deeper}{_written(chunk, deeper, deeper, room)}" for chunk in chunks[1:])])
    return _written(parts, indent, column, room)


def _chunks(parts: list[Part]) -> list[list[Part]]:
    """A long chain of operands, cut before its loosest operators."""
    types = [part.type if isinstance(part, Token) else "" for part in parts]
    if "IF" in types:
        return [parts]
    for operators in _CHAINS:
        cuts = [i for i in range(1, len(parts)) if types[i] in operators]
        if cuts:
            return [parts[a:b] for a, b in zip([0, *cuts], [*cuts, len(parts)], strict=True)]
    return [parts]


def _written(parts: list[Part], indent: int, column: int, room: int) -> str:
    """The parts one after another; each bracket that does not fit on the line is broken."""
    out: list[str] = []
    for index, part in enumerate(parts):
        before = parts[index - 1] if index else None
        if isinstance(part, Remark):
            text = f"  {part.text}" if not part.own_line else f"\n{' ' * (indent + INDENT)}{part.text}"
        else:
            if isinstance(before, Remark):
                gap = "\n" + " " * (indent + INDENT)
                column = indent + INDENT
            else:
                gap = " " if _gap(parts, index) else ""
                column += len(gap)
            if isinstance(part, Token):
                text = _spelling(part)
            else:
                rest = _until_group(parts, index)
                tail = room + len(rest) if index + 1 + _count(parts, index) == len(parts) else len(rest)
                flat = _flat_group(part)
                fits = flat is not None and _fits(flat, column, tail)
                text = flat if fits and flat is not None else _broken(part, indent)
            out.append(gap)
        out.append(text)
        newline = text.rfind("\n")
        column = len(text) - newline - 1 if newline >= 0 else column + len(text)
    return "".join(out)


def _count(parts: list[Part], index: int) -> int:
    """How many tokens follow before the next group."""
    count = 0
    while index + 1 + count < len(parts) and isinstance(parts[index + 1 + count], Token):
        count += 1
    return count


def _until_group(parts: list[Part], index: int) -> str:
    """What stands behind a group up to the next place where the line could be broken."""
    stop = index + 1 + _count(parts, index)
    flat = _flat(parts[index + 1 : stop]) or ""
    gap = " " if index + 1 < len(parts) and _gap(parts, index + 1) else ""
    opener = parts[stop] if stop < len(parts) else None
    return gap + flat + (" {" if isinstance(opener, Group) else "")


def _broken(group: Group, indent: int) -> str:
    """A group over several lines: one item a line."""
    deeper = indent + INDENT
    lines: list[str] = []
    for item in group.items:
        comma = "" if group.is_block or group.opener.type == "LPAR" else ","
        text = " " * deeper + _item(item, deeper, len(comma)) + comma
        if group.is_block:
            _above(lines, item, deeper)
        else:
            lines.extend(" " * deeper + remark.text for remark in item.above)
        lines.append(text + _behind(item))
    _remarks(lines, group.last, deeper)
    remark = f"  {group.remark.text}" if group.remark else ""
    return "\n".join([group.opener.text + remark, *lines, " " * indent + group.closer])


def _flat(parts: list[Part]) -> str | None:
    """The parts on one line, or None where they cannot be."""
    out: list[str] = []
    for index, part in enumerate(parts):
        text = _flat_group(part) if isinstance(part, Group) else None if isinstance(part, Remark) else _spelling(part)
        if text is None:
            return None
        out.append(f" {text}" if _gap(parts, index) else text)
    return "".join(out)


def _flat_group(group: Group) -> str | None:
    if group.remark or group.last or any(item.above or item.behind for item in group.items):
        return None
    if not group.items:
        return group.opener.text + group.closer
    if group.is_block and not (group.one_line and _may_be_one_line(group)):
        return None
    texts: list[str] = []
    for item in group.items:
        text = _flat(item.parts)
        if text is None:
            return None
        texts.append(text)
    inside = ", ".join(texts)
    return f"{{ {inside} }}" if group.is_block else f"{group.opener.text}{inside}{group.closer}"


def _may_be_one_line(block: Group) -> bool:
    items = block.items
    if any(isinstance(part, Group) and part.is_block for item in items for part in item.parts):
        return False
    return len(items) == 1 or all(_is_entry(item) for item in items)


def _is_entry(item: Item) -> bool:
    return any(isinstance(part, Token) and part.type == "COLON" for part in item.parts)


def _fits(text: str, column: int, room: int) -> bool:
    """Whether a text fits on the line; the lines inside a text between triple quotes are as they are."""
    if "\n" not in text:
        return column + len(text) + room <= WIDTH
    return column + text.index("\n") <= WIDTH and len(text) - text.rindex("\n") - 1 + room <= WIDTH


def _spelling(token: Token) -> str:
    return token.text.replace("\r\n", "\n") if token.type == "TEXT" else token.text


def _right_edge(part: Part) -> str:
    return "RPAR" if isinstance(part, Group) else part.type if isinstance(part, Token) else ""


def _gap(parts: list[Part], index: int) -> bool:
    """Whether a space stands before a part."""
    if index == 0:
        return False
    before, part = parts[index - 1], parts[index]
    left = _right_edge(before)
    right = part.opener.type if isinstance(part, Group) else part.type if isinstance(part, Token) else ""
    if right in _TIGHT_BEFORE or left in ("DOT", "SIGN"):
        return False
    if right in ("DOTS", "DOTS_TO"):
        return left not in ("NUMBER", "NAME")
    return not (left == "DOTS_TO" or (left == "DOTS" and right in ("NUMBER", "SIGN")))
