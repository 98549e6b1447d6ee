"""What was read before does not show in what is read now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.dsl import parser
from tunec.dsl.kept import KEPT, parts
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
        "keep ",
        "\n\n",
        "\nsource a = b\n",
        "dataset d from tasks {\n",
        '"""\n',
        "and ",
        "(",
        "jsonl ",
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
@settings(deadline=None, max_examples=80)
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
    said(TEXT, forget=False)
    before = KEPT["a.tune"][0]
    assert len(before) == len(parts(TEXT))
    changed = TEXT.replace("jaccard: 0.8", "jaccard: 0.85")
    said(changed, forget=False)
    after = KEPT["a.tune"][0]
    assert len({*after} - {*before}) == 1
    said("# above\n" + changed, forget=False)
    assert {*KEPT["a.tune"][0]} - {*after} == {"# above\n" + TEXT[: parts(TEXT)[0].end]}


def test_a_text_is_not_cut_inside_of_a_string() -> None:
    text = 'param a: text = """\nsource b = rows([])\n"""\n\nparam c: int = 1\n'
    assert [text[part.start :].split()[1] for part in parts(text)] == ["a:", "c:"]
