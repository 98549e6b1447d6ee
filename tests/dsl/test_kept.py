"""What was read before does not show in what is read now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.dsl import parser
from tunec.dsl.kept import KEPT
from tunec.dsl.source import Source

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "specs" / "chat.tune").read_text(encoding="utf-8")
PIECES = st.sampled_from(
    [
        "",
        "x",
        " ",
        "\n",
        "{",
        "}",
        '"',
        '"""',
        "## doc\n",
        "# ",
        "source a = b\n",
        "const c = [1, 2]\n",
        "r",
        "，",
        "@",
        "kep ",
    ]
)


def said(text: str, *, forget: bool) -> Any:
    """All that a parse gives, spans included."""
    parser._parsed.cache_clear()
    if forget:
        KEPT.clear()
    file, tokens, found = parser.parse_tokens(Source("a.tune", text))
    return asdict(file), file.comments, tokens, found


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), PIECES), min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_edits_one_after_another(edits: list[tuple[int, int, str]]) -> None:
    text = TEXT
    KEPT.clear()
    for place, length, piece in edits:
        said(text, forget=False)
        text = text[:place] + piece + text[place + length :]
        now = said(text, forget=False)
        before = dict(KEPT)
        assert now == said(text, forget=True)
        KEPT.update(before)


def test_most_of_a_text_is_kept() -> None:
    KEPT.clear()
    file = said(TEXT, forget=False)[0]
    # The last declaration ends where the text does, and is read anew each time.
    assert len(KEPT) == len(file["declarations"]) - 1
    first = dict(KEPT)
    said("# above\n" + TEXT, forget=False)
    assert first == KEPT
