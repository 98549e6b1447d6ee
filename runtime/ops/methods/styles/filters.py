"""Rules on instructions that a model made up (Self-Instruct's, section 2.2 and `bootstrap_instructions.py`).

Self-Instruct reads English alone. For Chinese, characters are counted instead of words, and an instruction may begin
with one.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence

#: The number of words, or of characters in Chinese, that an instruction has at least and at most.
LENGTH = (4, 150)
_PROGRAM = {"en": ("Write a program",), "zh": ("编写程序", "写一个程序", "编写一个程序")}


def failure(instruction: str, words: Sequence[str], language: str = "en") -> tuple[str, str] | None:
    """The first rule that an instruction breaks, and what was found; `words` are those that it must not have."""
    if not instruction:
        return "instruction not empty", ""
    chinese = language == "zh"
    length = len(re.sub(r"\s", "", instruction)) if chinese else len(instruction.split())
    if not LENGTH[0] <= length <= LENGTH[1]:
        return f"{'characters' if chinese else 'words'}(instruction) in {LENGTH[0]}..{LENGTH[1]}", str(length)
    found = re.search("|".join(words) if chinese else rf"\b({'|'.join(words)})\b", instruction, re.IGNORECASE)
    if found:
        return "instruction without blacklisted words", found[0]
    begin = next((text for text in _PROGRAM[language] if instruction.startswith(text)), None)
    if begin:
        return f'instruction does not start with "{begin}"', begin
    first = instruction[0]
    if first in string.punctuation or (chinese and unicodedata.category(first)[0] in "PS"):
        return "instruction does not start with punctuation", first
    if not chinese and not first.isascii():
        return "instruction starts with an ASCII character", first
    return None
