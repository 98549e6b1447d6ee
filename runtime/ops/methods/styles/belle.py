"""BELLE's way of self-instruct: whole tasks at once, in Chinese.

Source: Ji et al., BELLE (arXiv 2304.07854) and `data/1.5M/generate_instruction.py`. It keeps the first task of a block
in which the model forgot the `###`; here each of them is read. Words are compared without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from tunec.runtime.base.method import Draft, Rejection
from tunec.runtime.base.resources import sections_of

NO_INPUT = "<无输入>"
WORDS = "tunec.runtime.ops.methods/word_lists/belle.txt"

_BOLD = r"(?:\*\*)?"
_FIELDS = [re.compile(rf"{_BOLD}{name}{_BOLD}\s*[:：]{_BOLD}") for name in ("指令", "输入", "输出")]
_TASK = re.compile(rf"#{{3,}}|^(?=\s*{_BOLD}\d+\s*[.、．]\s*{_BOLD}指令{_BOLD}\s*[:：])", re.MULTILINE)
_BEGIN = re.compile(rf"(?:#+)?\s*{_BOLD}(?:\d+\s*[.、．])?\s*{_FIELDS[0].pattern}")
_NEXT_NUMBER = re.compile(rf"\s*{_BOLD}\d+\s*[.、．]\s*{_BOLD}$")
#: The most characters of an instruction with an input, and of one that gives an example.
_LONGEST, _WITH_EXAMPLE = 99, 149
_SHORTEST = 4


def header(number: int) -> str:
    """How a task of the list begins."""
    return f"{number}. 指令:"


def stop(number: int) -> str:
    """What the model writes when it goes beyond the list."""
    return f"\n{header(number)}"


def demonstration(number: int, seed: Mapping[str, str | None]) -> str:
    """A seed task as an item of the list."""
    instruction, given, response = ((seed[name] or "").strip() for name in ("instruction", "input", "response"))
    asked = " ".join(instruction.split()).rstrip(":：")
    return f"###\n{header(number)} {asked}\n{number}. 输入:\n{given or NO_INPUT}\n{number}. 输出:\n{response}"


def begun(text: str, first: int) -> tuple[int, str]:
    """The number of the first task of an answer in a chat, and what follows its header, if it has one."""
    found = _BEGIN.match(text)
    return first, text[found.end() :] if found else text


def parse(text: str, first: int, truncated: bool) -> list[Draft | Rejection]:
    """The tasks of an answer that continues the list. The last one of a truncated answer is incomplete."""
    blocks = [block.strip() for block in _TASK.split(text)]
    blocks = [block for block in blocks if block]
    found: list[Draft | Rejection] = [_read(block) for block in blocks[: len(blocks) - truncated]]
    if truncated and blocks:
        found.append(Rejection("complete", "cut at max_tokens", blocks[-1]))
    return found


def _read(block: str) -> Draft | Rejection:
    word = _pattern("words").search(block)
    if word is not None:
        return Rejection("task without blacklisted words", word[0], block)
    texts, rest = [], block
    for number, field in enumerate(_FIELDS):
        parts = field.split(rest, maxsplit=1)
        if len(parts) < 2:
            return Rejection("fields 指令, 输入, 输出", f"without {('指令', '输入', '输出')[number]}", block)
        texts.append(parts[0])
        rest = parts[1]
    instruction, given = (_NEXT_NUMBER.sub("", text).strip() for text in texts[1:])
    output = rest.strip()
    if len(instruction) < _SHORTEST:
        return Rejection(f"characters(instruction) >= {_SHORTEST}", str(len(instruction)), block)
    instruction = _pattern("phrases").sub("", instruction).strip()
    given = "" if "无输入" in given else given
    if "gpt" in f"{instruction}{given}".lower():
        return Rejection("instruction and input without GPT", "GPT", block)
    longest = _WITH_EXAMPLE if re.search("示例|例子", instruction) else _LONGEST
    if given and len(instruction) > longest:
        return Rejection(f"characters(instruction) <= {longest}", str(len(instruction)), block)
    if not instruction or not output:
        return Rejection("instruction and output not empty", "", block)
    return Draft({"instruction": instruction, "input": given, "response": output, "system": ""})


@cache
def _pattern(section: str) -> re.Pattern[str]:
    longest_first = sorted(sections_of(WORDS)[section], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
