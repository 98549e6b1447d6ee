"""Documents cut into passages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.text.passages import passages


def test_sections_are_not_joined() -> None:
    assert passages("Intro.\n# A\nOne.\n\nTwo.\n## B\nThree.", 100) == ["Intro.", "# A\nOne.\n\nTwo.", "## B\nThree."]


def test_paragraphs_then_sentences_then_characters() -> None:
    assert passages("One two.\n\nThree four.\n\nFive.", 18) == ["One two.", "Three four.\n\nFive."]
    assert passages("One two. Three four. Five.", 12) == ["One two.", "Three four.", "Five."]
    assert passages("压力低。请加水！好吗？", 6) == ["压力低。", "请加水！", "好吗？"]
    assert passages("abcdefgh", 3) == ["abc", "def", "gh"]
    assert passages(" \n ", 3) == []


@given(st.text(alphabet="a。. \n#", max_size=60), st.integers(1, 20))
def test_nothing_is_lost_and_nothing_too_long(text: str, size: int) -> None:
    found = passages(text, size)
    assert all(0 < len(part) <= size for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_heading_without_a_body_stands_above_the_next() -> None:
    assert passages("# Pump\n\n## At night\nIt runs.\n## By day\nIt rests.", 99) == [
        "# Pump\n\n## At night\nIt runs.",
        "## By day\nIt rests.",
    ]


def test_a_comment_in_code_is_no_heading() -> None:
    text = "# Start\n```\n# first\nrun\n```\nDone."
    assert passages(text, 99) == [text]


def test_chinese_headings() -> None:
    assert passages("第一章 锅炉\n锅炉需要水。\n第二章：水泵\n水泵夜里工作。", 99) == [
        "第一章 锅炉\n锅炉需要水。",
        "第二章：水泵\n水泵夜里工作。",
    ]
