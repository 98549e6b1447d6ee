"""A published number never changes; what differs is named, and the next number proposed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.building import Result, build, ledger
from tunec.compiler.graph import shown_params
from tunec.compiler.pipeline import compile_spec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.published import NoSuchVersion, bumped, find_version, is_fixed, manifest_of, versions_in
from tunec.runtime.versions.numbers import VersionTaken
from tunec.runtime.versions.verify import verify
from tunec.runtime.versions.why import lives

SPEC = """
spec t(version: "1.0.0", seed: 1, license: "MIT", description: "Colours.")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
dataset out from tasks { filter { keep words(prompt) in 2..50 } }
"""


def write(folder: Path, count: int = 5) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(count)]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


def folder_of(result: Result) -> Path:
    assert result.built is not None and result.built.published is not None, result.problems
    return result.built.published.folder


def refused(folder: Path, text: str) -> VersionTaken:
    with pytest.raises(VersionTaken) as caught:
        build(folder, text)
    return caught.value


def test_other_rows_are_a_minor_change(tmp_path: Path) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    write(tmp_path, 7)
    taken = refused(tmp_path, SPEC)
    assert taken.proposed == "1.1.0"
    assert [(c.level, c.text) for c in taken.changes] == [("minor", "`out`: 2 rows added, 0 removed")]
    assert "1.1.0" in folder_of(build(tmp_path, SPEC.replace("1.0.0", "1.1.0"))).name


def test_other_columns_are_a_major_change(tmp_path: Path) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    taken = refused(tmp_path, SPEC.replace("} }", "} let size = words(prompt) }"))
    assert taken.proposed == "2.0.0"
    assert "size (absent → Int64)" in taken.changes[0].text


def test_another_split_is_a_major_change(tmp_path: Path) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    taken = refused(tmp_path, SPEC.replace("} }", "} split { train: 60%, test: 40% } }"))
    assert [c.level for c in taken.changes] == ["major"]


@pytest.mark.parametrize(
    "before, after",
    [('license: "MIT", desc', 'license: "ISC", desc'), ("Colours", "Colors"), ('alpaca, license: "MIT"', "alpaca")],
)
def test_other_metadata_is_a_patch(tmp_path: Path, before: str, after: str) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    taken = refused(tmp_path, SPEC.replace(before, after))
    assert ([c.level for c in taken.changes], taken.proposed) == (["patch"], "1.0.1")


def test_a_taken_number_is_told_before_the_work(tmp_path: Path) -> None:
    write(tmp_path)
    assert build(tmp_path, SPEC).reporter.warnings == []
    more = build(tmp_path, SPEC + "dataset few from tasks { limit(2) }\n")
    assert "t@1.0.0 is published: if its content changes, it needs another number" in more.reporter.warnings[0]


def test_a_proposed_number_is_free(tmp_path: Path) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    write(tmp_path, 6)
    build(tmp_path, SPEC.replace("1.0.0", "1.1.0"))
    write(tmp_path, 7)
    assert refused(tmp_path, SPEC).proposed == "1.2.0"


@pytest.mark.parametrize("number", ["1.0.0-dev", "0.0.0"])
def test_a_number_that_is_not_fixed_may_change(tmp_path: Path, number: str) -> None:
    write(tmp_path)
    text = SPEC.replace("1.0.0", number)
    build(tmp_path, text)
    write(tmp_path, 6)
    assert build(tmp_path, text).built is not None
    assert not is_fixed(number) and is_fixed("0.1.0")


def test_another_target_is_no_other_content(tmp_path: Path) -> None:
    write(tmp_path)
    build(tmp_path, SPEC)
    more = SPEC + "dataset few from tasks { limit(2) }\n"
    both = build(tmp_path, more)
    assert folder_of(both) != folder_of(build(tmp_path, SPEC))


def test_a_published_version_is_not_touched_again(tmp_path: Path) -> None:
    write(tmp_path)
    first = folder_of(build(tmp_path, SPEC))
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in first.rglob("*") if p.is_file()}
    renamed = build(tmp_path, SPEC.replace("tasks =", "jobs =").replace("from tasks", "from jobs"))
    assert folder_of(renamed) == first
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in first.rglob("*") if p.is_file()} == before
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o444 for p in before)
    # What people look at speaks of the spec as it is now.
    assert renamed.built is not None and renamed.built.published is not None
    assert "jobs" in (renamed.built.published.out / "manifest.json").read_text()


FEW = SPEC.replace("filter { keep words(prompt) in 2..50 }", "limit(3)")


def test_a_row_that_is_not_selected_is_no_other_content(tmp_path: Path) -> None:
    """A source that gains a record has another fingerprint; its rows keep the origin that they are published with."""
    write(tmp_path, 6)
    first = build(tmp_path, FEW)
    before = {p.name: p.read_bytes() for p in (folder_of(first) / "datasets" / "out").glob("*.parquet")}
    write(tmp_path, 7)
    last = build(tmp_path, FEW)
    assert folder_of(last) == folder_of(first)
    assert [v.number for v in versions_in(tmp_path / ".tunec")].count("1.0.0") == 1
    assert last.built is not None and last.built.published is not None
    shown = last.built.published.out
    assert {p.name: p.read_bytes() for p in (shown / "datasets" / "out").glob("*.parquet")} == before
    # What people look at accounts for the new row.
    assert ledger(last, "out").height == 7
    assert not [check for check in verify(shown) if check.problems]
    every = lives(shown, "Name colour", 9, tmp_path / ".tunec" / "steps")
    assert len(every) == 7 and all(life.steps for life in every if life.verdict == "kept")


def test_steps_and_ledger_are_no_other_content(tmp_path: Path) -> None:
    write(tmp_path)
    first = folder_of(build(tmp_path, SPEC))
    assert folder_of(build(tmp_path, SPEC.replace("2..50", "1..60"))) == first
    assert folder_of(build(tmp_path, SPEC.replace("} }", "} dedup { exact(prompt) } }"))) == first
    with (tmp_path / "tasks.jsonl").open("a") as file:
        file.write(json.dumps({"instruction": "No", "output": "Dropped."}) + "\n")
    assert folder_of(build(tmp_path, SPEC)) == first
    assert [v.number for v in versions_in(tmp_path / ".tunec")] == ["1.0.0"]


def test_sources_that_are_read_alike_keep_origins_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, 4)
    (tmp_path / "more.jsonl").write_text('{"instruction": "Name a fish.", "output": "Cod."}\n')
    text = SPEC.replace("dataset out from tasks", 'source more = jsonl("more.jsonl", format: alpaca)\n'
                        "dataset out from [tasks, more]")  # fmt: skip
    first = build(tmp_path, text)
    named = manifest_of(folder_of(first))["origins"]
    lines = ledger(first, "out")
    assert {named[o][0]: n for o, n in lines["origin"].value_counts().iter_rows()} == {"tasks": 4, "more": 1}
    # Where a file lies is no content.
    (tmp_path / "more.jsonl").rename(tmp_path / "moved.jsonl")
    assert folder_of(build(tmp_path, text.replace("more.jsonl", "moved.jsonl"))) == folder_of(first)


def test_an_unbroken_second_build_publishes_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    shown = tmp_path / "build" / "t" / "manifest.json"
    build(tmp_path, SPEC)
    inode = shown.stat().st_ino
    build(tmp_path, SPEC)
    assert shown.stat().st_ino == inode


def test_a_version_is_found_by_every_name(tmp_path: Path) -> None:
    write(tmp_path)
    old = folder_of(build(tmp_path, SPEC))
    write(tmp_path, 6)
    new = folder_of(build(tmp_path, SPEC.replace("1.0.0", "1.1.0")))
    store, out = tmp_path / ".tunec", tmp_path / "build"
    assert find_version("t@1.0.0", store, out) == old
    assert find_version("t", store, tmp_path / "nowhere") == new
    assert find_version("t", None, out) == out / "t"
    assert find_version("t@1.0.0", None, out).resolve() == old.resolve()  # the store that `build/t` came from
    assert find_version(f"t@{old.name}", store, out) == old
    assert find_version(str(tmp_path / "t.tune"), None, tmp_path / "nowhere") == new
    assert [v.number for v in versions_in(store)] == ["1.0.0", "1.1.0"]
    with pytest.raises(NoSuchVersion, match=r"no version `t@2.0.0`; there is t@1.0.0\+\w+, t@1.1.0"):
        find_version("t@2.0.0", store, out)


@pytest.mark.parametrize(
    "number, level, wanted",
    [("1.2.3", "major", "2.0.0"), ("1.2.3", "minor", "1.3.0"), ("1.2.3", "patch", "1.2.4")],
)
def test_numbers_are_raised(number: str, level: str, wanted: str) -> None:
    assert bumped(number, level) == wanted


def test_no_param_is_published_that_a_url_holds_as_a_secret() -> None:
    text = """
        spec s(version: "1.0.0")
        param key: text = "open-sesame"
        param part: text = "data"
        source a = jsonl("https://example.org/{{ part }}/a.jsonl?v={{ part }}1&key={{ key }}", format: alpaca)
        dataset d from a { }
    """
    graph = compile_spec(Path("s.tune"), load_catalogue(), {}, text).graph
    assert graph is not None and shown_params(graph) == {"key": "***", "part": "data"}


def test_no_value_of_a_url_is_published_with_what_is_said_of_a_spec(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "Say it.", "output": "So."}\n', encoding="utf-8")
    spec = """
        spec s(
            version: "1.0.0", license: "https://example.org/terms?key=open-sesame#open-sesame",
            description: "As of https://example.org/?pw=open-sesame",
        )
        source a = jsonl("a.jsonl", format: alpaca, license: "https://example.org/t?sig=open-sesame")
        ## Asked for by https://example.org/ticket?key=open-sesame
        dataset d from a { }
    """
    build(tmp_path, spec)
    written = [path for path in (tmp_path / "build").rglob("*") if path.is_file()]
    written += [path for path in (tmp_path / ".tunec").rglob("*") if path.is_file()]
    assert not [path for path in written if b"sesame" in path.read_bytes()]
    assert "https://example.org/terms?key=***" in (tmp_path / "build/s/manifest.json").read_text(encoding="utf-8")
