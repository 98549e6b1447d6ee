"""The documentation holds: its specs lint, its links lead somewhere, its site builds.

A block of ```` ```tune ```` is a whole file and has to lint clean. What is not clean is announced in the fence,
```` ```{.tune .T309} ````, or by the page of the diagnostic that it is an example of. A part of a file stands in
```` ```{.tune .fragment} ````: it names what it does not declare, and has to have no mistakes of syntax.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.dsl.parser import parse
from tunec.dsl.source import Source
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Whole blocks are read as if they lay here, so that paths lead to the data of the examples.
PLACE = ROOT / "specs" / "page.tune"
PLACES = {"diagnostics.md": ROOT / "tests" / "golden" / "lint" / "no_such_file.tune"}
_TITLE = re.compile(r'title="([^"]+)"')
#: What a fragment may be a part of.
AROUND = ("{}", "dataset a from b {{\n{}\n}}", "source a = b({})", "rule a = {}")
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<marks>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=marks)", re.M | re.S
)
_HEADING = re.compile(r"^#+ (.*)$", re.M)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block of a page: where it stands, what its fence says, and the code of the page that it is an example in."""

    page: Path
    line: int
    words: tuple[str, ...]
    text: str
    announced: frozenset[str]
    title: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, text: str) -> list[Block]:
    """The blocks of `tune` on a page."""
    found = []
    for match in _FENCE.finditer(text):
        words = tuple(word.lstrip(".") for word in match["info"].strip("{} ").split())
        if not words or words[0] != "tune":
            continue
        announced = {word for word in words if re.fullmatch(r"T\d{3}", word)}
        before = text[: match.start()]
        if before.rstrip().endswith("\nExample:"):  # of a diagnostic: what fires is the page's own code
            announced |= set(re.findall(r"^T\d{3}", _HEADING.findall(before)[-1]))
        body = "".join(line.removeprefix(match["indent"]) for line in match["text"].splitlines(keepends=True))
        title = _TITLE.search(match["info"])
        line = before.count("\n") + 1
        found.append(Block(page, line, words, body, frozenset(announced), title[1] if title else ""))
    return found


BLOCKS = [block for page in PAGES for block in blocks(page, page.read_text("utf-8"))]
WHOLE = [block for block in BLOCKS if "fragment" not in block.words]
FRAGMENTS = [block for block in BLOCKS if "fragment" in block.words]


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_a_whole_spec_lints_clean(block: Block, tmp_path: Path) -> None:
    place = PLACES.get(block.page.name, PLACE)
    if block.title:  # beside the files that the page has its reader make
        (tmp_path / ".git").mkdir()  # the reader's copy of the repository
        shutil.copytree(ROOT / "specs", tmp_path / "specs", ignore=shutil.ignore_patterns(".tunec", "build"))
        for match in _FENCE.finditer(block.page.read_text("utf-8")):
            if title := _TITLE.search(match["info"]):
                file = tmp_path / title[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(match["text"], "utf-8")
        place = tmp_path / block.title
    found = check_spec(place, load_catalogue(), text=block.text).diagnostics
    assert {d.code for d in found} == block.announced, [f"{d.code} {d.message}" for d in found]


@pytest.mark.parametrize("block", FRAGMENTS, ids=str)
def test_a_fragment_has_no_mistakes_of_syntax(block: Block) -> None:
    readings = [parse(Source("page.tune", around.format(block.text)))[1] for around in AROUND]
    found = min(readings, key=len)
    assert not found, [f"{d.code} {d.message}" for d in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    for link in _LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {link}"
        if anchor:
            heads = _HEADING.findall(_FENCE.sub("", there.read_text("utf-8")))
            assert anchor in {slug(head) for head in heads}, f"{page.name} links to {link}"


def slug(heading: str) -> str:
    """The anchor of a heading, as sites and code hosts make it."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def test_the_blocks_are_found() -> None:
    text = "## T309 x\n\nExample:\n\n```tune\na\n```\n\n```{.tune .T310 .fragment}\nb\n```\n\n```python\nc\n```\n"
    first, second = blocks(ROOT / "docs" / "page.md", text)
    assert (first.words, first.text, first.announced, first.line) == (("tune",), "a\n", {"T309"}, 5)
    assert (second.text, second.announced) == ("b\n", {"T310"}) and "fragment" in second.words
    assert len(WHOLE) > 30 and len(FRAGMENTS) > 30


def test_every_page_is_in_the_navigation() -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"^ +- .*?([\w/-]+\.md)$", config, re.M)
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(listed) == sorted(pages)


@pytest.mark.extras
@pytest.mark.skipif(
    importlib.util.find_spec("material") is None, reason="mkdocs-material is not installed: tunec[docs]"
)
def test_the_site_builds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "tutorial" / "index.html").read_text("utf-8")
    assert '<span class="kd">dataset</span>' in page  # the lexer's colours
