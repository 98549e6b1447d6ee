"""The report is one file, tells what happened, and runs nothing of what data says."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

from tests.building import build
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.report.page import render_report

SPEC = """
## <i>Colours</i> for all.
spec t(version: "1.0.0-dev", seed: 1, license: "MIT", description: "<b>bold</b>")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
dataset out from tasks {
    filter { keep words(response) in 1..6 as brief }
    split { train: 50%, test: 50% }
}
"""


def version(folder: Path, text: str = SPEC) -> Path:
    folder.mkdir(exist_ok=True)
    rows = [{"instruction": f"Name colour {n} <script>alert(1)</script>.", "output": "红 " * (n + 1)} for n in range(9)]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    built = build(folder, text).built
    assert built is not None and built.published is not None
    return built.published.out


def test_it_is_written_with_every_version_and_needs_nothing_else(tmp_path: Path) -> None:
    page = (version(tmp_path) / "report.html").read_text(encoding="utf-8")
    assert "t@1.0.0-dev" in page and "红" in page
    assert not re.search(r"<(link|img|iframe|object|form action)|\bsrc=|url\(", _without_library(page))
    assert set(re.findall(r'href="(.)', page)) == {"#"}  # to its own parts alone


def _without_library(page: str) -> str:
    return re.sub(r'<script type="text/plain" id="library">[A-Za-z0-9+/=]+</script>', "", page)


def test_its_policy_lets_only_its_own_two_scripts_run(tmp_path: Path) -> None:
    page = (version(tmp_path) / "report.html").read_text(encoding="utf-8")
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[0]
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    packed = re.findall(r'id="library">([^<]+)<', page)[0]
    library = gzip.decompress(base64.b64decode(packed))
    hashes = [base64.b64encode(hashlib.sha256(s).digest()).decode() for s in (scripts[0].encode(), library)]
    assert len(scripts) == 1
    assert re.findall(r"script-src ([^;]+);", policy)[0] == " ".join(f"'sha256-{h}'" for h in hashes)
    # The release's own file, unchanged.
    assert hashlib.sha256(library).hexdigest() == "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"


def test_what_data_and_specs_say_is_escaped(tmp_path: Path) -> None:
    page = render_report(version(tmp_path))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page
    assert "&lt;b&gt;bold" in page and "<b>bold" not in page


def test_rules_are_told_with_their_rows(tmp_path: Path) -> None:
    page = render_report(version(tmp_path))
    assert "keep words(response) in 1..6" in page and "(brief)" in page
    assert "measured 7, against in 1..6" in page
    assert "t.tune:6:14" in page


def test_a_comparison_is_a_part_of_it(tmp_path: Path) -> None:
    before, after = version(tmp_path / "a"), version(tmp_path / "b", SPEC.replace("1..6", "1..4"))
    page = render_report(after, compare(before, after))
    assert "Compared with t@1.0.0-dev+" in page
    assert "keep words(response) in 1..6 → keep words(response) in 1..4" in page
    assert "0 added, 2 removed" in page
    assert "Nothing differs" in render_report(after, compare(after, after))


LEAKS = """
spec t(version: "1.0.0-dev", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark colours = rows([
    {question: "Name colour 3 of the rainbow as it is seen after the rain in the late afternoon.", answer: "x"},
    {question: "Say something else altogether, in as many words as you like.", answer: "y"},
])
dataset out from tasks { decontaminate(against: [colours]) { exact()  tokens(5, share: 80%) } }
"""


def test_it_says_what_kind_of_matches_there_were_and_how_clean_benchmarks_are(tmp_path: Path) -> None:
    told = {"instruction": "Name colour 3 of the rainbow as it is seen after the rain in the late afternoon."}
    folder = tmp_path / "leaks"
    folder.mkdir()
    records = [{**told, "output": "红"}, {"instruction": "Name colour 3 of the rainbow as it is seen.", "output": "蓝"}]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    built = build(folder, LEAKS).built
    assert built is not None and built.published is not None
    assert not len(built.engine.services.screen()._texts)  # published, nobody asks for what was known of the texts
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (built.published.out / "report.html").read_text("utf-8")))
    assert "1 duplicate, of 2 rows." in page
    # Of two items one is dirty because of the first row; the second row holds eight of its fifteen words.
    assert "colours 2 1 1 1 1 → 2 1 → 0" in page


def test_a_check_that_data_sets_share_is_told_of_each(tmp_path: Path) -> None:
    same = LEAKS[LEAKS.index("dataset out") :].replace("dataset out", "dataset twin")
    alone = render_report(version(tmp_path, f"{LEAKS}{same}dataset after from twin {{ shuffle() }}"))
    assert alone.count("Matches with benchmarks") == 3
    without = LEAKS.replace("exact()", "tokens(4, share: 90%)") + "dataset other from tasks { shuffle() }"
    assert render_report(version(tmp_path / "b", without)).count("Matches with benchmarks") == 1
