"""Comma-separated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Character, Files, Path
    from tunec.runtime.base.values import RowFormat as Format
    from tunec.runtime.sources.reading import Item


@operator(version=5, cost="scan", neutral=("license", "on_error"), source="files")
def csv(
    path: Path,
    *,
    format: Format,
    separator: Character = ",",
    quoting: Literal["double"] | None = "double",
    types: Literal["infer", "text"] = "infer",
    license: str = "",
    limit: Annotated[int, "1.."] | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    files: Files,
) -> Iterator[Item]:
    """Reads a table with a header line; `.gz`, `.zst` and `.bz2` are unpacked.

    Fields in double quotes may contain separators, line breaks, and doubled quotes. A quote that is opened but not
    closed properly swallows the lines after it: all of them count as bad records, and the first names the line where
    the quote opens. If quotes are ordinary characters, as in many files of tab-separated values, write `quoting: none`.
    A record that repeats the header of several columns, as in files that were joined, is a bad one too.

    What a format reads is text. The other columns that a spec reads, `meta.NAME`, are numbers if all their values are
    numbers, an empty field then being a missing value; `types: text` keeps all of them as text.

    Args:
        path: the file, or a glob, relative to the spec; or a URL such as `s3://bucket/a.csv`.
        format: how a record becomes a row.
        separator: the character between two fields, such as `";"` or `"\\t"`.
        quoting: `double`, or `none` if a quote is an ordinary character.
        types: `infer`, or `text`.
        license: the licence of the data, as an SPDX identifier.
        limit: read at most this many records.
        on_error: `stop` if too many records are bad, or `skip` however many there are.

    Example:
        benchmark truth = csv("TruthfulQA.csv", format: {question: "Question", answer: "Best Answer"})
    """
    import io

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.sources.bounds import lines_within
    from tunec.runtime.sources.delimited import BadTable, records_of
    from tunec.runtime.sources.reading import Begin, opened

    number = 0
    for name in files.paths:
        yield Begin(number, texts=types == "infer")
        with opened(name, files.budget) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
            try:
                number = yield from records_of(lines_within(text, name), separator, quoting is not None, number)
            except BadTable as error:
                raise OperatorError(f"{name}:{error}") from error
