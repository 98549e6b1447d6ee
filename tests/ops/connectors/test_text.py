from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tunec.runtime.text.documents import paragraphs, pieces, plain

PAGE = """<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body>
<h1>Tea &amp; cake</h1><p>One  <b>bold</b>
word.</p><script>var x = "<p>no</p>";</script><ul><li>甲</li><li>乙</li></ul>a<br>b</body></html>"""


def test_a_page_as_text() -> None:
    assert plain(PAGE) == "Tea & cake\n\nOne bold word.\n\n甲\n\n乙\n\na\nb"
    assert plain("<pre>a\n  b</pre>") == "a\n  b"
    # Closing tags may be left out.
    assert plain("<head><title>T</title><body><p>Hello<p>there") == "Hello\n\nthere"
    assert plain("5 < 6 & so on") == "5 < 6 & so on"


def test_paragraphs_and_pieces() -> None:
    assert paragraphs("a\nb\n\n \nc\r\n\r\nd\n") == ["a\nb", "c", "d"]
    assert pieces("one two three four", 10) == ["one two", "three four"]
    assert pieces("今天天气好。我们去公园。", 8) == ["今天天气好。", "我们去公园。"]
    assert pieces("abcdefgh", 3) == ["abc", "def", "gh"]
    assert pieces("First part.\n\nSecond", 14) == ["First part.", "Second"]
    assert pieces("  ", 3) == []


@given(st.text("ab。. \n中", max_size=60), st.integers(1, 12))
def test_pieces_hold_all_and_no_more_than_asked_for(text: str, size: int) -> None:
    found = pieces(text, size)
    assert all(0 < len(piece) <= size for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_documents_in_a_spec(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# Title\n\nText one \ufffd.\n", encoding="utf-8")
    (folder / "b.html").write_text(PAGE, encoding="utf-8")
    (folder / "c.txt.gz").write_bytes(gzip.compress("你好".encode()))
    (folder / "d.txt").write_bytes(b"\xff\xfe bad")
    spec = 'source d = text("docs/*", {})\ndataset out: text from d {{ filter {{ keep meta.part >= 0 }} }}'
    by_file = build(tmp_path, spec.format("on_error: skip"))
    assert [t[:8] for t in rows(by_file, "out")["text"]] == ["# Title\n", "Tea & ca", "你好"]
    assert ledger(by_file, "out").filter(verdict="quarantined")["rule"].to_list() == ["not UTF-8"]
    parts = build(tmp_path, spec.format("by: paragraph, on_error: skip"))
    assert rows(parts, "out")["text"].to_list()[:3] == ["# Title", "Text one \ufffd.", "Tea & cake"]
    chars = build(tmp_path, spec.format("by: chars, size: 12, on_error: skip"))
    assert rows(chars, "out")["meta.part"].to_list()[:2] == [0, 1]


@pytest.mark.parametrize(
    "begin",
    ["<a ", "<a x='", "<!--", "<!--x>", "<![CDATA[", "<![CDATA[x>", "</", "<!x", "<?x", "<", "<template>", "&#"],
)
def test_a_page_of_beginnings_takes_no_time(begin: str) -> None:
    page = begin * 40_000 + "</head>" * 40_000
    began = time.process_time()
    plain(begin * 40_000), plain(page)
    assert time.process_time() - began < 15  # each was minutes


def test_what_nothing_closes_is_text() -> None:
    assert plain("<p>one</p> two <b three <!-- four") == "one\n\ntwo <b three <!-- four"
    assert plain("one <!-- two <b>three</b> &amp; &lt;") == "one <!-- two <b>three & <"
    assert plain("<script>one</script> two <template>three</template><template><style>four</style>") == "two"
