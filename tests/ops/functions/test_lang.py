from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.ops.functions.lang import lang
from tunec.runtime.text import languages


def test_languages() -> None:
    texts = {
        "How do I boil an egg?": "en",
        "Wie geht es dir heute?": "de",
        "C'est la vie,\nmon ami": "fr",
        "今天天气怎么样？": "zh",
        "你好": "zh",
        "これはペンです": "ja",
        "Как дела?": "ru",
        "HELLO WORLD, HOW ARE YOU": "en",
        "Hi!": "en",
        "Who?": "en",
    }
    assert lang(pl.Series(list(texts))).to_list() == list(texts.values())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("高血压", "zh"),
        ("請問這個藥可以飯後吃嗎", "zh"),
        ("东京", "zh"),
        ("東京に行きたい", "ja"),
        ("서울의 날씨", "ko"),
        ("漢字와 한글", "ko"),
        ("สวัสดีครับ", "th"),
        ("Привет, мир", "ru"),
        ("Καλημέρα", "el"),
        ("apple", "en"),
        ("Thank you", "en"),
        ("OK", "en"),
        ("苹果公司在 Cupertino 发布了 iPhone，Tim Cook 和 Craig Federighi 作了演讲。", "zh"),
        ("请把 machine learning 翻译成中文", "zh"),
        ("The Chinese word 你好 means hello and is used at any time of the day.", "en"),
        ('Translate "你好" into English.', "en"),
        ("“To be or not to be”是什么意思？", "zh"),
        ('¿Cómo se dice "I love you" en español?', "es"),
        ("我用GitHub Copilot和VS Code写React", "zh"),
        ("iPhone和iPad的区别", "zh"),
        ("苹果/香蕉/橘子哪个好吃？", "zh"),
        ("#Python入门教程怎么学", "zh"),
        ("发邮件到a@b.com给我", "zh"),
        ("今天的内容：https://www.example.org/a/very/long/path/that/is/not/english/text", "zh"),
        ("Solve $x^2 + y^2 = z^2$ for \\(x\\), if possible.", "en"),
        ("Use this:\n```python\nfor i in range(3):\n    print(i)\n```\nIt prints three numbers.", "en"),
        ("用这个函数：\n```python\ndef add(a, b):\n    return a + b\n```", "zh"),
    ],
)
def test_script_and_content_decide(text: str, language: str) -> None:
    assert lang(pl.Series([text])).to_list() == [language]


@pytest.mark.parametrize(
    "text",
    [
        "def add(a, b):\n    # add two numbers\n    return a + b\n\nprint(add(1, 2))",
        "for (int i = 0; i < n; i++) {\n  sum += values[i];\n}",
        "SELECT name, age FROM people WHERE age > 30;",
        '<div class="a"><img src="b.png"/></div>',
        '{"name": "Jo", "age": 3}',
        "```\nls -la\n```",
        "https://www.example.org/some/path?x=1",
        "x",
        "12 + 30 = 42",
        "x_1 = 3",
    ],
)
def test_code_and_addresses_are_no_language(text: str) -> None:
    assert lang(pl.Series([text])).to_list() == [None]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("<p>The house is old and the door is open today.</p>", "en"),
        ('<div class="x"><p>今天天气很好，我们去公园。</p></div>', "zh"),
        ("<answer>Das Haus ist sehr alt</answer>", "de"),
        ("<html>\n<body>\n<p>Le chat dort sur la chaise.</p>\n</body>\n</html>", "fr"),
        ("<style>p { color: red; }</style>\n<p>Il gatto dorme sulla sedia.</p>", "it"),
        ("<script>const house = open();</script>", None),
        ('<input type="text" name="q"><br>', None),
        ("List<String> names = new ArrayList<>();", None),
    ],
)
def test_markup_hides_no_language(text: str, language: str | None) -> None:
    assert lang(pl.Series([text])).to_list() == [language]


def test_without_letters_there_is_no_language() -> None:
    assert lang(pl.Series([None, "", " \n", "2 + 2 = ?", "…"], dtype=pl.String)).to_list() == [None] * 5


def test_equal_texts_and_order() -> None:
    assert lang(pl.Series(["Good morning", "你好吗", "Good morning"])).to_list() == ["en", "zh", "en"]
    assert lang(pl.Series([], dtype=pl.String)).to_list() == []


def test_many_texts_are_looked_at_in_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pl.Series(
        ["Good morning to you all", None, "你好吗？", "a\x1cb\x85c\u2028d", "Guten\nMorgen, liebe Leute", "2"]
    )
    here = lang(texts)
    monkeypatch.setattr(languages, "APART", 1)
    monkeypatch.setattr(languages, "_here", None)
    assert lang(texts).equals(here)
    monkeypatch.setattr(languages.sys, "executable", "false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        lang(texts)


HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说学習電腦龍鬱"


@settings(deadline=None)
@given(st.text(HAN, min_size=1, max_size=30))
def test_han_alone_is_chinese(text: str) -> None:
    assert lang(pl.Series([text])).to_list() == ["zh"]
