"""`multiple_choice(on: ceval, shots: 5)` in an `evaluate` block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunec.dsl.record import record
from tunec.runtime.base.operator import Given, OperatorError, operator, refuse
from tunec.runtime.sources.choices import right_choice

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Prompts read at once.
BATCH = 8


#: A place in a header that something is to be put in, and no argument of a LaTeX command.
_PLACE = re.compile(r"(?<![\w}])\{([^\W\d]\w*)\}")


def _conflicts(given: Given) -> tuple[str, str] | None:
    places = [name for name in _PLACE.findall(given["header"]) if name != given["by"]]
    if not places:
        return None
    why = f'`by: "{given["by"]}"` fills `{{{given["by"]}}}`' if given["by"] else f'state `by: "{places[0]}"`'
    return "header", f"nothing fills `{{{places[0]}}}` in `header`: {why}"


@operator(
    version=5,
    cost="model",
    random=True,
    rows=("choice",),
    packages=("numpy",),
    weights=("models",),
    only={"shots_from": ("shots",)},
    conflicts=_conflicts,
)
def multiple_choice(
    *,
    on: Rows,
    shots: int = 0,
    shots_from: Rows | None = None,
    header: str = "",
    blank: bool = False,
    by: str = "",
    ctx: Context,
) -> Measure:
    """Measures the share of questions where the letter the model ranks highest is that of the correct choice.

    The prompt is plain text: the question, a line `A. …` for each choice, and `Answer:` (`答案：` for a question in
    Chinese), after `shots` solved questions of the same form. The letters are compared by their logits as the next
    token. The results are `accuracy` with Wilson's 95% interval `low`..`high`, `items`, and `chance`, the mean of 1 /
    choices.

    With `by: "subject"` the questions of each subject are asked after solved ones of the same subject, and the models
    are compared by `macro`, the mean of the accuracies of all subjects (`by_group`), as C-Eval and MMLU are reported.
    Its interval is Wilson's of the number of questions that would have the same standard error with subjects of one
    size.

    Args:
        on: rows with `question`, `choices`, and `answer` as a letter, a number counted from zero, or the text of the
            choice.
        shots: the number of solved questions shown before each question.
        shots_from: where these come from, in the order of the file; by default they are drawn from `on`, and never
            include the question that is being asked.
        header: what stands above the questions, with a blank line below it. C-Eval has
            `以下是中国关于计算机网络的单项选择题，请选出其中的正确答案。`, MMLU `The following are multiple choice
            questions (with answers) about sociology.` With `by: "subject"`, `{subject}` stands for the subject of the
            question: `high_school_biology` in words, in a Chinese header as C-Eval names its subjects.
        blank: a blank between `答案：` and the letter, as lm-evaluation-harness has it; C-Eval's own code has none.
            After `Answer:` there always is one.
        by: the column of `on`, and of `shots_from`, that holds the subject of a question.

    Source: Huang et al., C-Eval (arXiv 2305.08322); Hendrycks et al., MMLU (arXiv 2009.03300); with their headers
    (and `blank: true`) the prompts are those of lm-evaluation-harness, `ceval-valid` and `mmlu`.

    Example:
        evaluate scores of [base, chat_lora] {
            multiple_choice(on: arithmetic, shots: 3)
        }
    """
    if shots < 0:
        raise OperatorError("`shots` must be 0 or more")
    refuse(_conflicts({"header": header, "by": by}))
    items = questions(on, by)
    pool = None if shots_from is None else questions(shots_from, by)
    shown = [demonstrations(number, items, pool, shots, ctx.seed) for number in range(len(items))]
    prompts = [_top(header, by, item) + prompt(item, others, blank) for item, others in zip(items, shown, strict=True)]

    def measure(model: ModelSpec) -> Reading:
        from tunec.runtime.models.comparing import of_groups, of_shares
        from tunec.runtime.models.local import load
        from tunec.runtime.models.scoring import next_logits

        loaded = load(model)
        read = [
            _tokens(loaded.tokenizer, text, len(item.choices), blank) for text, item in zip(prompts, items, strict=True)
        ]
        longest = max(len(ids) for ids, _ in read)
        if longest > loaded.context:
            raise OperatorError(
                f"a prompt of {longest} tokens does not fit into the model's {loaded.context}: fewer shots"
            )
        ctx.progress(0, len(items), "questions")
        logits = next_logits(loaded, [ids for ids, _ in read], [letters for _, letters in read], BATCH)
        ctx.progress(len(items), len(items), "questions")
        right = [int(found.argmax()) == item.answer for found, item in zip(logits, items, strict=True)]
        chance = sum(1 / len(item.choices) for item in items) / len(items)
        ids, more = [item.id for item in items], {"chance": chance}
        return (
            of_groups(ids, right, [item.group for item in items], more)
            if by
            else of_shares("accuracy", ids, right, more)
        )

    return measure


@record
class Question:
    """A question with its choices; `answer` is the number of the right one, `group` the subject where that counts."""

    id: str
    question: str
    choices: tuple[str, ...]
    answer: int
    group: str = ""


def questions(rows: pl.DataFrame, by: str = "") -> list[Question]:
    """The rows of a choice frame, with the column of their groups, if any; OperatorError names a row whose answer is
    none of its choices."""
    if rows.height == 0 or not {"question", "choices", "answer"} <= set(rows.columns):
        raise OperatorError("multiple_choice needs rows with a question, choices and an answer")
    groups = _groups(rows, by) if by else [""] * rows.height
    found = []
    for number, row in enumerate(rows.iter_rows(named=True)):
        choices = tuple(row["choices"] or ())
        if not 2 <= len(choices) <= len(LETTERS):
            raise OperatorError(f'the question "{row["question"]}" has {len(choices)} choices')
        found.append(
            Question(row.get("id") or str(number), row["question"], choices, _answer(row, choices), groups[number])
        )
    return found


def _groups(rows: pl.DataFrame, by: str) -> list[str]:
    column = next((name for name in (by, f"meta.{by}") if name in rows.columns), None)
    if column is None:
        known = ", ".join(f"`{name.removeprefix('meta.')}`" for name in rows.columns if name.startswith("meta."))
        raise OperatorError(f"there is no column `{by}` to group by" + (f"; there are {known}" if known else ""))
    found = rows[column].cast(str, strict=False).to_list()
    if None in found:
        raise OperatorError(f'the question "{rows["question"][found.index(None)]}" has no `{by}`')
    return found


def _top(header: str, by: str, item: Question) -> str:
    from tunec.runtime.tuning.measuring.subjects import spoken

    text = header.strip().replace(f"{{{by}}}", spoken(item.group, _is_chinese(header))) if by else header.strip()
    return f"{text}\n\n" if text else ""


def _answer(row: dict[str, Any], choices: tuple[str, ...]) -> int:
    # A text that is one of the choices comes first: among choices "1", "2", "3" the answer "2" means what it says.
    found = right_choice(str(row["answer"]), choices)
    if found is None:
        raise OperatorError(
            f'the answer "{row["answer"]}" to "{row["question"]}" is not one of its {len(choices)} choices'
        )
    return found


def demonstrations(
    number: int, items: Sequence[Question], pool: Sequence[Question] | None, shots: int, seed: int
) -> list[Question]:
    """The solved questions before question `number`: never that question, also where it stands twice in the set."""
    asked = items[number]
    by_chance = sorted(
        (other for other in items if other.group == asked.group), key=lambda other: rank(seed, asked.id, other.id)
    )
    ranked = by_chance if pool is None else [other for other in pool if other.group == asked.group]
    shown = [other for other in ranked if other.question != asked.question][:shots]
    if len(shown) < shots:
        of = f" about `{asked.group}`" if asked.group else ""
        raise OperatorError(f"{shots} shots are requested, but there are only {len(shown)} other questions{of}")
    return shown


def prompt(asked: Question, shown: Sequence[Question], blank: bool = False) -> str:
    """The text that ends where the letter is to come."""
    return "".join(f"{_block(other)}{_gap(other, blank)}{LETTERS[other.answer]}\n\n" for other in shown) + _block(asked)


def _block(item: Question) -> str:
    choices = (f"{letter}. {choice}" for letter, choice in zip(LETTERS, item.choices, strict=False))
    return "\n".join([item.question, *choices, "答案：" if _chinese(item) else "Answer:"])


def _chinese(item: Question) -> bool:
    return _is_chinese(item.question)


def _is_chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def _gap(item: Question, blank: bool) -> str:
    return "" if _chinese(item) and not blank else " "


def _tokens(tokenizer: Any, text: str, choices: int, blank: bool = False) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids of a prompt, and of the token that each letter is as it follows: ` A` after `Answer:`, `A` after `：`."""
    prompt_ids = tuple(tokenizer(text)["input_ids"])
    gap = "" if text.endswith("：") and not blank else " "
    letters = []
    for letter in LETTERS[:choices]:
        whole = tuple(tokenizer(f"{text}{gap}{letter}")["input_ids"])
        if whole[: len(prompt_ids)] != prompt_ids or len(whole) != len(prompt_ids) + 1:
            raise OperatorError(f"the model's tokenizer has no single token for the letter {letter} after the prompt")
        letters.append(whole[-1])
    return prompt_ids, tuple(letters)


def rank(seed: int, asked: str, other: str) -> bytes:
    import hashlib

    return hashlib.blake2b(f"{seed} {asked} {other}".encode(), digest_size=16).digest()
