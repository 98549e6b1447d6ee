"""Finds what fits a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.values import Field, Pattern
    from tunec.runtime.text.masking import Search

#: Put around what fits; Unicode reserves them for the inside of programs.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"


@operator(version=2, cost="scan", row_wise=True)
def matches(field: Field, pattern: Pattern) -> Search:
    """Finds every match of a regular expression in a field, for `mask` to replace.

    Args:
        field: the field to search; in a chat every turn is searched, as for the finder `pii`.
        pattern: in the syntax of Rust's `regex`, as for the function `matches`; a match is replaced by `[MATCH]` unless
            `mask` is given another word.

    Example:
        mask(matches(response, r"ACME-[0-9]+"), with: "[TICKET]")
    """
    from tunec.runtime.text.masking import Search

    return Search(field, lambda texts: _places(texts, pattern))


def _places(texts: pl.Series, pattern: str) -> pl.DataFrame:
    import polars as pl

    # A text has none of these; if one has, each is another character, so that places stay where they are.
    texts = texts.str.replace_many([_OPEN, _CLOSE], ["\ufffd"] * 2)
    try:
        marked = texts.str.replace_all(f"(?:{pattern})", f"{_OPEN}${{0}}{_CLOSE}")
    except pl.exceptions.ComputeError as error:
        raise OperatorError(f"`{pattern}` is not a valid regular expression: {error}") from error
    lines = []
    hit = marked.str.contains(_OPEN, literal=True).fill_null(False).arg_true()
    for number, text in zip(hit.to_list(), marked.gather(hit).to_list(), strict=True):
        before, *parts = text.split(_OPEN)
        end = len(before)
        for part in parts:
            inside, _, after = part.partition(_CLOSE)
            if inside:
                lines.append((number, end, end + len(inside), "match"))
            end += len(inside) + len(after)
    schema = {"text": pl.Int64, "start": pl.Int64, "end": pl.Int64, "kind": pl.String}
    return pl.DataFrame(lines, schema=schema, orient="row")
