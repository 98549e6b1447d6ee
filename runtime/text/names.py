"""Names of persons by the words around them: titles, `my name is`, `姓名：`. They stand beside what a model finds."""

from __future__ import annotations

import re
from collections.abc import Iterator

Spans = Iterator[tuple[int, int]]

_WORD = r"[A-ZÀ-Ž](?:\.|[\w'’-]+)"
_PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|el|al|bin|ibn|ter|zu|af)"
#: Up to five words with a capital, and particles between them.
_NAME = rf"{_WORD}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_WORD}){{0,3}}"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Herr|Frau|Mme|Mlle|Sr|Sra)\.?"
_DEGREE = r"(?:,?[ \t](?:PhD|Ph\.D\.|MD|M\.D\.|DDS|DVM|Esq\.?|Jr\.?|Sr\.?|I{2,3}|IV))*"
_CUED = re.compile(
    rf"\b(?i:(?:my|his|her|their|the|maiden|full|first|last|family|account|partner['’]s)[ \t]name(?:[ \t]is|:)|"
    rf"names?[ \t]?:|calls?[ \t]me|named[ \t](?:him|her|them|me)|under[ \t]my[ \t]\w+['’]s[ \t]name|"
    rf"what['’]?s[ \t](?:your|the)[ \t]name(?:[^?\n]{{0,20}})?\?(?:[ \t]\w+:)?|"
    rf"this[ \t]is|i[ \t]am|i['’]m)[ \t]+(?P<name>(?:{_TITLE}[ \t])?{_NAME}{_DEGREE})"
)
_GREETED = re.compile(
    rf"(?m)(?:^|[.!?\"“][ \t])(?:Dear|Hi|Hello|Hey)[ \t]+(?P<name>(?:{_TITLE}[ \t])?{_NAME})(?=[ \t]*[,!:\n])"
)
_SAID = re.compile(rf"\b(?:says|said|asked|replied|answered)[ \t](?P<name>(?:{_TITLE}[ \t])?{_NAME})")
_TITLED = re.compile(rf"\b(?P<name>{_TITLE}[ \t]{_NAME}{_DEGREE})")
#: What a greeting or `I am` is followed by where nobody is meant.
_NOBODY = frozenset(
    [
        *("All", "Team", "Everyone", "Everybody", "There", "Sir", "Madam", "Guys", "Folks", "Friend", "Friends"),
        *("Customer", "Customers", "Hiring", "Manager", "World", "Doctor", "Professor", "Mom", "Dad", "I", "It", "The"),
        *("A", "An", "This", "That", "And", "Or", "But", "So", "Not", "Sorry", "Happy", "Sure", "He", "She", "They"),
        *("We", "You", "If", "In", "On", "My", "Your", "His", "Her", "American", "British", "Chinese", "English"),
        *("French", "German", "Indian", "Italian", "Spanish", "Japanese", "Korean", "Russian", "Canadian", "Christian"),
        *(
            "String",
            "Client",
            "Clients",
            "Person",
            "Name",
            "None",
            "Text",
            "Choose",
            "Enter",
            "Best",
            "America",
            "Legend",
        ),
        *("Mexican", "African", "Asian", "European", "Australian", "Dutch", "Irish", "Jewish", "Muslim", "Catholic"),
    ]
)
#: Before a name that a model found, and after it.
_BEFORE = re.compile(rf"\b{_TITLE}[ \t]$")
_AFTER = re.compile(_DEGREE)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦"
    "付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧葉蘇魏呂盧鍾譚陸"
    "賈韋鄒龍賀顧龔萬錢嚴湯"
)
_SURNAME = rf"(?:欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|夏侯|东方|東方|皇甫|尉迟|令狐|[{_SURNAMES}])"
_END = r"(?=$|[^\u4e00-\u9fff]|的|是|和|与|與|在|今年|住|先生|女士|小姐|同学|同學|老师|老師|来自|來自)"
_CHINESE = re.compile(
    rf"(?:我叫|名叫|名字叫|名字是|我的名字是|姓名(?:是|为|為)?[:：]?|联系人[:：]?|聯絡人[:：]?|收件人[:：]?|收货人[:：]?|寄件人[:：]?|"
    rf"经办人[:：]?|负责人[:：]?|患者[:：]?|称呼[:：]?)[ \t]*(?P<name>{_SURNAME}[\u4e00-\u9fff·]{{1,2}}?){_END}|"
    rf"(?:(?<![\u4e00-\u9fff])|(?<=[系找给給跟和与與请請问問]))(?P<called>{_SURNAME}[\u4e00-\u9fff]{{0,2}}?(?:先生|女士|小姐|太太))"
)


def named(text: str) -> Spans:
    """Where the words around it say that a name stands."""
    for pattern in (_TITLED, _CUED, _GREETED, _SAID):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            first = re.split(r"[ \t'’]", text[start:end])[0].rstrip(".,")
            if first not in _NOBODY:
                yield start, end
    for match in _CHINESE.finditer(text):
        yield match.span("name" if match["name"] else "called")


def with_title(text: str, start: int, end: int) -> tuple[int, int]:
    """A name that was found, with the title before it and the degree after it."""
    before, after = _BEFORE.search(text, max(0, start - 12), start), _AFTER.match(text, end)
    return (before.start() if before else start), (after.end() if after else end)
