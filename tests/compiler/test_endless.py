"""Specs that would never end, or take all memory: a diagnostic with its location instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import load_catalogue


def problems(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "a.tune").write_text(text)
    return list(check_spec(folder / "a.tune", load_catalogue()).diagnostics)


@pytest.mark.parametrize("of", ["[{0}, {0}]", "{{a: {0}, b: {0}}}", "[{0}, {{a: {0}}}]"])
@pytest.mark.parametrize("first", ["1", '"' + "long " * 1000 + '"'])
def test_constants_that_double_with_each_line(tmp_path: Path, of: str, first: str) -> None:
    lines = [f"const c0 = {first}", *(f"const c{n} = {of.format(f'c{n - 1}')}" for n in range(1, 60))]
    found = [d for d in problems(tmp_path, "\n".join(lines)) if d.code == "T008"]
    assert len(found) == 1 and "1,000,000 values" in found[0].message
    assert found[0].span.start > 0


def test_constants_that_are_nested_by_their_names(tmp_path: Path) -> None:
    lines = ["const c0 = 1", *(f"const c{n} = [c{n - 1}]" for n in range(1, 400))]
    assert {d.code for d in problems(tmp_path, "\n".join(lines))} >= {"T008"}


def test_what_people_write_is_far_from_the_bound(tmp_path: Path) -> None:
    words = ", ".join(f'"word {n}"' for n in range(2000))
    text = f"const words = [{words}]\n" + "\n".join(f"const c{n} = [words, words]" for n in range(50))
    assert not [d for d in problems(tmp_path, text) if d.code == "T008"]


def test_deep_brackets_and_long_lines(tmp_path: Path) -> None:
    assert "T008" in {d.code for d in problems(tmp_path, "const a = " + "[" * 5000 + "1" + "]" * 5000)}
    assert problems(tmp_path, 'const a = "' + "x" * 3_000_000 + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "dataset d from a { limit(1" + "0" * 30 + ") }",
        "const n = 9_223_372_036_854_775_808",
        "const n = 9_223_372_036_854_775_807 * 2",
        "const n = 10000000000000M",
        "const n = 1e308 * 10",
    ],
)
def test_numbers_that_no_count_can_be(tmp_path: Path, text: str) -> None:
    found = [d for d in problems(tmp_path, text) if "too large" in d.message]
    assert len(found) == 1, text


def test_a_spec_that_is_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.tune").open("wb") as file:
        file.truncate(1 << 34)  # takes no room
    with pytest.raises(OSError, match="more than 16 MB"):
        check_spec(tmp_path / "a.tune", load_catalogue())
