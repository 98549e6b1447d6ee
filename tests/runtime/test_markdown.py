"""What specs and data say stays text in cards and reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build
from tests.characters import ANY
from tunec.dsl.visible import STEERING
from tunec.runtime.exchange.papers import export_papers
from tunec.runtime.versions.markdown import code, plain

HOSTILE = "<img src=x onerror=alert(1)> [click](javascript:alert(1)) | `x` ![](https://evil.example/t.png)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0"),
        ("未注明", "未注明"),
        ("a_b", "a\\_b"),
        ("[x](y)", "\\[x\\]\\(y\\)"),
        ("<b>", "&lt;b&gt;"),
        ("a\n# b", "a \\# b"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("https://a", "https:&#47;&#47;a"),
        ("a\u202eb\x1b", "a�b�"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(ANY))
def test_no_tag_no_line_no_cell(text: str) -> None:
    shown = plain(text)
    assert "<" not in shown and "\n" not in shown and "|" not in shown.replace("\\|", "")
    assert "\n" not in code(text)


def test_code_with_marks_of_code_in_it() -> None:
    assert (code("a"), code("a`b"), code("`a``")) == ("`a`", "``a`b``", "``` `a`` ```")


def test_the_card_of_a_hostile_licence(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "one", "output": "ok"}\n')
    licence = HOSTILE.replace('"', "'")
    result = build(
        tmp_path,
        f'spec t(version: "1.0.0", license: "{licence}")\n'
        f'source a = jsonl("a.jsonl", format: alpaca, license: "{licence}")\ndataset t from a {{ limit(1) }}\n',
    )
    assert result.built is not None and result.built.published is not None, result.problems
    out = result.built.published.out
    text = (out / "datasets" / "t" / "README.md").read_text().split("---\n", 2)[2]
    assert "<img" not in text and "](" not in text and "https://" not in text
    rows = [line for line in text.splitlines() if line.startswith("| a |")]
    assert rows and all(line.replace("\\|", "").count("|") == 6 for line in rows)


def test_the_report_runs_and_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "<script>alert(1)</script>", "output": "ok"}\n')
    result = build(tmp_path, 'source a = jsonl("a.jsonl", format: alpaca)\ndataset t from a {}\n')
    assert result.built is not None and result.built.published is not None
    text = (result.built.published.out / "report.html").read_text()
    head = text[: text.index("<title>")]
    assert "Content-Security-Policy" in head and "default-src 'none'" in head
    (scripts,) = re.findall(r"script-src ([^;]*)", head)
    assert scripts and all(source.startswith("'sha256-") for source in scripts.split())  # its own, by their content
    assert "<script>alert(1)" not in text and "alert(1)" in text


def test_a_source_that_changes_while_it_is_read_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan hashes one file, and another is read: its rows must not pass for those of the first."""
    from tunec.runtime.engine.engine import Engine, StepFailed

    (tmp_path / "a.jsonl").write_text('{"instruction": "one", "output": "ok"}\n')
    run = Engine.run

    def later(engine: Engine) -> None:
        (tmp_path / "a.jsonl").write_text('{"instruction": "two", "output": "ok"}\n')
        run(engine)

    text = 'source a = jsonl("a.jsonl", format: alpaca)\ndataset t from a {}\n'
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "run", later)
        with pytest.raises(StepFailed, match=r"a\.jsonl changed while it was read; build again"):
            build(tmp_path, text)
    assert build(tmp_path, text).built is not None


HOSTILE_DESCRIPTION = (
    "<img src=x> \x1b[31m \x1b]0;p\x07 \u202egpj.exe\n---\n# Not a heading\n> nor a quotation\n\nWell."
)


def test_a_hostile_description_steers_nothing_that_is_published(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "one", "output": "ok \\u001b[31m"}\n')
    said = json.dumps(HOSTILE_DESCRIPTION, ensure_ascii=False)
    for mark in ("\x1b", "\x07", "\u202e"):
        said = said.replace(f"\\u{ord(mark):04x}", mark)
    text = f'spec t(version: "1.0.0", license: "MIT", description: {said})\n'
    built = build(tmp_path, text + 'source a = jsonl("a.jsonl", format: alpaca, license: "MIT")\ndataset d from a {}\n')
    assert built.built is not None and built.built.published is not None, built.problems
    folder = built.built.published.out
    assert HOSTILE_DESCRIPTION in json.loads((folder / "manifest.json").read_text("utf-8"))["spec"]["description"]
    card = (folder / "datasets" / "d" / "README.md").read_text(encoding="utf-8")
    shown = ["&lt;img src\\=x&gt; �\\[31m �\\]0;p� �gpj.exe", "\\---", "\\# Not a heading", "\\&gt; nor a quotation"]
    assert "\n".join([*shown, "", "Well."]) in card
    export_papers(folder, tmp_path / "papers")
    files = [*(tmp_path / "papers").rglob("*.*"), folder / "report.html", *folder.rglob("README.md")]
    assert len(files) > 4
    for path in files:
        content = path.read_text(encoding="utf-8")
        assert STEERING.search(content) is None, path
        assert path.suffix == ".json" or "<img src=x" not in content, path
    (croissant,) = (tmp_path / "papers").rglob("*croissant*.json")
    assert json.loads(croissant.read_text(encoding="utf-8"))["description"] == HOSTILE_DESCRIPTION
