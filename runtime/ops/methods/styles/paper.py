"""Self-Instruct's own way: new instructions, whether each is a classification, and then instances of it.

A classification is answered output first, because inputs that are written first skew toward one label.

Source: Wang et al., Self-Instruct (arXiv 2212.10560), section 2.2, and the code beside it (`bootstrap_instructions.py`,
`prepare_for_finetuning.py`). Two things differ. A truncated list of instructions loses its last one and not all, and
of an instruction only the first letter is capitalised; the code changes all others to lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from tunec.runtime.base.method import Draft, Rejection, Sampling
from tunec.runtime.base.resources import sections_of
from tunec.runtime.ops.methods.styles.filters import failure
from tunec.runtime.ops.methods.styles.listing import Listing, Shown, Steps
from tunec.runtime.text import templates

WORDS = "tunec.runtime.ops.methods/word_lists/paper.txt"
#: What a model writes when it goes on to another task.
_NEXT_TASK = ("\nTask:", "\n任务：", "\n任务:")
#: The longest answer to whether a task is a classification, in tokens.
_YES_OR_NO = 16

_ITEM = re.compile(r"^[ \t]*(?:#+ *)?(?:\*\*)?\d+\s?(?:[、．）)]|\.(?!\d))(?:\*\*)?", re.MULTILINE)
_YES = re.compile(r"\W*(?:yes\b|是)", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"^(?:\*\*|#+ *)?(?:Example|例子|示例|例)\s*\d*\s*[.:：]?(?:\*\*)?[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_OUTPUT = re.compile(r"^(?:\*\*)?(?:Output|输出)\s*\d*(?:\*\*)?\s*[:：](?:\*\*)?", re.MULTILINE | re.IGNORECASE)
_INPUT = re.compile(r"^(?:\*\*)?(?:Input|输入)\s*\d*(?:\*\*)?\s*[:：](?:\*\*)?", re.MULTILINE | re.IGNORECASE)
_LABEL = re.compile(r"^(?:\*\*)?(?:Class label|类别)(?:\*\*)?\s*[:：](?:\*\*)?", re.MULTILINE | re.IGNORECASE)
_NO_INPUT = ("", "none", "n/a", "no input", "<noinput>", "无", "无输入", "<无输入>")


def steps(listing: Listing, most: int, shown: Shown) -> Steps:
    """New tasks, with at most so many instances each."""
    language = templates.language_of(*(row["instruction"] for row in shown))
    tasks = "\n".join(_demonstration(number, row) for number, row in enumerate(shown, start=1))
    values = {"count": listing.count, "tasks": tasks, "next": len(shown) + 1}
    [answer] = yield listing.ask([templates.filled("paper_instructions", language, values)])
    text, cut = templates.unwrapped(answer.said), answer.finish == "length"
    read = instructions(text, cut, listing.count - len(shown), language)
    parts: list[Draft | Rejection] = [part for part in read if isinstance(part, Rejection)]
    written = list(dict.fromkeys(part for part in read if isinstance(part, str)))
    if not written:
        return parts
    asked = [templates.filled("paper_classification", language, {"instruction": text}) for text in written]
    answers = yield listing.ask(asked, Sampling(0.0, 1.0, _YES_OR_NO, ("\n",)), persona=False)
    known: list[tuple[str, bool]] = []
    for instruction, answer in zip(written, answers, strict=True):
        if answer.finish == "failed":
            parts.append(Rejection("answer", answer.reason, instruction))
        else:
            known.append((instruction, is_classification(templates.unwrapped(answer.text))))
    if not known:
        return parts
    asked = [_instances_wanted(language, *task) for task in known]
    answers = yield listing.ask(asked, Sampling(0.0, 1.0, listing.sampling.max_tokens, _NEXT_TASK))
    for (instruction, classification), answer in zip(known, answers, strict=True):
        if answer.finish == "failed":
            parts.append(Rejection("answer", answer.reason, instruction))
        else:
            text, cut = templates.unwrapped(answer.text), answer.finish == "length"
            parts += instances(text, instruction, classification, cut, most)
    return parts


def _demonstration(number: int, row: Mapping[str, str | None]) -> str:
    return f"{number}. {' '.join((row['instruction'] or '').split()).rstrip(':：')}"


def _instances_wanted(language: str, instruction: str, classification: bool) -> str:
    values = {"instruction": instruction}
    if classification:
        return templates.filled("paper_output_first", language, values)
    return templates.filled("paper_input_first", language, values)


def instructions(text: str, truncated: bool, most: int, language: str) -> list[str | Rejection]:
    """The instructions in an answer that continues a numbered list, whatever its numbers are. More than `most` are not
    read; the last of a truncated answer is incomplete."""
    items = [item for item in (" ".join(item.split()) for item in _ITEM.split("\n" + text)) if item]
    found: list[str | Rejection] = []
    for place, item in enumerate(items):
        instruction = item[0].upper() + item[1:]
        broken = failure(instruction, _words(language), language)
        if truncated and place == len(items) - 1:
            found.append(Rejection("complete", "cut at max_tokens", item))
        elif place >= most:
            found.append(Rejection("instructions asked for", f"{place + 1} of {most}", item))
        else:
            found.append(instruction if broken is None else Rejection(*broken, item))
    return found


def is_classification(text: str) -> bool:
    """Whether a model said that a task is a classification."""
    return _YES.match(text) is not None


def instances(text: str, instruction: str, classification: bool, truncated: bool, most: int) -> list[Draft | Rejection]:
    """The instances of a task in an answer, at most so many."""
    pairs = _labelled(text) if classification else _examples(text)
    found: list[Draft | Rejection] = []
    if truncated:
        last = pairs.pop() if pairs else ("", text)
        found.append(_left(("complete", "cut at max_tokens"), instruction, last))
    elif not pairs:
        found.append(_left(("a class label" if classification else "an output", "none"), instruction, ("", text)))
    kept: list[tuple[str, str]] = []
    outputs: dict[str, str] = {}
    for given, output in dict.fromkeys(pairs):
        broken = _broken(given, output)
        if broken is None and given and outputs.setdefault(given, output) != output:
            # What two outputs are said to be right for is not understood, and then nor is the task.
            twice = ("one output for one input", output)
            return [*found, *(_left(twice, instruction, pair) for pair in [*kept, (given, output)])]
        if broken is None and len(kept) == most:
            broken = (f"instances <= {most}", str(most + 1))
        if broken is None:
            kept.append((given, output))
        else:
            found.append(_left(broken, instruction, (given, output)))
    rows = [{"instruction": instruction, "input": given, "response": output, "system": ""} for given, output in kept]
    return [*found, *map(Draft, rows)]


def _examples(text: str) -> list[tuple[str, str]]:
    """Inputs and outputs, where the input comes first."""
    blocks = [block for block in _EXAMPLE.split(text) if block.strip()]
    several = len(_EXAMPLE.findall(text)) > 0
    pairs = []
    for block in blocks:
        parts = _OUTPUT.split(block, maxsplit=1)
        if len(parts) == 2:
            # A model that forgets to say where the next example begins.
            output = _INPUT.split(_OUTPUT.split(parts[1])[0])[0].strip()
            given = _INPUT.sub("", parts[0].strip(), count=1).strip()
            pairs.append(("" if given.lower() in _NO_INPUT else given, output))
        elif several:
            pairs.append(("", block.strip()))
    return pairs


def _labelled(text: str) -> list[tuple[str, str]]:
    """Inputs and labels, where the label comes first."""
    pairs = []
    for block in _LABEL.split(text)[1:]:
        label, _, given = block.strip().partition("\n")
        given = _INPUT.sub("", given.strip(), count=1).strip()
        pairs.append(("" if given.lower() in _NO_INPUT else given, label.strip()))
    return pairs


def _broken(given: str, output: str) -> tuple[str, str] | None:
    """The rule that an instance breaks, and what was found."""
    if not output:
        return "output not empty", ""
    if given == output:
        return "output is not the input", output[:200]
    end = next((text[-1] for text in (given, output) if text.endswith((":", "："))), None)
    return ("no colon at the end", end) if end else None


def _left(broken: tuple[str, str], instruction: str, pair: tuple[str, str]) -> Rejection:
    return Rejection(*broken, "\n".join(part for part in (instruction, *pair) if part))


@cache
def _words(language: str) -> Sequence[str]:
    return sections_of(WORDS)[language]
