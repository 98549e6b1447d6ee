"""`pairwise(judge, on: questions, against: base)` in an `evaluate` block."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Answer, Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows

_VERDICT = re.compile(r"\[\[\s*([ABC])\s*\]\]")
#: What each of two answers is worth by the verdict of a judge who saw the other one first, or second.
_WORTH = {"A": 1.0, "B": 0.0, "C": 0.5}


@operator(
    version=1,
    cost="model",
    rows=("instruction", "chat", "task", "choice"),
    reads=templates.files("pairs"),
    against="against",
)
def pairwise(
    judge: ModelSpec, *, on: Rows, against: ModelSpec, max_tokens: Annotated[int, "1.."] = 512, ctx: Context
) -> Measure:
    """Measures how often a judge prefers a model's answers to those of another model.

    Both answer each question greedily. The judge compares the two answers in both orders, and an answer wins only where
    it is preferred in both; anything else is a tie, so that a judge who prefers what stands first decides nothing.

    The results are `win_rate` = (wins + ties / 2) / items with a 95% interval `low`..`high` (bootstrap over items),
    `wins`, `ties`, `losses`, `items`, and `prefers_first`, the share of all verdicts for the answer that stood first
    (0.5 is no position bias), and `unread`, the verdicts that could not be read, which count as ties. Of the model
    `against` itself all are ties.

    Args:
        judge: the model that compares; it should be neither of the two.
        on: rows with questions: instructions, chats up to the last answer, tasks or items.
        against: the model that the others are compared with.
        max_tokens: the longest answer.

    Source: Zheng et al., Judging LLM-as-a-Judge with MT-Bench (arXiv 2306.05685), section 3.4.

    Example:
        evaluate scores of [base, tuned] {
            pairwise(teacher, on: held_out, against: base)
        }
    """
    from tunec.runtime.base.method import Message
    from tunec.runtime.tuning.measuring.asked import answers, questions
    from tunec.runtime.tuning.measuring.means import of_means

    items = questions(on, "pairwise")
    chats = [item.chat for item in items]

    def measure(model: ModelSpec) -> Reading:
        theirs, ours = ([one.text for one in answers(ctx, m, chats, max_tokens)] for m in (against, model))
        asked = []
        for item, first, second in zip(items, ours, theirs, strict=True):
            language = templates.language_of(item.text)
            for one, other in ((first, second), (second, first)):
                values = {"question": item.text, "first": one, "second": other}
                asked.append((Message("user", templates.filled("pairs", language, values)),))
        same = model == against
        verdicts = ["C"] * len(asked) if same else [_verdict(a) for a in answers(ctx, judge, asked, 256)]
        there, back = verdicts[::2], verdicts[1::2]
        scores = {
            item.id: 1.0 if (one, two) == ("A", "B") else 0.0 if (one, two) == ("B", "A") else 0.5
            for item, one, two in zip(items, there, back, strict=True)
        }
        told = [verdict for verdict in verdicts if verdict in _WORTH]
        counts = list(scores.values())
        more = {
            "wins": counts.count(1.0),
            "ties": counts.count(0.5),
            "losses": counts.count(0.0),
            "prefers_first": sum(_WORTH[verdict] for verdict in told) / len(told) if told else None,
            "unread": len(verdicts) - len(told),
        }
        return of_means("win_rate", scores, more)

    return measure


def _verdict(answer: Answer) -> str:
    """A, B or C, or nothing where there is none that can be read."""
    found = _VERDICT.findall(answer.text) if answer.finish != "failed" else []
    return str(found[-1]) if found else ""
