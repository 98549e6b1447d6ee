"""Whether a pattern is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, Pattern, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def matches(text: TextExpr, pattern: Pattern) -> BoolExpr:
    """Whether a regular expression matches anywhere in a text.

    Args:
        text: the text to search; a missing text gives a missing value.
        pattern: in the syntax of Rust's `regex`: linear time, no look-around; `(?i)` ignores case, `^` and `$` are the
            ends of the text.

    Example:
        drop matches(response, r"(?i)\\bas an ai\\b")
    """
    return text.str.contains(pattern, literal=False)
