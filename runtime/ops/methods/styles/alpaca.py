"""Stanford Alpaca's way of self-instruct: whole tasks at once, in a numbered list.

Source: Taori et al., Stanford Alpaca (`generate_instruction.py`); its filters are those of Wang et al., Self-Instruct
(arXiv 2212.10560), section 2.2 and `bootstrap_instructions.py`, with five more words.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from tunec.runtime.method import Draft, Rejection
from tunec.runtime.resources import lines_of

NO_INPUT = "<noinput>"
BLACKLIST = "tunec.runtime.ops.methods/word_lists/alpaca.txt"


def header(number: int) -> str:
    """How a task of the list begins."""
    return f"{number}. Instruction:"


def stop(number: int) -> str:
    """What the model writes when it goes beyond the list; Alpaca's `20.` would also cut "in 2020."."""
    return f"\n{header(number)}"


def demonstration(number: int, seed: Mapping[str, str | None]) -> str:
    """A seed task as an item of the list. A text that the seed does not have is an empty one."""
    instruction, given, response = ((seed[name] or "").strip() for name in ("instruction", "input", "response"))
    asked = " ".join(instruction.split()).rstrip(":")
    return f"###\n{header(number)} {asked}\n{number}. Input:\n{given or NO_INPUT}\n{number}. Output:\n{response}"


def parse(text: str, first: int, truncated: bool) -> list[Draft | Rejection]:
    """The tasks of an answer that continues the list at number `first`; `text` begins with that number's header.

    Blocks are told apart by `###` and numbered by their place, so that what stands under a wrong number is rejected.
    The last block of a truncated answer is incomplete.
    """
    blocks = text.split("###")
    found: list[Draft | Rejection] = []
    for place, block in enumerate(blocks):
        if truncated and place == len(blocks) - 1:
            found.append(Rejection("complete", "cut at max_tokens", block.strip()))
        elif block.strip():
            found.append(_read(block, first + place))
    return found


def _read(block: str, number: int) -> Draft | Rejection:
    fields = re.split(rf"{number}\.\s+(Instruction|Input|Output):", block)
    if len(fields) != 7 or fields[1::2] != ["Instruction", "Input", "Output"]:
        value = ", ".join(fields[1::2]) or "none"
        return Rejection(f"fields {number}. Instruction, Input, Output", value, block.strip())
    instruction, given, output = (fields[place].strip() for place in (2, 4, 6))
    given = "" if given.lower() == NO_INPUT else given
    for rule, measure in FILTERS:
        found = measure(instruction)
        if found is not None:
            return Rejection(rule, found, block.strip())
    if not output:
        return Rejection("output not empty", "", block.strip())
    # Stricter than Alpaca: where the model forgot the `###`, the next task would become part of this one's answer.
    following = re.search(r"^\d+\.\s+(Instruction|Input|Output):", output, re.MULTILINE)
    if following is not None:
        return Rejection("output without a further task", following.group(0), block.strip())
    return Draft({"instruction": instruction, "input": given, "response": output, "system": ""})


def _length(instruction: str) -> str | None:
    words = len(instruction.split())
    return str(words) if words <= 3 or words > 150 else None


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(lines_of(BLACKLIST))})\b", re.IGNORECASE)


def _blacklisted(instruction: str) -> str | None:
    found = _pattern().search(instruction)
    return found.group(0) if found else None


#: Rules on the instruction, in order; each gives what it measured where it rejects.
FILTERS: Sequence[tuple[str, Callable[[str], str | None]]] = (
    ("instruction not empty", lambda text: None if text else ""),
    ("words(instruction) in 4..150", _length),
    ("instruction without blacklisted words", _blacklisted),
    (
        'instruction does not start with "Write a program"',
        lambda text: "Write a program" if text.startswith("Write a program") else None,
    ),
    ("instruction does not start with punctuation", lambda text: text[0] if text[0] in string.punctuation else None),
    ("instruction starts with an ASCII character", lambda text: None if text[0].isascii() else text[0]),
)
