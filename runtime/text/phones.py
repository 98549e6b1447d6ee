"""Telephone numbers in running text.

Numbers are written in a hundred ways, and most rows of digits are no telephone number. So a candidate counts where its
country code says so, where its shape is one that hardly anything else has, or where a word beside it announces one; and
what it says must be a number that some country could have (`possible`) or has in use (`valid`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Phones = Literal["possible", "valid"]

#: What Rust's engine looks for to leave most texts out: six digits with little between them.
HINT = r"\d(?:[ .()（）/\-]{0,2}\d){5}"
#: Digits that a number in a list has at least.
_SHORTEST = 7
_PLAIN = str.maketrans("（）", "()")

_MORE = r"(?:[ ]?(?:x|ext\.?|extension|分机|转)[ ]?\d{1,6})"
_GAP = r"(?:[ .()/,，\-]{0,2}| - )"
#: What is counted or paid, and no number to call: `13800000000元`.
_UNIT = (
    r"[ ]?(?:[万亿]?(?:元(?!旦)|圆|円|块钱|美元|欧元|英镑|日元|港元|港币|人民币|台币|韩元|卢布|法郎|泰铢|"
    r"吨|公斤|千克|公里|平方米|人次)|"
    r"[万亿])"
)
#: A row of digits with little between them: one number, or a list. A hyphen before it may be a minus, `=` a sum.
_ROW = re.compile(
    r"(?:(?<![A-Za-z0-9_/$€£¥#%^=*+\-()])(?:(?<!\d[.,:])|(?=\(?\+))|(?<=[A-Za-z\u4e00-\u9fff]=)|(?<=[\u4e00-\u9fff]-)|"
    r"(?i:(?<=\btel)|(?<=\bphone)|(?<=\bmobile)|(?<=\bfax)))"
    rf"(?:(?<!\d )\(?\+[ ]?|\(?\+)?\(?\d(?:{_GAP}\d){{5,}}{_MORE}?(?![A-Za-z0-9_%°]|[:]\d|[ ]?[=×*^]|{_UNIT})"
)
_EXTENSION = re.compile(_MORE + r"$|(?<=\d{7})-\d{1,5}$")
_ABROAD = re.compile(r"\(?\+|00")
_LIST = re.compile(r" ?[,，/] ?")
#: What is a number by itself, whatever other digits a blank parts from it.
_WHOLE = re.compile(
    r"(?<!\S)(?:1[3-9]\d{9}|(?:[1-8][-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-.])\d{3}[-.]\d{4}|"
    rf"0\d{{2,3}}[ -]?\d{{7,8}}|\(0\d{{2,3}}\)\d{{7,8}}){_MORE}?(?!\S)"
)

_NOUN = (
    r"\b(?:(?:tele)?phones?|tel|mobiles?|cell(?:phone)?|fax|whats ?app|hotline|helpline|"
    r"contact (?:no\b|num)|(?:office|desk|direct|home|ph) ?[.:])|(?-i:\b[TPMF]): |"
    r"telefon|téléphone|teléfono|电话|電話|手机|手機|联系|聯繫|"
    r"联络|聯絡|致电|致電|拨打|撥打|来电|來電|传真|傳真|热线|熱線|短信|简讯|簡訊|座机|微信"
)
#: Words before a number: nouns some way off, verbs with little between.
_ANNOUNCED = re.compile(
    rf"(?i)(?:(?:{_NOUN})[^\d\n]{{0,30}}\n{{0,2}}|\b(?:my|his|her|their|our|your|contact|direct|toll[- ]free|emergency)"
    r"(?: \w+)? number(?:'s| is| was)?[^\w\n]{0,3}|\bnumber (?:to (?:call|dial|text|reach|ring)[^\d\n]{0,20}|"
    r"(?:is|was)[^\w\n]{0,3})|"
    r"\b(?:call(?:s|ed|ing)?|dial(?:l?ed|l?ing)?|reach(?:ed|able)?|contact(?:ed)?|sms|text(?:ed)?|ring|answer(?:ing)?)"
    r"(?:(?: (?:me|us|him|her|them|now|today|back|or|text|the|our|my|toll[- ]free|directly))*(?: (?:at|on|under|via))?|"
    r"(?: [\w.'’]+){1,4} (?:at|on|under))[^\w\n]{0,3})$"
)
#: Words behind it: `555 0199 (office)`.
_NAMED = re.compile(
    r"(?i)[ \t]*[(,\-]?[ \t]*(?:(?:tele)?phone|office|work|home|mobile|cell(?:phone)?|fax|tel|"
    r"direct|toll[- ]free|电话|"
    r"手机|传真)(?![A-Za-z])"
)
#: Words that say it is a number of something else.
_OTHER = re.compile(
    r"(?i)(?:\b(?:licen[cs]e|part|sku|passport|account|a/c|order|invoice|serial|tracking|package|"
    r"isbn|issn|patent|card|ticket|id|"
    r"reference|apt|apartment|suite|room|unit|flat|box|model|case|security|routing|prime|random|confirmation|booking|"
    r"registration|member(?:ship)?|policy|flight|employee|student|customer|tax|population|version|ver|release|build|"
    r"revision|firmware|commit|doi|pmid|arxiv|zip|postcode|postal code)\b[^\d\n]{0,16}|"
    r"(?:订单|訂單|账号|帳號|帐号|卡号|卡號|证号|證號|编号|編號|快递单号|单号|單號|学号|學號|版本|邮编|郵編|郵遞區號|QQ|qq|人口|金额)[^\d\n]{0,6})\Z"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?: .*)?|"
    r"(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d(?: .*)?|"
    r"(?:1\d|20)\d\d ?[-/ ] ?(?:1\d|20)\d\d"
)
_PHONE = re.compile(rf"(?i){_NOUN}")
_DECIMAL = re.compile(r"(?!\d{4}\.\d{4}$)\d+\.\d+|97[89][- ]?(?:\d[- ]?){10}")  # or an ISBN

_CHINESE = re.compile(r"1[3-9]\d([- ]?)\d{4}\1\d{4}")
_AMERICAN = re.compile(r"(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}")
#: A trunk 0; an area in brackets; pairs between hyphens or dots; a subscriber's seven or eight digits.
_SHAPES = re.compile(
    r"(?=(?:\D?\d){8})0\d{1,4}(?:[ .\-]\d{2,8}){1,5}|(?=(?:\D*\d){7})\(0?\d{1,4}\)[ .-]?\d{2,8}(?:[ .-]\d{2,4}){0,3}|"
    r"\d\d-\d\d(?:-\d\d){2,3}|0\d\.\d\d(?:\.\d\d){3}|[2-9]\d{2,3} \d{4}"
)
_GROUPED = re.compile(r"\d{2,4}(?: \d{2,4}){2,4}")
#: Credit cards, groups of an IBAN, American social security numbers.
_OTHER_SHAPES = re.compile(r"\d{4}(?: \d{4}){2,}(?: \d{1,3})?|\d{3}-\d{2}-\d{4}")
_ZIP = re.compile(r"\d{5}-\d{4}")
_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+")
#: Tried in turn where no country code is written: the ways of numbering that most people use.
_REGIONS = ("US", "CN", "GB", "DE", "FR", "IN", "BR", "ES", "IT", "JP", "NO", "DK", "CH", "AU", "PL", "SE", "AT", "NZ")


def phones(text: str, wanted: Phones) -> list[tuple[int, int]]:
    """Where telephone numbers stand in a text of plain blanks, hyphens and digits, in order."""
    text = text.translate(_PLAIN)
    return [place for row in _ROW.finditer(text) for place in _numbers(text, *row.span(), wanted)]


def _numbers(text: str, start: int, end: int, wanted: Phones) -> Iterator[tuple[int, int]]:
    """The numbers of a row of digits: the whole, or else the parts of a list."""
    before, after = text[max(0, start - 60) : start], text[end : end + 20]
    # Alone on its line, but for blanks; lines that begin or end with more of them are not looked at.
    alone = not before.rpartition("\n")[2].strip() and not after.partition("\n")[0].strip()
    row = text[start:end]
    parted = not _ABROAD.match(row) and any(match[0] != _bare(row) for match in _WHOLE.finditer(row))
    if not parted and not re.search("[,，]", row) and _is_phone(_bare(row), before, after, alone, wanted):
        yield start + len(row) - len(_bare(row)), end
        return
    parts = _parted(row)
    for first, last in parts:
        part = row[first:last]
        inner = [] if _ABROAD.match(part) else list(_WHOLE.finditer(part))
        found = [m.span() for m in inner if _is_phone(m[0], before, after, False, wanted)]
        here = alone and len(parts) > 1
        if not found and _is_phone(_bare(part), before, after if last == len(row) else "", here, wanted):
            found = [(len(part) - len(_bare(part)), len(part))]
        yield from ((start + first + begin, start + first + stop) for begin, stop in found)


def _parted(row: str) -> list[tuple[int, int]]:
    """The parts of a list. A comma or a stroke with few digits beside it belongs to a number (1,234,567) or a date."""
    edges = [0, *(place for match in _LIST.finditer(row) for place in match.span()), len(row)]
    parts = list(zip(edges[::2], edges[1::2], strict=True))
    long = [len(re.findall(r"\d", row[first:last])) >= _SHORTEST for first, last in parts]
    return [
        part
        for n, part in enumerate(parts)
        if long[n] and (n == 0 or long[n - 1] or " " in row[parts[n - 1][1] : part[0]])
        and (n + 1 == len(parts) or long[n + 1] or row[part[1]] == "/" or " " in row[part[1] : parts[n + 1][0]])
    ]  # fmt: skip


def _bare(written: str) -> str:
    """Without the bracket of a remark that begins before the number."""
    return written[1:] if written.startswith("(") and ")" not in written else written


def _is_phone(written: str, before: str, after: str, alone: bool, wanted: Phones) -> bool:
    number = _EXTENSION.sub("", written)
    digits = "".join(re.findall(r"\d", number))
    if len(set(digits)) < 3 or not 6 <= len(digits) <= 15 or number.count("(") != number.count(")"):
        return False
    if _DATE.fullmatch(number.removeprefix("+ ")):
        return False
    other = _OTHER.search(before)
    if (other and not _PHONE.search(other[0])) or _OTHER_SHAPES.fullmatch(number) or _DECIMAL.fullmatch(number):
        return False
    if number.startswith(("+", "(+")):
        return _fits("+" + digits, (None,), wanted)
    if digits.startswith("00") and len(digits) > 10 and _fits("+" + digits[2:], (None,), wanted):
        return True
    if _CHINESE.fullmatch(number):
        return wanted == "possible" or _fits(digits, ("CN",), wanted)
    if _AMERICAN.fullmatch(number):
        return wanted == "possible" or _fits(digits, ("US",), wanted)
    named = _ANNOUNCED.search(before) is not None or _NAMED.match(after) is not None
    announced = named and max(map(len, re.findall(r"\d+", number))) >= 2
    return (announced or _looks(number, alone)) and _fits(digits, _REGIONS, wanted)


def _looks(number: str, alone: bool) -> bool:
    """Whether the shape, or the shape on a line of its own, makes it a telephone number."""
    if _SHAPES.fullmatch(number) and not _ZIP.fullmatch(number):
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
