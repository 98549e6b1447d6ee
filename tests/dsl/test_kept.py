"""What was read before does not show in what is read now."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
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


def read(text: str) -> Any:
    """What a parse gives, where the text was not parsed before as a whole."""
    parser._parsed.cache_clear()
    return parser.parse_tokens(Source("a.tune", text))


def plain(part: Any) -> Any:
    """A part of a tree with all of its fields, of which some are not compared: spans."""
    if is_dataclass(part):
        return type(part), [plain(getattr(part, field.name)) for field in fields(part)]
    return [plain(one) for one in part] if isinstance(part, tuple | list) else part


def said(text: str, *, forget: bool) -> Any:
    """All that a parse gives, spans included."""
    if forget:
        KEPT.clear()
    file, tokens, found = read(text)
    return plain(file), file.comments, tokens, found


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), PIECES), min_size=1, max_size=6))
@settings(deadline=None, max_examples=80)
def test_edits_one_after_another(edits: list[tuple[int, int, str]]) -> None:
    text = TEXT
    KEPT.clear()
    for place, length, piece in edits:
        read(text)
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
