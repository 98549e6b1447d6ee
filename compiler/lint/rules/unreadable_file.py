"""A file that its connector cannot read, by what its first bytes are.

The first bytes of every local file are looked at: a JSON array behind `jsonl`, a Parquet file behind anything but
`parquet`, an Arrow file or an archive, a folder, nothing at all. A build would stop there. What is packed by
gzip, Zstandard or bzip2 is unpacked, whatever the file is called.

Source: the pages of the connectors, in `tunec ops connectors`.

Example:
    source tasks = jsonl("array.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = json("array.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from tunec.compiler.contents import ending_in, first_kind, in_words, instead_of, kind_of, reader_of
from tunec.compiler.lint.paths import is_ours, place_of_path
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View
from tunec.compiler.patterns import is_pattern, named_by
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span

CODE = "T338"
SEVERITY = "error"
#: How many files of a source are looked at.
_MOST = 50


def check(view: View) -> Iterator[Finding]:
    """The files of all sources, against what reads them."""
    for source in view.declared("source", "seeds", "benchmark"):
        node = view.nodes[source.entity.node]
        connector = node.op.split(".")[-1]
        ours = {p: _files(p, view.folder) for p in node.paths if "://" not in p and is_ours(p, view.folder)}
        found = ((path, first_kind(files, connector)) for path, files in ours.items())
        bad = next(((path, kind) for path, kind in found if kind is not None), None)
        if bad is not None:
            yield _finding(source, connector, bad[0], *bad[1])
        elif _nothing(node.paths, ours):
            where, _ = place_of_path(source, node.paths[0])
            several = len(node.paths) > 1 or is_pattern(node.paths[0])
            named = ", ".join(f"`{path}`" for path in node.paths)
            yield Finding(f"all files of {named} are empty" if several else f"{named} is empty", where)


def _nothing(paths: Sequence[str], ours: Mapping[str, Sequence[Path]]) -> bool:
    """Whether all files that some paths name are there, and none of them holds anything."""
    if not paths or len(ours) < len(paths) or not all(0 < len(files) < _MOST for files in ours.values()):
        return False
    return all(kind_of(file) == "empty" for files in ours.values() for file in files)


def _files(path: str, folder: Path) -> list[Path]:
    """The first of the files that a path names."""
    try:
        if (folder / path).exists():
            return [folder / path]
        return list(islice(named_by(path, folder), _MOST)) if is_pattern(path) else []
    except (OSError, ValueError):
        return []  # what cannot be told is left to the build


def _finding(source: Declared, used: str, path: str, file: Path, kind: str) -> Finding:
    where, exact = place_of_path(source, path)
    name = f"`{path}`" if not is_pattern(path) else f"`{file.name}` of `{path}`"
    if kind == "folder":
        meant = f"{path.rstrip('/')}/*{ending_in(file)}"
        fix = Fix(
            f"read its files with `{meant}`", (Edit(Span(where.file, where.start + 1, where.end - 1), meant),), False
        )
        help_ = f"to read the files in it, write `{meant}`"
        return Finding(f"{name} is a folder", where, help=help_, fixes=(fix,) if exact else ())
    if kind == "empty":
        return Finding(f"{name} is empty", where)
    message = f"`{used}` cannot read {name}: it is {in_words(kind)}"
    reader = reader_of(kind)
    if reader is not None and source.call is not None and not is_pattern(path):
        change = Fix(f"read it with `{reader}`", (Edit(source.call.name_span, reader),), safe=False)
        return Finding(message, source.call.name_span, help=f"`{reader}` reads it", fixes=(change,))
    return Finding(message, where, help=instead_of(kind))
