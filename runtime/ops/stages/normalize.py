"""Cleans text in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.values import Frame, Outcome


@operator(version=2, cost="scan", row_wise=True, changes_text=True)
def normalize(
    rows: Frame,
    *,
    unicode: Literal["nfc", "nfkc", "keep"] = "nfc",
    whitespace: Literal["collapse", "strip", "keep"] = "collapse",
    turns: Literal["keep", "merge", "strict"] = "keep",
) -> Outcome:
    """Normalizes every text of the row: composed Unicode and plain white space.

    `collapse` turns line endings into `\\n`, every run of blanks inside a line into one space, and three or more line
    breaks into two; blanks at the start of a line are kept, because they carry meaning in code; both ends are stripped.

    Args:
        unicode: the normal form; `nfkc` also turns full-width and other compatibility characters into plain ones.
        whitespace: `collapse`, `strip` (only both ends), or `keep`.
        turns: what happens to chats with turns in an order that many templates cannot render: an assistant first, two
            turns of one side in a row, a system turn in the middle, an answer of a tool without its call, no turn of
            the assistant. `keep` leaves them; `merge` joins turns of one side and puts system turns at the head, and
            drops what that does not repair; `strict` drops them all.

    Example:
        normalize(unicode: nfc, whitespace: collapse)
    """
    import polars as pl

    from tunec.runtime.rows.messages import is_messages
    from tunec.runtime.text.ordering import ordered

    def clean(text: pl.Expr) -> pl.Expr:
        if unicode != "keep":
            text = text.str.normalize("NFC" if unicode == "nfc" else "NFKC")
        if whitespace == "collapse":
            text = (
                text.str.replace_all(r"\r\n?|\x{2028}|\x{2029}", "\n")
                .str.replace_all(r"[\x{a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]", " ")
                .str.replace_all(r"([^\s])[ \t]+", "$1 ")
                .str.replace_all(r"[ \t]+\n", "\n")
                .str.replace_all(r"\n{3,}", "\n\n")
            )
        return text if whitespace == "keep" else text.str.strip_chars()

    changes = []
    for name, kind in rows.schema.items():
        if name in ("id", "origin", "parents", "split", "tools") or name.startswith("meta."):
            continue
        if kind == pl.String:
            changes.append(clean(pl.col(name)))
        elif kind == pl.List(pl.String):
            changes.append(pl.col(name).list.eval(clean(pl.element())))
        elif is_messages(kind):
            texts = (clean(pl.element().struct.field(part)).alias(part) for part in ("content", "reasoning"))
            changes.append(pl.col(name).list.eval(pl.element().struct.with_fields(*texts)))
    return ordered(rows.with_columns(changes), turns)
