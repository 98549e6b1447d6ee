"""Every kind of target has its record, and a kind that only another release knows is neither an error nor silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.building import build
from tests.runtime.test_verify import forge
from tunec.compiler.elaborate import kinds as declared
from tunec.compiler.graph import digest
from tunec.runtime.engine.steps import node_kinds
from tunec.runtime.exchange.data import ExchangeError, data_of
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.kind import Edition
from tunec.runtime.versions.kinds import changes_of, kind_of, only, target_kinds
from tunec.runtime.versions.numbers import changes_between
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.verify import verify

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = rows([{instruction: "Name a colour.", response: "红色。"}], license: "MIT")
dataset out from tasks { shuffle() }
"""


def version(folder: Path, kind: str, place: str, content: str) -> Path:
    """A version with one more target, `other`, which has one file."""
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None
    path = built.published.out / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)

    def add(manifest: dict[str, Any]) -> None:
        manifest["targets"]["other"] = {"kind": kind}
        targets = manifest["graph"]["targets"]
        targets["other"] = {**targets["out"], "kind": kind}
        made = {name: manifest["fingerprints"][target["node"]]["print"] for name, target in targets.items()}
        manifest["recipe"] = digest(made)

    forge(built.published.out, add)
    return built.published.out


def test_every_kind_that_can_be_built_has_its_files() -> None:
    built = set(declared.target_kinds())
    assert built == set(target_kinds())
    # A data set is made of stages, a fitted rule of trials and a fit.
    assert built - {"dataset", "rule"} | {"trial", "fit"} <= set(node_kinds())
    assert all(kind.write is not None and kind.place("a") for kind in target_kinds().values())


def test_only_names_kinds() -> None:
    assert only() == {"datasets": ("dataset",), "models": ("dataset", "merge", "tokenizer", "train")}


@pytest.mark.parametrize(
    "kind, place, said",
    [
        ("train", "models/other/weights", "`other` has other weights"),
        ("evaluate", "evaluations/other.json", "`other` has other numbers"),
        ("voice", "voices/other/weights", "`other` has other files"),
        ("voice", "voices/other.wav", "`other` has other files"),
    ],
)
def test_other_files_of_a_target_are_a_minor_change(tmp_path: Path, kind: str, place: str, said: str) -> None:
    before, after = (version(tmp_path / text, kind, place, text) for text in "ab")
    changes = changes_between(before, after, manifest_of(after))
    assert [(c.level, c.text) for c in changes] == [("minor", said)]
    assert not changes_between(after, after, manifest_of(after))


def test_a_target_of_another_kind_is_a_major_change(tmp_path: Path) -> None:
    before = version(tmp_path / "a", "voice", "voices/other/weights", "a")
    after = version(tmp_path / "b", "train", "models/other/weights", "a")
    found = compare(before, after)
    assert found.changed == ("`other` was a voice and is a train",) and not found.same
    sides = [Edition(folder, manifest_of(folder)) for folder in (before, after)]
    assert [c.level for c in changes_of("other", *sides)] == ["major"]


@pytest.mark.parametrize("kind, place", [("train", "models/other/weights"), ("voice", "voices/other/weights")])
def test_a_comparison_says_which_targets_differ(tmp_path: Path, kind: str, place: str) -> None:
    before, after = (version(tmp_path / text, kind, place, text) for text in "ab")
    found = compare(before, after)
    assert found.changed == (f"`other` has {kind_of(kind).other}",) and not found.same
    assert compare(after, after).same and not compare(after, after).changed


def test_an_unknown_kind_is_shown_by_its_files(tmp_path: Path) -> None:
    folder = version(tmp_path, "voice", "voices/other/weights", "a")
    page = render_report(folder)
    assert "voices/other/weights" in page and "voice</p>" in page
    checks = verify(folder)
    assert not [c.problems for c in checks if c.problems]
    assert "`other` is of a kind that is not known here (voice)" in checks[0].said


def test_a_target_without_files_is_a_broken_version(tmp_path: Path) -> None:
    folder = version(tmp_path, "train", "elsewhere/weights", "a")
    assert verify(folder)[0].problems == ("`other` has no files in models/other",)


def test_what_is_no_data_set_is_not_exported(tmp_path: Path) -> None:
    folder = version(tmp_path, "train", "models/other/weights", "a")
    with pytest.raises(ExchangeError, match=r"`other` is a train, not a data set; .* has `out`"):
        data_of(folder, "other")
    assert [data.name for data in data_of(folder)] == ["out"]
