"""Whether a text ends with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import BoolExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def ends_with(text: TextExpr, suffix: str) -> BoolExpr:
    """Whether a text ends with another one; letter case counts.

    Args:
        text: where it is looked for; missing gives missing.
        suffix: what is looked for.

    Example:
        drop ends_with(response, ":")
    """
    return text.str.ends_with(suffix)
