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
