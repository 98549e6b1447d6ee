"""`evolve(teacher, rounds: 2)` in a `generate` block."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Answer, Draft, Method, Rejection, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec

_BREADTH = 5  # the number of the operation that writes a new instruction; those before make one more demanding
_EQUAL = re.compile(r"^\W*(equal|相同)", re.IGNORECASE)
#: Words of the prompt that a failed rewriting repeats.
_COPIED = ("given instruction", "new instruction", "rewritten instruction", "给出的指令", "新的指令", "改写后的指令")
#: Words, and characters of scripts without spaces.
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W\u3400-\u9fff\uf900-\ufaff]+")
_STOP_WORDS = "tunec.runtime.ops.methods/word_lists/stop_words.txt"
#: An answer with an excuse in it that has so many words is one all the same.
_EXCUSE = 80
_SORRY = re.compile(r"\bsorry\b|抱歉|对不起", re.IGNORECASE)


@operator(
    version=2,
    cost="model",
    rows=("instruction",),
    makes="instruction",
    reads=(_STOP_WORDS, *templates.files("evolve", "evolve_breadth", "evolve_operations", "evolve_equal")),
    asks=lambda given: 3 * int(given["rounds"]),
)
def evolve(
    model: ModelSpec,
    *,
    rounds: Annotated[int, "1.."] = 1,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Makes each instruction more demanding, or writes a rarer one of its kind, and answers it.

    That is done as often as `rounds` says, each time from the last instruction that succeeded.

    One of six operations is drawn for each round: a constraint more, more depth, more specific, more steps of
    reasoning, data to deal with, or another instruction of the same domain. A round fails, and its result is dropped,
    where the new instruction asks for the same as the old one, repeats words of the prompt, or is answered with an
    excuse of fewer than 80 words (of Chinese, characters) or with nothing but punctuation and stop words.

    Args:
        model: the model that rewrites, compares and answers.
        rounds: how many rounds; each that succeeds gives a row.
        temperature: sampling temperature; by default the model's own. Comparisons take 0.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own.

    Source: Xu et al., WizardLM (arXiv 2304.12244), section 3: operations and elimination.

    Example:
        generate harder from tasks {
            evolve(teacher, rounds: 2)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("evolve", rounds=rounds)
    ways = sampling_of(model, temperature, top_p, max_tokens), sampling_of(model, 0.0, 1.0, 8)
    return EachRow((model,), 3 * rounds, partial(_work, model, ways, rounds))


def _work(model: ModelSpec, ways: tuple[Sampling, Sampling], rounds: int, unit: Unit) -> Work:
    from tunec.runtime.base.method import Ask, Draft, Message, NoAnswer, Rejection, Request

    row = unit.row
    parents, current = (str(row["id"]),), templates.question_of(row)
    if not current:
        return [Rejection("an instruction", "none", "", parents)]
    language = templates.language_of(current)
    parts: list[Draft | Rejection] = []

    def ask(prompt: str, way: Sampling, sample: int = 0, persona: bool = False) -> Ask:
        return Ask(model, way, (Request((Message("user", prompt),), sample=sample),), persona)

    for number in range(rounds):
        try:
            [answer] = yield ask(_prompt(current, language, unit.seed, number), ways[0], number, True)
            new = templates.stripped(answer.said)
            failure = _unfit(new, answer)
            if failure is None:
                [answer] = yield ask(
                    templates.filled("evolve_equal", language, {"first": current, "second": new}), ways[1]
                )
                failure = ("new", "equal") if _EQUAL.match(answer.said) else None
            if failure is None:
                [answer] = yield ask(new, ways[0])
                failure = _poor(answer)
        except NoAnswer as error:
            new, failure = current, ("answer", str(error))
        if failure is not None:
            parts.append(Rejection(*failure, new, parents))
            continue
        parts.append(Draft({"instruction": new, "input": "", "response": answer.said.strip(), "system": ""}, parents))
        current = new
    return parts


def _prompt(current: str, language: str, seed: str, number: int) -> str:
    from tunec.runtime.base.resources import lines_of

    chosen = int.from_bytes(hashlib.blake2b(f"{seed} {number}".encode(), digest_size=8).digest(), "big") % 6
    if chosen == _BREADTH:
        return templates.filled("evolve_breadth", language, {"instruction": current})
    operation = lines_of(f"{templates.FOLDER}/evolve_operations.{language}.txt")[chosen]
    return templates.filled("evolve", language, {"instruction": current, "operation": operation})


def _unfit(new: str, answer: Answer) -> tuple[str, str] | None:
    """Why a rewriting is no instruction."""
    if answer.finish == "length":
        return "complete", "cut at max_tokens"
    copied = next((words for words in _COPIED if words in new.lower()), None)
    return ("words of the prompt", copied) if copied else None if new else ("answer", "nothing")


def _poor(answer: Answer) -> tuple[str, str] | None:
    """Why an answer shows that the instruction is no good."""
    from tunec.runtime.base.resources import lines_of

    text = answer.said.strip()
    if answer.finish == "length":
        return "complete", "cut at max_tokens"
    words = _WORD.findall(text.lower())
    if not any(word not in lines_of(_STOP_WORDS) for word in words):
        return "answer", "no words"
    if _SORRY.search(text) and len(words) < _EXCUSE:
        return "answer", "an excuse"
    return None
