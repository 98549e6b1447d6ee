"""A spec with all that it imports: one table of names over all files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tunec.compiler.elaborate.long_names import too_long
from tunec.compiler.files import read_bounded
from tunec.compiler.reach import beyond, is_allowed
from tunec.dsl.diagnostics import Diagnostic, Edit, Fix, Label
from tunec.dsl.parser import parse
from tunec.dsl.record import record
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import Declared, File, Import, Spec

Reader = Callable[[Path], str]

#: How much text a file of a spec holds at most, how many files it imports, under any name, and how deep.
MOST_BYTES, MOST_IMPORTS, DEEPEST = 1 << 24, 200, 40


@dataclass(repr=False, eq=False)
class Program:
    """All files of a spec.

    `declared` holds every declaration under the name that the main file sees it by; `scopes` maps each file to the
    prefix of its names, `folders` to its folder, relative to the main file's.
    """

    main: Path
    sources: dict[str, Source] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    declared: dict[str, Declared] = field(default_factory=dict)
    spec: Spec | None = None
    imported: list[Path] = field(default_factory=list)
    lost: list[str | None] = field(default_factory=list)  # aliases of imports that could not be read, None for none
    diagnostics: list[Diagnostic] = field(default_factory=list)
    longest: int = 1  # of how many words the name of a declaration consists at most
    asked: dict[tuple[str, str], str | None] | None = None  # where somebody notes what names were asked for

    def resolve(self, name: str, file: str) -> str | None:
        """The full name of what a file calls `name`, or None."""
        inside = self.scopes.get(file, "") + name
        meant = inside if inside in self.declared else None
        if self.asked is not None:
            self.asked[name, file] = meant
        return meant

    def owners(self, parts: tuple[str, ...], file: str) -> Iterator[str]:
        """The full names of the declarations that a dotted name of a file means or starts with, the longest first:
        `chat` of `chat.validation`."""
        for cut in range(min(len(parts), self.longest), 0, -1):
            name = self.resolve(".".join(parts[:cut]), file)
            if name is not None:
                yield name


def read_text(path: Path) -> str:
    """The text of a spec file. A byte order mark is dropped."""
    return read_bounded(path, MOST_BYTES).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def load(path: Path, text: str | None = None, reader: Reader = read_text) -> Program:
    """Read a spec and its imports; raises OSError or UnicodeDecodeError only for the main file itself."""
    program = Program(path)
    _load(program, _Import(path, str(path)), text if text is not None else reader(path), reader)
    return program


@record
class _Import:
    """A file as it is imported: its `name` in messages, the `scope` of its declarations, its folder relative to the
    main file's, and the files that import it, from the main file on."""

    path: Path
    name: str
    scope: str = ""
    folder: str = "."
    chain: tuple[Path, ...] = ()


def _load(program: Program, origin: _Import, text: str, reader: Reader) -> None:
    source = Source(origin.name, text)
    file, problems = parse(source)
    program.sources[origin.name] = source
    program.files[origin.name] = file
    program.folders[origin.name] = origin.folder
    program.scopes[origin.name] = origin.scope
    program.diagnostics += problems
    for index, item in enumerate(file.declarations):
        if isinstance(item, Spec):
            _declare_spec(program, item, index, is_main=not origin.chain)
        elif isinstance(item, Import):
            _import(program, item, origin, reader)
        else:
            _declare(program, item, origin.scope + item.name)


def _declare_spec(program: Program, spec: Spec, index: int, *, is_main: bool) -> None:
    if not is_main:
        return  # an imported file may be a spec of its own; here only its declarations count
    if program.spec is not None:
        first = Label(program.spec.name_span, "first declared here")
        program.diagnostics.append(
            Diagnostic("T102", "only one `spec` is allowed in a file", spec.span, labels=(first,))
        )
    elif index:
        program.diagnostics.append(Diagnostic("T109", "`spec` must come first in the file", spec.span))
    program.spec = program.spec or spec


def _declare(program: Program, item: Declared, name: str) -> None:
    found = too_long("a declaration", item.name)
    if found is not None:
        program.diagnostics.append(Diagnostic("T211", found[0], item.name_span, help=found[1]))
    other = program.declared.get(name)
    if other is None:
        program.declared[name] = item
        program.longest = max(program.longest, name.count(".") + 1)
        return
    message = f"`{name}` is declared twice"
    label = Label(other.name_span, "first declared here")
    program.diagnostics.append(Diagnostic("T102", message, item.name_span, "declared again", (label,)))


def _import(program: Program, item: Import, origin: _Import, reader: Reader) -> None:
    chain = origin.chain
    if "\0" in item.path:  # no system has such a path, and Python's functions raise for it
        message = "cannot import a path that contains the character U+0000"
        program.diagnostics.append(Diagnostic("T107", message, item.span))
        return
    target = origin.path.parent / item.path
    identity, here = Path(os.path.realpath(target)), Path(os.path.realpath(origin.path))
    if identity == here or identity in chain:
        before = chain[chain.index(identity) :] if identity in chain else ()
        cycle = [*before, here, identity]
        route = " → ".join(p.name for p in cycle)
        program.diagnostics.append(Diagnostic("T106", f"circular import: {route}", item.span))
        return
    name = posixpath.normpath(posixpath.join(posixpath.dirname(origin.name.replace("\\", "/")), item.path))
    scope = origin.scope + (f"{item.alias}." if item.alias else "")
    if name in program.files and program.scopes[name] == scope:
        return  # the same file by two ways: its declarations are here already
    refusal = _refusal(program, target, len(chain))
    try:
        text = "" if refusal else reader(target)
    except (OSError, ValueError) as error:
        refusal = getattr(error, "strerror", None) or str(error)
    if refusal:
        program.diagnostics.append(_cannot(item, origin, refusal))
        program.lost.append(item.alias)
        return
    below = posixpath.normpath(posixpath.join(origin.folder, posixpath.dirname(item.path)))
    _load(program, _Import(target, name, scope, below, (*chain, here)), text, reader)


def _cannot(item: Import, origin: _Import, refusal: str) -> Diagnostic:
    """What to say of an import that cannot be read, with the file that was probably meant."""
    message = f"cannot import `{item.path}`: {refusal}"
    folder = origin.path.parent
    if "://" in item.path or os.path.lexists(folder / item.path) or (not is_allowed() and beyond(item.path, folder)):
        return Diagnostic("T107", message, item.span)
    from tunec.compiler.nearby import missing_part

    part = missing_part(item.path, folder)
    message = f"cannot import `{item.path}`: {part.said}"
    if part.near is None or item.path_span is None:
        return Diagnostic("T107", message, item.span)
    fix = Fix(f"replace with `{part.near}`", (Edit(item.path_span, part.near),), safe=False)
    return Diagnostic("T107", message, item.span, help=f"did you mean `{part.near}`?", fixes=(fix,))


def _refusal(program: Program, target: Path, depth: int) -> str:
    """Why a file is not imported, whatever is in it; empty where it is."""
    if len(program.imported) >= MOST_IMPORTS or depth >= DEEPEST:
        return f"a spec has at most {MOST_IMPORTS} imports, {DEEPEST} deep"
    program.imported.append(target)
    found = None if is_allowed() else beyond(os.path.relpath(target, program.main.parent), program.main.parent)
    if found is not None:
        return f"it {found}; if you trust this spec, set TUNEC_ALLOW_OUTSIDE=1 in your environment"
    return ""


def names_visible(program: Program, file: str) -> Mapping[str, Span]:
    """The names that may stand in a file, as it would write them, with the places of their declarations."""
    prefix = program.scopes.get(file, "")
    return {n.removeprefix(prefix): d.name_span for n, d in program.declared.items() if n.startswith(prefix)}
