"""Numbers of accounts and persons that a checksum, or the ranges they are given out from, tells from other digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

Places = Iterable[tuple[int, int]]

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_SSN = re.compile(r"(?<![A-Za-z0-9-])\d{3}-\d{2}-\d{4}(?![A-Za-z0-9-])")
_BITCOIN = re.compile(r"(?<![A-Za-z0-9])(?:bc1[a-z0-9]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])")

#: Twelve to nineteen digits: in one, in groups between blanks, hyphens or dots, or each by itself.
_CARD = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-6]\d{11,18}|[0-6]\d{3}(?P<mark>[ .-])\d{2,7}(?:(?P=mark)\d{1,7}){0,4}|"
    r"[0-6](?: \d){11,18})(?![A-Za-z0-9])"
)
_LED = re.compile(r"(?<!\d)\d{1,11}[.,+ -]$|\d[.+-]$")
#: Where more digits follow: what ends is a number if they begin another one, and not a part of it.
_GOES_ON = re.compile(r"[.,+ -]\d")
_NEXT = re.compile(r"[,+ ] ?\d{4}[ .-]?\d{4}|[ ,]\d{1,4}(?!\d)(?![ .,-]\d)")
#: Numbers that issuers give out, by their beginning and length: Visa, Mastercard, American Express, Diners, Discover,
#: JCB, UnionPay, MIR, Maestro. Short Maestro numbers only from ranges known to be in use: any row of digits is short.
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|"
    r"3(?:0[0-5]|[689]\d)\d{11}|(?:6011|64[4-9]\d|65\d\d)\d{12}|(?:2131|1800)\d{11}|35\d{14}|62\d{14,17}|220[0-4]\d{12,15}|"
    r"(?:0604|50(?:18|20|38)|5[6-8]\d\d|6304|6390|6759|676[1-3])\d{8,15}|(?:50|5[6-9]|6[0379])\d{11,17}"
)

#: Six digits for a county, eight for a date of birth, three for the person, one to check; with or without gaps.
_CHINESE_ID = re.compile(r"(?<![A-Za-z0-9])([1-9]\d{5})([ -]?)((?:18|19|20)\d{6})\2(\d{3}[\dXx])(?![A-Za-z0-9])")
#: The provinces, Taiwan, Hong Kong and Macau by their two numbers each, foreigners who live in China (91 to 94). The
#: county is not looked up: counties are renumbered, and people keep the number that they were given.
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-4]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """International account numbers (mod 97)."""
    from stdnum import iban

    begin = 0
    while match := _IBAN.search(text, begin):
        # What begins like one may not be one, and hide one that begins later.
        begin = match.start() + 4
        # The words that follow may look like more groups of it: of all ends of a word the first where it is valid.
        for end in range(match.start() + 15, match.end() + 1):
            if text[end : end + 1].isalnum() and text[end].isascii():
                continue
            if iban.is_valid(text[match.start() : end], check_country=False):
                yield match.start(), end
                begin = end
                break


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Credit and debit cards: Luhn's checksum, a beginning and a length that some issuer uses."""
    from stdnum import luhn

    begin, last = 0, -2
    while match := _CARD.search(text, begin):
        start, begin = match.start(), match.end()
        # Digits before it make it a part of something longer, but for those of another card.
        if _LED.search(text, max(0, start - 14), start) and start > last + 2:
            continue
        # What follows a number after a blank, a date or a code, may look like one more group of it.
        for end in _ends(match):
            digits = re.sub(r"\D", "", text[start:end])
            apart = not _GOES_ON.match(text, end) or _NEXT.match(text, end)
            if apart and _ISSUED.fullmatch(digits) and luhn.is_valid(digits) and len(set(digits)) > 1:
                yield start, end
                begin = last = end
                break


def _ends(match: re.Match[str]) -> Iterator[int]:
    yield match.end()
    if match["mark"] == " ":
        written = match[0]
        while (cut := written.rfind(" ")) >= 14:
            written = written[:cut]
            yield match.start() + cut


def chinese_ids(text: str) -> Iterator[tuple[int, int]]:
    """Chinese identity numbers: province, date of birth, checksum (ISO 7064, mod 11-2)."""
    for match in _CHINESE_ID.finditer(text):
        county, _, born, rest = match.groups()
        if _PROVINCES.match(county) and _is_date(born) and _checked(county + born + rest):
            yield match.span()


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _checked(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def ssns(text: str) -> Places:
    """American social security numbers, in the form with hyphens."""
    from stdnum.us import ssn

    return [m.span() for m in _SSN.finditer(text) if ssn.is_valid(m[0])]


def bitcoins(text: str) -> Places:
    """Bitcoin addresses."""
    from stdnum import bitcoin

    return [m.span() for m in _BITCOIN.finditer(text) if bitcoin.is_valid(m[0])]
