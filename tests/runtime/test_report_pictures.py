"""Pictures of what rows say: verbs and nouns, maps of vectors, what is new since the version before, a batch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.building import build
from tunec.main import app
from tunec.runtime.models.recordings import recorded
from tunec.runtime.models.vectors import folder_of
from tunec.runtime.ops.embedders.bundled import bundled
from tunec.runtime.store.published import manifest_of, version_before, versions_in
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet
from tunec.runtime.versions import publish
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.report.pictures import _principal, pictures

SPEC = """spec t(version: "1.0.0-dev", license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
dataset out from [tasks, more] { filter { keep words(response) in 1..3 as brief } }
"""
NOUNS = ("poem", "story", "letter")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("tasks", "more"):
        said = [f"Write a {NOUNS[n % 3]} about {name} {n} {{b}} <script>." for n in range(30)]
        rows = [{"instruction": text, "output": "yes " * (1 + n % 5)} for n, text in enumerate(said)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None
    return built.published.out


def test_verbs_and_nouns_of_prompts(version: Path) -> None:
    manifest = manifest_of(version)
    (chart,) = pictures(version, "out", manifest, None, True).tasks
    assert {row[:2] for row in chart.table.rows} == {("write", noun) for noun in NOUNS}
    assert sum(row[2] for row in chart.table.rows) == 36 and "of 36 prompts" in chart.note
    assert [part["name"] for part in chart.option["series"][0]["data"]] == ["write"]
    # A build, which everybody waits for, parses only where the spec does.
    assert not pictures(version, "out", manifest, None, False).tasks
    call = {"id": "x", "op": "stages.let", "inputs": [], "params": {"value": {"call": "functions.verb", "args": {}}}}
    asked = {**manifest, "graph": {**manifest["graph"], "nodes": [*manifest["graph"]["nodes"], call]}}
    assert pictures(version, "out", asked, None, False).tasks


def test_a_map_is_drawn_of_vectors_that_the_store_has(version: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")  # for the better one
    manifest, store = manifest_of(version), Store(tmp_path)
    spec = bundled("all-minilm-l6-v2")
    node = {"id": "e", "op": "embedders.bundled", "params": {"id": spec.id}}
    facts = {"outside": {"revision": spec.revision, "backend": spec.backend}}
    given = {**manifest, "graph": {**manifest["graph"], "nodes": [*manifest["graph"]["nodes"], node]}}
    given["fingerprints"] = {**manifest["fingerprints"], "e": facts}
    assert not pictures(version, "out", given, tmp_path, False).maps
    prompts = [f"Write a {NOUNS[n % 3]} about tasks {n} {{b}} <script>." for n in range(30)]
    prompts += [f"Write a {NOUNS[n % 3]} about more {n} {{b}} <script>." for n in range(15)]
    rng = np.random.default_rng(1)
    for folder, known in ((folder_of(spec), prompts), ("vectors/of-another-spec", [*prompts, "yes "])):

        def drawn(chunks: Iterable[list[int]]) -> Iterator[np.ndarray]:
            return (rng.normal(size=(len(chunk), 8)).astype(np.float16) for chunk in chunks)

        recorded(store, folder, known, drawn, 16, quiet, "", "")
    other = next((tmp_path / "vectors/of-another-spec").iterdir())
    other.chmod(0o644)
    other.write_bytes(b"broken")
    by_source, by_side = pictures(version, "out", given, tmp_path, False).maps
    assert other.exists()  # vectors of embedders that the spec does not have are not even read
    assert by_source.table.rows == (("tasks", 30), ("more", 15))
    assert by_side.table.rows == (("kept", 27), ("dropped", 18))
    point = by_side.option["series"][0]["data"][0]
    assert "(b)" in point["name"] and len(point["value"]) == 2
    assert "45 of 60 rows that entered, by the vectors of the prompt; drawn along the two axes" in by_side.note
    better, _ = pictures(version, "out", given, tmp_path, True).maps
    assert better.table == by_source.table and "what is alike lies near" in better.note
    assert better.option["series"][0]["data"] != by_source.option["series"][0]["data"]
    assert not pictures(version, "out", manifest, tmp_path, False).maps  # without an embedder in the spec


def test_a_report_says_what_is_new_since_the_version_before(tmp_path: Path) -> None:
    pages = []
    for most in (3, 2, 2):
        (tmp_path / "tasks.jsonl").write_text('{"instruction": "Say it.", "output": "a b c"}\n' * 2)
        (tmp_path / "more.jsonl").write_text('{"instruction": "Say more.", "output": "a"}\n')
        built = build(tmp_path, SPEC.replace("1..3", f"1..{most}")).built
        assert built is not None and built.published is not None
        pages.append((built.published.out / "report.html").read_text(encoding="utf-8"))
    assert "Compared with t@" not in pages[0]
    assert "Compared with t@1.0.0-dev+" in pages[1] and "0 added, 2 removed" in pages[1]
    assert pages[2] == pages[1]
    first, second = versions_in(tmp_path / ".tunec", "t")
    words = ["report", str(second.folder), "--to", str(tmp_path / "again.html")]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert "0 added, 2 removed" in (tmp_path / "again.html").read_text(encoding="utf-8")
    assert version_before(tmp_path / ".tunec", second.name) == first.folder
    assert version_before(tmp_path / ".tunec", "t@2.0.0+new") == second.folder
    # A version that nobody names, and that is damaged, is no reason to fail.
    broken = next(first.folder.rglob("*.parquet"))
    broken.chmod(0o644)
    broken.write_bytes(b"")
    assert CliRunner().invoke(app, words).exit_code == 0
    assert "Compared with t@" not in (tmp_path / "again.html").read_text(encoding="utf-8")
    assert version_before(tmp_path / ".tunec", first.name) is version_before(tmp_path / ".tunec", "u@1+0") is None


@pytest.mark.parametrize(("bound", "least"), [("_COMPARED", 2), ("_HASHED", 0)])
def test_a_large_version_before_is_not_compared(
    tmp_path: Path, bound: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, bound, least)
    (tmp_path / "tasks.jsonl").write_text('{"instruction": "Say it.", "output": "a b c"}\n' * 2)
    (tmp_path / "more.jsonl").write_text('{"instruction": "Say more.", "output": "a"}\n')
    for most in (3, 2):  # three rows, then one
        built = build(tmp_path, SPEC.replace("1..3", f"1..{most}")).built
    assert built is not None and built.published is not None
    assert "Compared with t@" not in (built.published.out / "report.html").read_text(encoding="utf-8")


def test_a_batch_shows_its_trained_tokens(version: Path, tmp_path: Path) -> None:
    (tmp_path / "batches").mkdir()
    (tmp_path / "models" / "tuned").mkdir(parents=True)
    (tmp_path / "models" / "tuned" / "training.json").write_text('{"log": [], "summary": {}}')
    batch = [[["<|user|>", False], ["Hi <b>", False], ["Hel", True], ["lo", True], ["<|end|>", True]]]
    (tmp_path / "batches" / "tuned.json").write_text(json.dumps(batch))
    report = kind_of("train").report
    assert report is not None
    told = report(tmp_path, "tuned", {"origins": {}})
    assert told["batch"] == [[("<|user|>Hi <b>", False), ("Hello<|end|>", True)]]


def test_pictures_are_part_of_the_page_and_what_rows_say_stays_text(version: Path) -> None:
    page = render_report(version, compare(version, version))
    options = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert any('"sunburst"' in option for option in options)
    assert "<script>." not in page


def test_a_map_shows_vectors_from_where_they_differ_most() -> None:
    rng = np.random.default_rng(3)
    along, across = rng.normal(size=200), rng.normal(size=200)
    vectors = np.zeros((200, 6))
    vectors[:, 4], vectors[:, 1] = 3 * along, -across
    places = _principal(vectors)
    assert abs(np.corrcoef(places[:, 0], along)[0, 1]) > 0.99 and abs(np.corrcoef(places[:, 1], across)[0, 1]) > 0.99
    assert np.allclose(_principal(vectors[:, [1, 4, 0, 2, 3, 5]]), places)  # whatever the order of the dimensions
