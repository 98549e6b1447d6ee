"""The number in what a judge said."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"-?\d+(?:\.\d+)?"
#: Around the number may stand what marks it: `**4**`, `[[4]]`, `"4"`, `<score>4</score>`.
_OPENING = r"[\s*_\[({<\"'`#“「【]*"
_FIRST = re.compile(rf"{_OPENING}({_NUMBER})(?![\d.]*\d)(?!\s*(?:-|to|~|至|到)\s*\d)")
_NAMED = re.compile(
    rf"(?:scores?|rat(?:e|ing|ed)|grade|verdict|评分|评级|打分|得分|分数|总分|给分)(?:[^\d\n]{{0,20}}?)({_NUMBER})"
    r"(?!\s*(?:-|to|~|至|到)\s*\d)",
    re.IGNORECASE,
)
_POINT = re.compile(r"[.)、]\s*\S")
#: The scale itself, which judges like to repeat: `out of 5`, `/ 5`, `1 to 5`, `1-5`, `满分5分`.
_SCALE = re.compile(
    rf"(?:out\s+of|/|满分(?:为|是)?)\s*{_NUMBER}|{_NUMBER}\s*(?:-|to|~|至|到)\s*{_NUMBER}", re.IGNORECASE
)
_CHINESE = "零一二三四五六七八九"
_SPELLED = re.compile(rf"(?<![{_CHINESE}十])[{_CHINESE}](?=分)")


def rating(answer: str) -> float | None:
    """The number that an answer gives, or None where it gives none or several.

    It is the number that the answer begins with, unless that numbers a list with a score in it; else the last one after
    a word such as `score`, `rating` or `评分`; else the only one there is, where the scale is only repeated (`4 out of
    5`). Full-width digits count, and a Chinese numeral before `分`.
    """
    plain = unicodedata.normalize("NFKC", answer)
    plain = _SPELLED.sub(lambda found: str(_CHINESE.index(found[0])), plain)
    rest = _SCALE.sub(" ", plain)
    named = _NAMED.findall(rest)
    first = _FIRST.match(plain)
    # A list may be numbered, and end with the score.
    if first and not (named and _POINT.match(plain, first.end())):
        return float(first[1])
    if named:
        return float(named[-1])
    numbers = {float(n) for n in re.findall(_NUMBER, rest)}
    return numbers.pop() if len(numbers) == 1 else None
