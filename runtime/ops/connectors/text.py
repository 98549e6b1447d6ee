"""Documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Files, Path
    from tunec.runtime.sources.reading import Item


@operator(
    version=4,
    cost="scan",
    neutral=("license", "on_error"),
    rows=("text",),
    source="files",
    only={"size": ("by", "chars")},
)
def text(
    path: Path,
    *,
    by: Literal["file", "paragraph", "chars"] = "file",
    size: Annotated[int, "1.."] = 2000,
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads plain text, Markdown or HTML documents as text rows; `.gz`, `.zst` and `.bz2` are unpacked.

    From HTML the text is extracted, one paragraph per block; everything else is read as it is. `meta.file` is the name
    of the file, `meta.part` the number of the piece within it.

    Args:
        path: the file, or a glob, relative to the spec; or a URL such as `s3://bucket/a.md`.
        by: one row per `file`, per `paragraph` (separated by blank lines), or per piece of `chars`.
        size: only with `by: chars`: the maximum number of characters in a piece; a piece ends with a paragraph, a line,
            a sentence or a word if possible.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many rows.
        on_error: `stop` if too many documents are bad, or `skip` however many there are.

    Example:
        source manual = text("docs/**/*.md", by: chars, size: 2k, license: "MIT")
    """
    from pathlib import PurePath

    from tunec.compiler.contents import PACKED
    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.sources.reading import Begin, Record, Unreadable, bytes_of, decoded, shown
    from tunec.runtime.text.documents import paragraphs, pieces, plain

    if by == "chars" and size < 1:
        raise OperatorError("text: `size` must be at least 1")
    number = 0
    for name, data in bytes_of(files):
        yield Begin(number)
        whole, bad = decoded(data)
        file = PurePath(name)
        if bad:
            yield Unreadable(number, "not UTF-8", shown(whole))
            number += 1
            continue
        kind = PurePath(file.stem).suffix if file.suffix in PACKED else file.suffix
        if kind.lower() in (".html", ".htm", ".xhtml"):
            whole = plain(whole)
        if by == "file":
            parts = [whole.strip()] if whole.strip() else []
        else:
            parts = paragraphs(whole) if by == "paragraph" else pieces(whole, size)
        for part, piece in enumerate(parts):
            yield Record(number, {"text": piece, "file": file.name, "part": part})
            number += 1
