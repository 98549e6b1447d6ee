"""`exact_match(on: gsm8k, shots: 5)` in an `evaluate` block."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Prompt, Reading
    from tunec.runtime.base.values import ModelSpec, Rows
    from tunec.runtime.tuning.measuring.asked import Question

#: What ends a written answer, beside the model's own end: the next question. As lm-eval's `gsm8k` has it.
STOPS = ("Question:", "问题：", "</s>", "<|im_end|>")


@operator(
    version=2,
    cost="model",
    random=True,
    rows=("instruction", "chat", "task", "choice"),
    packages=("math-verify", "latex2sympy2_extended", "sympy"),
    only={"shots_from": ("shots",)},
)
def exact_match(
    *,
    on: Rows,
    shots: Annotated[int, "0.."] = 0,
    shots_from: Rows | None = None,
    answer: Literal["number", "expression", "text"] = "number",
    mode: Literal["completion", "chat"] = "completion",
    max_tokens: Annotated[int, "1.."] = 256,
    ctx: Context,
) -> Measure:
    r"""Measures the share of questions whose written answer is the right one.

    The model answers greedily. With `mode: completion` it goes on with plain text, `Question: …`, `Answer:` (`问题：…`,
    `答案：` in Chinese), after `shots` solved questions of the same form, and stops at the next question; with `chat`
    each solved question is an exchange, and the model answers the last turn. Models behind servers are asked alike.

    With `answer: number` the last number of an answer is compared, exactly and without commas, with the one after
    `####` in the row's answer, or its last one. `strict` is the share that writes `#### NUMBER` and has it right. With
    `answer: text` the whole answer is compared, without case, and blanks and full stops at its ends.

    With `answer: expression` the final answers are compared as `math_equal` does: what is boxed, stands after `####` or
    is said to be the answer, numbers exactly and everything else (`2\sqrt{2}`, `(x+1)^2`) by math-verify, which takes
    the extra `math`. `undecided` counts the pairs that it cannot compare; they are not right.

    The results are `exact_match` with Wilson's 95% interval `low`..`high`, `strict`, `items`, `cut` (answers that
    `max_tokens` ended) and `without` (answers without anything to compare).

    Args:
        on: rows with a question and its answer.
        shots: the number of solved questions shown before each question.
        shots_from: where these come from, in the order of the file; by default they are drawn from `on`, and never
            include the question that is being asked.
        answer: what of an answer is compared.
        mode: how the model is asked.
        max_tokens: the longest answer.

    Source: Cobbe et al., GSM8K (arXiv 2110.14168); prompt, stops and numbers as in lm-evaluation-harness, `gsm8k`.

    Example:
        evaluate scores of [base, tuned] {
            exact_match(on: sums, shots: 2)
        }
    """
    from tunec.runtime.models.comparing import of_shares
    from tunec.runtime.tuning.measuring.asked import answers, questions

    items = questions(on, "exact_match")
    pool = None if shots_from is None else questions(shots_from, "exact_match")
    prompts = [_prompt(item, _shown(item, items, pool, shots, ctx.seed), mode) for item in items]
    right = _WAYS[answer]
    without = [item.text for item in items if right(item.answer, item.answer)[0] is None]
    if without:
        raise OperatorError(f'the answer to "{without[0][:80]}" holds no {answer}: use `answer: text`')

    def measure(model: ModelSpec) -> Reading:
        said = answers(ctx, model, prompts, max_tokens, STOPS if mode == "completion" else ())
        verdicts = [right(one.text, item.answer) for one, item in zip(said, items, strict=True)]
        more = {
            **({"strict": sum(strict for _, _, strict in verdicts) / len(items)} if answer == "number" else {}),
            **({"undecided": sum(fine is None for _, fine, _ in verdicts)} if answer == "expression" else {}),
            "cut": sum(one.finish == "length" for one in said),
            "without": sum(found is None for found, _, _ in verdicts),
        }
        return of_shares("exact_match", [item.id for item in items], [bool(fine) for _, fine, _ in verdicts], more)

    return measure


#: What was found in an answer, whether it is right (None: nobody can say), and whether it is where it should stand.
Verdict = tuple[object, bool | None, bool]


def _numbers(said: str, wanted: str) -> Verdict:
    from tunec.runtime.tuning.measuring.final_numbers import last, marked

    reference, found = marked(wanted), last(said)
    reference = last(wanted) if reference is None else reference
    return found, found is not None and found == reference, reference is not None and marked(said) == reference


def _expressions(said: str, wanted: str) -> Verdict:
    from tunec.runtime.text.final_answers import final_answer
    from tunec.runtime.text.mathematics import Unreadable, equal

    found, reference = final_answer(said), final_answer(wanted)
    if found is None or reference is None:
        return found, False, False
    try:
        return found, equal(found, reference), False
    except Unreadable:
        return found, None, False


def _texts(said: str, wanted: str) -> Verdict:
    plain: Callable[[str], str] = lambda text: text.strip().rstrip(".。").strip().casefold()  # noqa: E731
    found = plain(said)
    return found or None, bool(found) and found == plain(wanted), False


_WAYS: dict[str, Callable[[str, str], Verdict]] = {"number": _numbers, "expression": _expressions, "text": _texts}


def _shown(
    asked: Question, items: Sequence[Question], pool: Sequence[Question] | None, shots: int, seed: int
) -> list[Question]:
    """The solved questions before a question: never that question, also where it stands twice."""
    from tunec.runtime.ops.evaluate.multiple_choice import rank

    ranked = list(pool) if pool is not None else sorted(items, key=lambda other: rank(seed, asked.id, other.id))
    shown = [other for other in ranked if other.text != asked.text][:shots]
    if len(shown) < shots:
        raise OperatorError(f"{shots} shots are requested, but there are only {len(shown)} other questions")
    return shown


def _prompt(asked: Question, shown: Sequence[Question], mode: str) -> Prompt:
    from tunec.runtime.base.method import Message

    if mode == "chat":
        before = [(other.chat[-1], Message("assistant", other.answer)) for other in shown]
        return (*asked.chat[:-1], *(turn for pair in before for turn in pair), asked.chat[-1])
    return "".join(f"{_block(other)}{_gap(other)}{other.answer}\n\n" for other in shown) + _block(asked)


def _block(item: Question) -> str:
    return f"问题：{item.text}\n答案：" if _gap(item) == "" else f"Question: {item.text}\nAnswer:"


def _gap(item: Question) -> str:
    return "" if re.search(r"[\u4e00-\u9fff]", item.text) else " "
