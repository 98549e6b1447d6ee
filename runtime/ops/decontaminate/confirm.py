"""A judge that is asked whether two texts are the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, ItemTexts, ModelSpec, RowTexts, Suspects

#: Greedy first; an answer that is neither yes nor no is asked for again, less and less predictably.
_TEMPERATURES = (0.0, 0.3, 0.6)

_QUESTION = "tunec.runtime.ops.decontaminate/questions/confirm.txt"
#: When two texts are the same, by what they are about.
_SAME = "tunec.runtime.ops.decontaminate/questions/same_{about}.txt"


@operator(version=1, cost="model", reads=(_QUESTION, _SAME))
def confirm(
    texts: RowTexts,
    items: ItemTexts,
    suspects: Suspects,
    model: ModelSpec,
    about: Literal["knowledge", "math", "numbers", "code"] = "knowledge",
    *,
    top: Annotated[int, "1.."] = 3,
    ctx: Context,
) -> Frame:
    """Asks a model to judge each match of `cosine`; only the matches that it confirms count.

    The other rules need no confirmation. A text is judged against its nearest items until one is confirmed. The answer
    must be `True` or `False`; if it is neither, the model is asked again, at most twice, at a higher temperature, and
    after that the match counts, because a leak costs more than a row.

    Args:
        model: the judge.
        about: what counts as the same: for `math` the quantities are the same, for `numbers` they may differ.
        top: the maximum number of nearest items that a text is judged against.

    Source: Yang et al., Rethinking Benchmark and Contamination (2311.04850), whose tool asks for the nearest training
    text of each item, and counts an answer that is neither as no.

    Example:
        decontaminate(against: [mmlu]) {
            cosine(0.70, using: minilm)
            confirm(judge_model)
        }
    """
    import polars as pl

    from tunec.runtime.base.method import Message, Request, Sampling
    from tunec.runtime.base.resources import text_of

    at_least_one("confirm", top=top)
    question, same = text_of(_QUESTION), text_of(_SAME.format(about=about))
    nearest = suspects.sort("text", "value", "item", descending=[False, True, False])
    nearest = nearest.with_columns(turn=pl.int_range(pl.len()).over("text")).filter(pl.col("turn") < top)
    confirmed: list[pl.DataFrame] = [nearest.clear()]
    done: set[int] = set()
    unsaid = 0
    for turn in range(top):
        asked = nearest.filter((pl.col("turn") == turn) & ~pl.col("text").is_in(list(done)))
        pairs = list(zip(asked["text"].to_list(), asked["item"].to_list(), strict=True))
        said: list[bool | None] = [None] * len(pairs)
        for temperature in _TEMPERATURES:
            open_ = [n for n, verdict in enumerate(said) if verdict is None]
            requests = [
                Request(
                    (Message("user", question.format(same=same, text=texts[pairs[n][0]], item=items[pairs[n][1]])),)
                )
                for n in open_
            ]
            for n, answer in zip(
                open_, ctx.ask(model, requests, Sampling(temperature=temperature, max_tokens=8)), strict=True
            ):
                said[n] = _verdict(answer.text)
        unsaid += said.count(None)
        yes = asked.filter(pl.Series([verdict is not False for verdict in said], dtype=pl.Boolean))
        confirmed.append(yes)
        done |= set(yes["text"].to_list())
    if unsaid:
        ctx.missing(
            f"{model.id} said neither True nor False of a match with a benchmark, which therefore counts", unsaid
        )
    found = pl.concat(confirmed).sort("text", "item")
    return found.select("text", "item", "value", threshold=pl.col("threshold") + ", confirmed")


def _verdict(answer: str) -> bool | None:
    said = answer.strip().strip(".\"'`*").lower()
    return {"true": True, "false": False}.get(said)
