"""Stanford Alpaca's way of self-instruct: whole tasks at once, in a numbered list.

Source: Taori et al., Stanford Alpaca (`generate_instruction.py`); its filters are Self-Instruct's, with five more
words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from tunec.runtime.base.method import Draft, Rejection
from tunec.runtime.base.resources import lines_of
from tunec.runtime.ops.methods.styles.filters import failure

NO_INPUT = "<noinput>"
BLACKLIST = "tunec.runtime.ops.methods/word_lists/alpaca.txt"

_FIELD = r"(?:\*\*)?{number}[.、]\s*(?:\*\*)?(Instruction|Input|Output)(?:\*\*)?\s*[:：](?:\*\*)?"
_BEGIN = re.compile(rf"(?:#+)?\s*{_FIELD.format(number='([0-9]+)')}")


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


def begun(text: str, first: int) -> tuple[int, str]:
    """The number of the first task of an answer in a chat, where some models begin at 1 again, and what follows its
    header, if it has one."""
    found = _BEGIN.match(text)
    return (int(found[1]), text[found.end() :]) if found and found[2] == "Instruction" else (first, text)


def parse(text: str, first: int, truncated: bool) -> list[Draft | Rejection]:
    """The tasks of an answer that continues the list at number `first`; `text` begins with that number's header.

    Blocks are told apart by `###` and numbered by their place, so that what stands under a wrong number is rejected.
    The last block of a truncated answer is incomplete.
    """
    blocks = text.split("###")
    if not blocks[0].strip():
        del blocks[0]
    found: list[Draft | Rejection] = []
    for place, block in enumerate(blocks):
        if truncated and place == len(blocks) - 1:
            found.append(Rejection("complete", "cut at max_tokens", block.strip()))
        elif block.strip():
            found.append(_read(block, first + place))
    return found


def _read(block: str, number: int) -> Draft | Rejection:
    fields = re.split(_FIELD.format(number=number), block)
    if len(fields) != 7 or fields[1::2] != ["Instruction", "Input", "Output"]:
        value = f"{number}: {', '.join(fields[1::2]) or 'none'}"
        return Rejection("Instruction, Input, Output under one number", value, block.strip())
    instruction, given, output = (fields[place].strip() for place in (2, 4, 6))
    given = "" if given.lower() == NO_INPUT else given
    broken = failure(instruction, _words())
    if broken is not None:
        return Rejection(*broken, block.strip())
    if not output:
        return Rejection("output not empty", "", block.strip())
    # Stricter than Alpaca: where the model forgot the `###`, the next task would become part of this one's answer.
    following = re.search(r"^\d+\.\s+(Instruction|Input|Output):", output, re.MULTILINE)
    if following is not None:
        return Rejection("output without a further task", following.group(0), block.strip())
    return Draft({"instruction": instruction, "input": given, "response": output, "system": ""})


@cache
def _words() -> tuple[str, ...]:
    return lines_of(BLACKLIST)
