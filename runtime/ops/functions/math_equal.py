"""Whether an answer to a mathematical question is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import BoolColumn, TextColumn


@operator(version=2, cost="scan", row_wise=True, packages=("math-verify", "latex2sympy2_extended", "sympy"))
def math_equal(text: TextColumn, answer: TextColumn, *, ctx: Context) -> BoolColumn:
    r"""Whether the final answer of a text has the same value as that of another.

    The final answer is what is boxed (`\boxed{…}`), else what stands after `####`, else what is said to be the answer
    ("the answer is", "Answer:", "答案是", "故选"), else the text itself where it is an expression, or the number that
    its last sentence has alone or ends with (a word may follow as its unit). Thoughts in `<think>` are passed over;
    units, currencies and separators of thousands do not count. Numbers are compared exactly (`0.5`, `1/2`,
    `\frac{1}{2}`, `50%`), choices by their letter, and everything else (`(x+1)^2`, `2\sqrt{2}`, `\{1, 2\}`) by
    math-verify, which takes the extra `math`.

    A text without a final answer gives false. A missing value is given where the reference has none, and, counted with
    the reason, where a comparison cannot be made or takes more than ten seconds.

    Args:
        text: the text that is judged.
        answer: the reference: a value, or a worked solution that ends with one.

    Example:
        verify { keep math_equal(response, meta.answer) }
    """
    from collections import Counter

    import polars as pl

    from tunec.runtime.text.final_answers import final_answer
    from tunec.runtime.text.mathematics import Unreadable, equal

    reasons: Counter[str] = Counter()

    def verdict(said: str | None, reference: str | None) -> bool | None:
        wanted = final_answer(reference) if reference is not None else None
        if said is None or wanted is None:
            reasons["the reference is not a mathematical expression"] += reference is not None and wanted is None
            return None
        found = final_answer(said)
        try:
            return found is not None and equal(found, wanted)
        except Unreadable as error:
            reasons[str(error)] += 1
            return None

    verdicts = [verdict(said, reference) for said, reference in zip(text, answer, strict=True)]
    for reason, rows in reasons.items():
        ctx.missing(f"`math_equal` has no value: {reason}", rows)
    return pl.Series(text.name, verdicts, dtype=pl.Boolean)
