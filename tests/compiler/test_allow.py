"""`# tunec: allow CODE because "…"`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.compiler.lint.fix import fixed
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import load_catalogue

SPEC = """source tasks = jsonl("tasks.jsonl", format: alpaca){behind}
{above}
dataset out from tasks {{ split {{ train: 90%, test: 10% }} }}{end}
"""


def found(behind: str = "", above: str = "", end: str = "") -> list[Diagnostic]:
    text = SPEC.format(behind=behind and "  " + behind, above=above, end=end and "  " + end)
    return list(check_spec(Path("a.tune"), load_catalogue(), text=text).diagnostics)


def codes(**where: str) -> list[str]:
    return [d.code for d in found(**where)]


def test_without_a_comment() -> None:
    assert codes() == ["T309", "T307"]


@pytest.mark.parametrize("name", ["T309", "no-licence"])
def test_on_the_line(name: str) -> None:
    assert codes(behind=f'# tunec: allow {name} because "mine"') == ["T307"]


def test_on_the_line_above_through_other_comments() -> None:
    assert codes(above='# tunec: allow T307 because "no duplicates"\n# another remark') == ["T309"]
    assert codes(above='# tunec: allow T307 because "no duplicates"', behind='# tunec: allow T309 because "mine"') == []


def test_several_codes_at_once() -> None:
    above = '# tunec: allow T307, T309 because "a sketch"'
    assert codes(above=above) == ["T309", "T399"]


@pytest.mark.parametrize(
    "comment, said",
    [
        ("# tunec: allow T307", "gives no reason"),
        ('# tunec: allow T307 because ""', "gives no reason"),
        ("# tunec: allow T307 because I say so", "gives no reason"),
        ('# tunec: allow because "x"', "invalid suppression"),
        ('# tunec: allwo T307 because "x"', "invalid suppression"),
        ('# tunec: allow T999 because "x"', "unknown diagnostic `T999`"),
        ('# tunec: allow T101 because "x"', "cannot be suppressed"),
    ],
)
def test_what_allows_nothing_says_so(comment: str, said: str) -> None:
    problems = found(above=comment)
    assert [d.code for d in problems] == ["T309", "T398", "T307"]
    assert said in problems[1].message


def test_a_misspelt_code_has_a_suggestion() -> None:
    (_, problem, _) = found(above='# tunec: allow no-dedup-before-spilt because "x"')
    assert problem.help == "did you mean `no-dedup-before-split`?"


def test_what_silences_nothing_is_reported_and_can_be_removed() -> None:
    text = '# tunec: allow T307 because "x"\nsource tasks = rows([{text: "a"}])\ndataset out from tasks { shuffle() }\n'
    compiled = check_spec(Path("a.tune"), load_catalogue(), text=text)
    assert [d.code for d in compiled.diagnostics] == ["T399"]
    assert fixed(compiled.sources["a.tune"], compiled.diagnostics) == (text.split("\n", 1)[1], 1)


def test_errors_of_rules_may_be_allowed() -> None:
    text = 'benchmark b = rows([{question: "q", answer: "a"}])\n'
    last = "dataset out from b { shuffle() }"
    assert [d.code for d in check_spec(Path("a"), load_catalogue(), text=text + last).diagnostics] == ["T402"]
    comment = '  # tunec: allow T402 because "a copy for people"'
    assert check_spec(Path("a"), load_catalogue(), text=text + last + comment).graph is not None


def test_comments_of_imported_files_count_there_and_may_be_idle(tmp_path: Path) -> None:
    common = 'source s = jsonl("s.jsonl", format: alpaca)  # tunec: allow T309 because "mine"\n'
    idle = '# tunec: allow T307 because "elsewhere"\nconst n = 3\n'
    (tmp_path / "common.tune").write_text(common + idle)
    (tmp_path / "s.jsonl").write_text("\n")
    main = tmp_path / "a.tune"
    main.write_text('import "common.tune"\ndataset out from s { limit(n) }\n')
    assert check_spec(main, load_catalogue()).diagnostics == ()
