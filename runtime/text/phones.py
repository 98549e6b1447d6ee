"""Telephone numbers in running text.

Numbers are written in a hundred ways, and most rows of digits are no telephone number. So a candidate counts where its
country code says so, where its shape is one that hardly anything else has, or where a word beside it announces one; and
what it says must be a number that some country could have (`possible`) or has in use (`valid`).
"""

from __future__ import annotations

import re
from typing import Literal

Phones = Literal["possible", "valid"]

#: What Rust's engine looks for to leave most texts out: six digits with little between them.
HINT = r"\d(?:[ .()（）\-–－]{0,2}\d){5}"
_PLAIN = str.maketrans("（）－＋０１２３４５６７８９", "()-+0123456789")  # the widths of Chinese keyboards

_MORE = r"(?:[ ]?(?:x|ext\.?|extension|分机|转)[ ]?\d{1,6})"
_CANDIDATE = re.compile(
    r"(?<![A-Za-z0-9_/$€£¥#%^=*+\-–()])(?<!\d[.,:])(?:\+[ ]?)?\(?\d(?:[ .()\-–]{0,2}\d){5,16}"
    rf"{_MORE}?(?![A-Za-z0-9_%°:/]|[ .,\-–]\d|[ ]?[=×*^])"
)
_EXTENSION = re.compile(_MORE + "$")

#: Words before a number: nouns some way off, verbs with little between.
_ANNOUNCED = re.compile(
    r"(?i)(?:(?:\b(?:(?:tele)?phones?|tel|mobiles?|cell(?:phone)?|fax|whats ?app|hotline|helpline)\b|"
    r"\b(?:office|desk|direct|home|ph)\b ?[.:]|(?-i:\b[TPMF]): |telefon|téléphone|teléfono)[^\d\n]{0,30}|"
    r"\bnumber(?:'s| is| was)?\W{0,3}|"
    r"\b(?:call(?:s|ed|ing)?|dial(?:l?ed|l?ing)?|reach(?:ed|able)?|contact(?:ed)?|sms|text(?:ed)?|ring|answer(?:ing)?)"
    r"(?: (?:me|us|him|her|them|now|today|back|or|text|the|our|my|toll[- ]free|directly))*(?: (?:at|"
    r"on|under|via))?\W{0,3}|"
    r"(?:电话|手机|联系|致电|拨打|来电|传真|热线|短信|座机|微信)[^\d\n]{0,12})$"
)
#: Words behind it: `555 0199 (office)`.
_NAMED = re.compile(
    r"(?i)[ \t]*[(,\-–]?[ \t]*(?:(?:tele)?phone|office|work|home|mobile|cell(?:phone)?|fax|tel|"
    r"direct|toll[- ]free|电话|"
    r"手机|传真)(?![A-Za-z])"
)
#: Words that say it is a number of something else.
_OTHER = re.compile(
    r"(?i)(?:\b(?:licen[cs]e|passport|account|order|invoice|serial|tracking|package|isbn|issn|patent|card|ticket|id|"
    r"reference|apt|apartment|suite|room|unit|flat|box|model|case|security|routing|prime)\b[^\d\n]{0,12}|"
    r"(?:订单|账号|帐号|卡号|证号|编号|快递单号)[^\d\n]{0,6})$"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-. ](?:0?[1-9]|1[0-2])[-. ](?:0?[1-9]|[12]\d|3[01])(?: .*)?|"
    r"(?:0?[1-9]|[12]\d|3[01])[-. ](?:0?[1-9]|[12]\d|3[01])[-. ](?:19|20)\d\d|(?:1\d|20)\d\d ?[-– ] ?(?:1\d|20)\d\d"
)

_CHINESE = re.compile(r"1[3-9]\d([- ]?)\d{4}\1\d{4}")
_AMERICAN = re.compile(r"(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}")
#: A trunk 0; an area in brackets; pairs between hyphens or dots; a subscriber's seven or eight digits.
_SHAPES = re.compile(
    r"(?=(?:\D?\d){8})0\d{1,4}(?:[ .\-–]\d{2,8}){1,5}|(?=(?:\D*\d){7})\(0?\d{1,4}\)[ .-]?\d{2,8}(?:[ .-]\d{2,4}){0,3}|"
    r"\d\d([.-])\d\d(?:\1\d\d){2,3}|[2-9]\d{2,3} \d{4}"
)
_GROUPED = re.compile(r"\d{2,4}(?: \d{2,4}){2,4}")
#: Credit cards, groups of an IBAN, American social security numbers.
_OTHER_SHAPES = re.compile(r"\d{4}(?: \d{4}){2,}(?: \d{1,3})?|\d{3}-\d{2}-\d{4}")
_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+")
#: Tried in turn where no country code is written: the ways of numbering that most people use.
_REGIONS = ("US", "CN", "GB", "DE", "FR", "IN", "BR", "ES", "IT", "JP", "NO", "DK", "CH", "AU", "PL", "SE", "AT", "NZ")


def phones(text: str, wanted: Phones) -> list[tuple[int, int]]:
    """Where telephone numbers stand in a text, in order."""
    text = text.translate(_PLAIN)
    found = []
    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        if match[0].startswith("(") and ")" not in match[0]:
            start += 1  # the bracket of a remark
        before, after = text[max(0, start - 60) : start], text[end : end + 20]
        # Alone on its line, but for blanks; lines that begin or end with more of them are not looked at.
        alone = not before.rpartition("\n")[2].strip() and not after.partition("\n")[0].strip()
        if _is_phone(text[start:end], before, after, alone, wanted):
            found.append((start, end))
    return found


def _is_phone(written: str, before: str, after: str, alone: bool, wanted: Phones) -> bool:
    number = _EXTENSION.sub("", written)
    digits = "".join(re.findall(r"\d", number))
    if _DATE.fullmatch(number) or len(set(digits)) < 3 or len(digits) > 15 or _OTHER.search(before):
        return False
    if _OTHER_SHAPES.fullmatch(number):
        return False
    if number.startswith("+"):
        return _fits("+" + digits, (None,), wanted)
    if digits.startswith("00") and len(digits) > 10 and _fits("+" + digits[2:], (None,), wanted):
        return True
    if _CHINESE.fullmatch(number):
        return _fits(digits, ("CN",), "valid")
    if _AMERICAN.fullmatch(number):
        return wanted == "possible" or _fits(digits, ("US",), wanted)
    named = _ANNOUNCED.search(before) is not None or _NAMED.match(after) is not None
    announced = named and max(map(len, re.findall(r"\d+", number))) >= 2
    return (announced or _looks(number, alone)) and _fits(digits, _REGIONS, wanted)


def _looks(number: str, alone: bool) -> bool:
    """Whether the shape, or the shape on a line of its own, makes it a telephone number."""
    if _SHAPES.fullmatch(number):
        return True
    groups = [int(group) for group in re.findall(r"\d+", number)]
    row = max(groups) < 100 or groups == sorted(groups) or groups == sorted(groups, reverse=True)
    if row or not _GROUPED.fullmatch(number):
        return False
    return alone or not _THOUSANDS.fullmatch(number)


def _fits(digits: str, regions: tuple[str | None, ...], wanted: Phones) -> bool:
    import phonenumbers

    fits = phonenumbers.is_possible_number if wanted == "possible" else phonenumbers.is_valid_number
    for region in regions:
        try:
            if fits(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
