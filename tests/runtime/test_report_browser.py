"""The report as a browser shows it: nothing leaves the page, charts have marks, search finds rows, data stay text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, address, visit
from tests.building import build

HOSTILE = (
    "</script><script>window.hacked = 1</script>", "<img src=x onerror='window.hacked = 1'>", "<!-- <script>",
    "{{ hacked }} ${hacked} {b} \u2028 \\u003cb>", "<style>body{display:none}</style>", '" onload="window.hacked = 1',
)  # fmt: skip
SPEC = """spec t(version: "1.0.0-dev", license: "MIT")
source chats = jsonl("chats.jsonl", format: messages, license: "MIT")
dataset out from chats {
    filter { keep words(response) in 1..6 as brief }
    split { train: 50%, test: 50% }
}
"""
DRAWN = (
    "new Promise(done => { const look = () => document.documentElement.dataset.drawn === undefined"
    " ? setTimeout(look, 20) : done(document.documentElement.dataset.drawn); look(); })"
)
MARKS = "[...document.querySelectorAll('.plot')].map(p => p.querySelectorAll('svg path, svg rect, svg circle').length)"
SEARCH = """(() => {
    const box = document.getElementById('find');
    box.value = 'PLANTED needle';
    box.dispatchEvent(new Event('input', {bubbles: true}));
    return [document.getElementById('count').textContent, document.querySelectorAll('#list .row').length,
            document.querySelector('#list mark').textContent, document.querySelector('#list .thinks').textContent];
})()"""
#: Where the keyboard is, and whether people see that.
FOCUS = """(() => { const at = document.activeElement, box = at.getBoundingClientRect(), look = getComputedStyle(at);
    return [at.textContent.trim(), at.matches(':focus-visible') && look.outlineStyle !== 'none' && box.bottom > 0];
})()"""
#: What can be scrolled and not reached with the keyboard.
UNREACHED = """[...document.querySelectorAll('*')].filter(e =>
    ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
    && e.scrollWidth > e.clientWidth && !e.querySelector('a, button, input') && e.tabIndex < 0).length"""
HACKED = """[typeof window.hacked, document.querySelectorAll('#list img, #list script, #list style').length,
    getComputedStyle(document.body).display, document.documentElement.scrollWidth <= innerWidth]"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_shows_it(tmp_path: Path) -> None:
    rows = [[("user", f"Say {n}: {said}"), ("assistant", "word " * (n + 1))] for n, said in enumerate(HOSTILE * 2)]
    chats = [{"messages": [{"role": r, "content": c} for r, c in chat]} for chat in rows]
    planted = {"role": "assistant", "content": "Here it is.", "reasoning_content": "It is a planted needle."}
    chats.append({"messages": [{"role": "user", "content": HOSTILE[0]}, planted]})
    (tmp_path / "chats.jsonl").write_text("".join(json.dumps(c) + "\n" for c in chats), encoding="utf-8")
    built = build(tmp_path, SPEC).built
    assert built is not None and built.published is not None
    page = visit(
        address(built.published.out / "report.html"), [DRAWN, MARKS, HACKED, SEARCH, HACKED, UNREACHED], width=390
    )
    drawn, marks, before, searched, after = page.values[:5]
    assert not page.errors and not page.requests
    assert int(drawn) == len(marks) >= 3 and min(marks) > 3
    assert before == after == ["undefined", 0, "block", True]
    assert page.values[5] == 0
    assert searched == ["1 of these rows match", 1, "planted needle", "It is a planted needle."]
    # With the keyboard: past the navigation to the answers, and on to what they link to.
    keys = ["key:Tab", FOCUS, "key:Enter", "location.hash", "key:Tab", FOCUS, "key:Tab", FOCUS]
    page = visit(address(built.published.out / "report.html"), [DRAWN, *keys])
    (_, _, skip, _, there, _, first, _, second) = page.values
    assert skip == ["Skip to the answers", True] and there == "#answers"
    assert first[0].endswith("rows of 13") and first[1] and second[1], (first, second)
