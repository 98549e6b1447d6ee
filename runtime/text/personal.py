"""What identifies a person in a text, by patterns: addresses of the web and of machines, numbers, telephone numbers;
and what opens an account."""

from __future__ import annotations

import ipaddress
import re
import string
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

import polars as pl

from tunec.runtime.text.accounts import Places, bitcoins, cards, chinese_ids, ibans, ssns
from tunec.runtime.text.credentials import HINT as CREDENTIAL
from tunec.runtime.text.credentials import credentials
from tunec.runtime.text.phones import HINT, Phones, phones

Kind = Literal[
    "email", "url", "secret", "iban", "bitcoin", "chinese_id", "credit_card", "ssn", "ip", "mac", "phone", "person",
    "address",
]  # fmt: skip
#: What is looked for where no kind is named. Where two overlap, the earlier kind has it, and `person` comes last.
KINDS: tuple[Kind, ...] = (
    "email", "url", "secret", "iban", "bitcoin", "chinese_id", "credit_card", "ssn", "mac", "ip", "phone",
)  # fmt: skip


#: Other characters for the blanks, hyphens, letters and digits of numbers and addresses, those of Chinese keyboards
#: among them, one for one. Brackets, commas and colons of full width end an address, and are let be.
_PLAIN = str.maketrans(
    {chr(code): " " for code in (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-")
    | {chr(0xFEE0 + ord(mark)): mark for mark in "+-./@_" + string.digits + string.ascii_letters}
)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """`hint` (of Rust's engine) leaves most texts out, `find` reads the others."""

    hint: str
    find: Callable[[str], Places]


def found(texts: pl.Series, kinds: Iterable[Kind], wanted: Phones) -> pl.DataFrame:
    """The places of all texts, one a line, none over another: `text` (number in the series), `start`, `end` in
    characters, `kind`; ordered by text and place."""
    chosen = [kind for kind in KINDS if kind in set(kinds)]
    patterns = {kind: _pattern(kind, wanted) for kind in chosen}
    given, texts = texts, _plain(texts)
    places: dict[int, list[tuple[int, int, Kind]]] = {}
    for kind, pattern in patterns.items():
        hit = texts.str.contains(pattern.hint).fill_null(False).arg_true()
        for number, text in zip(hit.to_list(), texts.gather(hit).to_list(), strict=True):
            taken = places.setdefault(number, [])
            for start, end in pattern.find(text):
                _take(taken, (start, end, kind))
    named = frozenset(kinds) & {"person", "address"}
    if named:
        from tunec.runtime.text.entities import entities

        there = given.is_not_null().arg_true().to_list()
        for number, spans in zip(there, entities(given.drop_nulls().to_list(), named), strict=True):
            for span in sorted(spans, key=lambda place: place[2]):
                _take(places.setdefault(number, []), cast("tuple[int, int, Kind]", span))
    lines = [(number, *place) for number in sorted(places) for place in places[number]]
    schema = {"text": pl.Int64, "start": pl.Int64, "end": pl.Int64, "kind": pl.String}
    return pl.DataFrame(lines, schema=schema, orient="row")


def _plain(texts: pl.Series) -> pl.Series:
    """The texts with one character for each blank, hyphen, letter or digit, however it is written."""
    odd = texts.str.contains(f"[{''.join(map(chr, _PLAIN))}]").fill_null(False).arg_true()
    if not len(odd):
        return texts
    plain = [text.translate(_PLAIN) for text in texts.gather(odd)]
    return texts.clone().scatter(odd, pl.Series(plain, dtype=pl.String))


def _take(taken: list[tuple[int, int, Kind]], place: tuple[int, int, Kind]) -> None:
    """Add a place, unless it lies over one of those before; they stay in order."""
    index = bisect(taken, place)
    if (index and taken[index - 1][1] > place[0]) or (index < len(taken) and taken[index][0] < place[1]):
        return
    taken.insert(index, place)


def counted(texts: pl.Series, kinds: Iterable[Kind], wanted: Phones) -> pl.Series:
    """How many places each text has; missing for a missing text."""
    numbers = found(texts, kinds, wanted)["text"].value_counts()
    zeros = pl.zeros(len(texts), dtype=pl.Int64, eager=True).alias(texts.name)
    counts = zeros.scatter(numbers["text"], numbers["count"].cast(pl.Int64)) if len(numbers) else zeros
    return counts.set(texts.is_null(), None)


def _pattern(kind: Kind, wanted: Phones) -> _Pattern:
    if kind == "phone":
        return _Pattern(HINT, lambda text: _phones(text, wanted))
    return _PATTERNS[kind]


def _phones(text: str, wanted: Phones) -> Iterator[tuple[int, int]]:
    """Telephone numbers, but for those inside of a number with a checksum, an address of the web, or the like."""
    others: list[tuple[int, int]] | None = None
    for start, end in phones(text, wanted):
        if others is None:
            others = [place for kind in KINDS if kind != "phone" for place in _PATTERNS[kind].find(text)]
        if all(end <= other or start >= until for other, until in others):
            yield start, end


# E-mail and web

#: RFC 2606: no one's.
_NOBODYS = re.compile(
    r"(?i)(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost|(?:your|my)?domain\.com)\.?$"
)
#: Those of all Latin alphabets: `josé@correo.es` is no address of `@correo.es`. Chinese ones go on without a blank.
_LETTERS = r"A-Za-z\u00c0-\u024f"
_EMAIL = re.compile(
    rf"(?<![{_LETTERS}0-9!#$%&'*+/=?^_`{{|}}~.@-])[{_LETTERS}0-9_][{_LETTERS}0-9!#$%&'*+/=?^_`{{|}}~.-]{{0,63}}@"
    rf"((?:[{_LETTERS}0-9-]{{1,63}}\.)+[{_LETTERS}]{{2,24}})(?![{_LETTERS}0-9@-])"
)
#: The name and the password of an address open what is there, whatever the scheme: `postgres://admin:pass@db/app`.
_ENTRY = r"[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{0,80}:[^\s/@]{1,200}@"
# Ends before Chinese characters and punctuation: no space follows an address there.
_URL = re.compile(
    rf"(?i)(?<![a-z0-9./@])(?:(?:https?|ftp)://|www\.|{_ENTRY})"
    r"[^\s<>\"'`{}|\\^\u2018-\u201f\u3000-\u9fff\uff00-\uffef]+"
)


#: `git@github.com`, `deploy@host.io:srv/app.git` and `icon@2x.png` are no one's mail.
_NO_MAIL = re.compile(r"(?i)(?:git|hg|svn)@.*|.*\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?|css|json|html?|xml|txt|pdf)")
_WITHIN = re.compile(r"://[^\s/@]{1,300}\Z")
_REMOTE = re.compile(r":[\w.~-]*/|:[\w.-]+\.git\b")


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        mail = ".." not in match[0] and not _NOBODYS.search(match[1])
        place = _WITHIN.search(text, max(0, match.start() - 320), match.start())  # `https://jo:pass@corp.io`
        if mail and not place and not _NO_MAIL.fullmatch(match[0]) and not _REMOTE.match(text, match.end()):
            yield match.span()


_OPEN = re.compile(f"(?i){_ENTRY}")


def _urls(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        address = match[0]
        while address[-1:] in tuple(".,;:!?*_~]") or (address[-1:] == ")" and address.count(")") > address.count("(")):
            address = address[:-1]
        host = re.sub(r"(?i)^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?|[:/?#].*$", "", address)
        if (
            ("." in host.strip(".") or _OPEN.match(address))
            and not _NOBODYS.search(host)
            and not host.startswith("127.")
        ):
            yield match.start(), match.start() + len(address)


# Machines

_IP = re.compile(
    r"(?<![A-Za-z0-9_.])(?<![A-Za-z][-/])(?:(?:\d{1,3}\.){3}\d{1,3}(?![A-Za-z0-9_]|\.\d)|"
    r"(?<!:)(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![A-Za-z0-9_:]))"
)
# With colons, with hyphens, or as Cisco writes it.
_MAC = re.compile(
    r"(?<![A-Za-z0-9:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![A-Za-z0-9:-])|"
    r"(?<![A-Za-z0-9.])(?=[0-9.]*[A-Fa-f])(?=[A-Fa-f.]*\d)(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![A-Za-z0-9]|\.\w)"
)
#: RFC 5737 and 3849: for manuals.
_MANUALS = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]


#: Four numbers after one of these, or four small ones, are a version or a section, unless it is called an address.
_VERSION = re.compile(
    r"(?i)(?:\b(?:versions?|ver|v|release[sd]?|build|firmware|driver|kernel|revision|upgraded?|updated?|section|chapter|"
    r"clause)\b|版本|版|固件|升级|更新|章|节)[^\d\n]{0,12}$|[=~^><]\s?$|(?:§|第)\s?$"
)
_ADDRESS = re.compile(r"(?i)\bip(?:v4)?s?\b|\bhosts?\b|address|server|gateway|subnet|\bdns\b|地址|服务器|网关|主机")
_SMALL = 30


def _ips(text: str) -> Iterator[tuple[int, int]]:
    for match in _IP.finditer(text):
        start, end = match.span()
        if _is_ip(match[0]) and not _is_version(match[0], text[max(0, start - 40) : start]):
            yield start, end


def _is_version(written: str, before: str) -> bool:
    if ":" in written or _ADDRESS.search(before.rpartition("\n")[2]):
        return False
    numbers = [int(number) for number in written.split(".")]
    return _VERSION.search(before) is not None or (max(numbers) < _SMALL and numbers[0] != 10)


def _is_ip(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    # `abc::def` may be a name of a program.
    if address.version == 6 and sum(any(c.isdigit() for c in part) for part in written.split(":")) < 2:
        return False
    other = address.is_loopback or address.is_unspecified or address.is_multicast
    masks = address.version == 4 and address.packed[0] in (0, 255)
    return not other and not masks and not any(address in network for network in _MANUALS)


_PATTERNS: dict[str, _Pattern] = {
    "email": _Pattern(r"[^\s@]@[^\s@]", _emails),
    "url": _Pattern(r"(?i)://|www\.", _urls),
    "secret": _Pattern(CREDENTIAL, credentials),
    "iban": _Pattern(r"[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{2}", ibans),
    "bitcoin": _Pattern(r"bc1[a-z0-9]{25}|[13][1-9A-HJ-NP-Za-km-z]{25}", bitcoins),
    "chinese_id": _Pattern(r"\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx]", chinese_ids),
    "credit_card": _Pattern(r"\d(?:[ .-]?\d){11}", cards),
    "ssn": _Pattern(r"\d{3}-\d{2}-\d{4}", ssns),
    "ip": _Pattern(r"\d\.\d{1,3}\.\d|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:", _ips),
    "mac": _Pattern(
        r"(?:[0-9A-Fa-f]{2}[:-]){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.",
        lambda text: (m.span() for m in _MAC.finditer(text)),
    ),
}
