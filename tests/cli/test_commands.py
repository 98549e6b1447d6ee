"""The commands as a script or a person calls them: each once in a process of its own, and otherwise in this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import process, tunec

ROOT = Path(__file__).parents[2]
SPEC = """spec small(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

dataset out from tasks {
    filter {
        keep words(prompt) in 2..9 as length
    }
    shuffle()
}
"""


#: What each command is given in a process of its own. `push` and `lsp` have theirs in tests of their own.
WORDS = {
    "build": ("small.tune", "--force", "out", "-q"), "plan": ("small.tune",), "new": ("started",),
    "lint": ("small.tune",), "fmt": ("--diff", "small.tune"), "explain": ("T203",), "graph": ("small.tune",),
    "ops": ("near",), "peek": ("small.tune", "out"), "why": ("small", "去"), "versions": (), "verify": ("small",),
    "diff": ("small", "small.tune"), "report": ("small",), "gc": ("--dry-run",), "export": ("small", "--to", "alpaca"),
}  # fmt: skip


def write(folder: Path) -> Path:
    rows = [{"instruction": f"Tell me about number {n}.", "output": "It is odd."} for n in range(9)]
    rows.append({"instruction": "Go", "output": "去"})
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (folder / "small.tune").write_text(SPEC, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write(tmp_path_factory.mktemp("built"))
    tunec(made, "build", "small.tune")
    return made


@pytest.mark.parametrize("command", WORDS)
def test_a_process_of_its_own_says_the_same(built: Path, tmp_path: Path, command: str) -> None:
    shutil.copytree(built, tmp_path / "a")
    shutil.copytree(built, tmp_path / "b")
    alone = process(tmp_path / "a", command, *WORDS[command])
    here = tunec(tmp_path / "b", command, *WORDS[command])
    assert (alone.stdout, alone.stderr) == (here.stdout, here.stderr)


def test_build_publishes_and_then_does_nothing(folder: Path) -> None:
    first = tunec(folder, "build", "small.tune")
    assert "small@1.0.0+" in first.stdout
    assert "keep words(prompt) in 2..9" in first.stdout
    assert (folder / "build/small/datasets/out/train-00000.parquet").exists()
    again = tunec(folder, "build", "small.tune")
    assert again.stdout.startswith("nothing to do: small@1.0.0+")


def test_build_as_json(folder: Path) -> None:
    document = json.loads(tunec(folder, "build", "small.tune", "--json").stdout)
    assert document["version"].startswith("small@1.0.0+")
    assert document["steps"][-1]["rows_out"] == 9


def test_memory_is_a_size_that_a_program_fits_into(folder: Path) -> None:
    assert (
        "expected a size of at least 512 MiB" in tunec(folder, "build", "small.tune", "--memory", "9MB", code=2).stderr
    )
    assert "expected a size" in tunec(folder, "build", "small.tune", "--memory", "lots", code=2).stderr
    assert "unknown unit `gb`" in tunec(folder, "build", "small.tune", "--memory", "4gb", code=2).stderr
    assert "small@1.0.0+" in tunec(folder, "build", "small.tune", "--memory", "1GB").stdout


def test_an_address_is_that_of_a_cluster(folder: Path) -> None:
    told = tunec(folder, "build", "small.tune", "--address", "127.0.0.1:6379", code=2).stderr
    assert "`--address` is that of a Ray cluster: add `--engine ray`" in told
    # Nobody is asked where nothing is to be done.
    tunec(folder, "build", "small.tune")
    assert "small@1.0.0+" in tunec(folder, "build", "small.tune", "--engine", "ray", "--address", "127.0.0.1:9").stdout


def test_build_of_a_sample_publishes_nothing(folder: Path) -> None:
    done = tunec(folder, "build", "small.tune", "--sample", "3")
    assert "sample of at most 3 rows" in done.stdout
    assert not (folder / "build").exists()


def test_force_builds_a_target_anew(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    done = json.loads(tunec(folder, "build", "small.tune", "--force", "out", "--json").stdout)
    assert {label.split(" · ")[0] for label in done["ran"]} == {"out"}


def test_plan_names_steps_and_reasons(folder: Path) -> None:
    before = json.loads(tunec(folder, "plan", "small.tune", "--json", "--exit-code", code=4).stdout)
    assert [s["reason"] for s in before["steps"]] == ["new"] * 3
    assert before["steps"][0]["rows_out"] is None
    tunec(folder, "build", "small.tune")
    after = tunec(folder, "plan", "small.tune", "--exit-code")
    assert "nothing to do" in after.stdout


def test_lint_tells_places_and_mends(folder: Path) -> None:
    (folder / "small.tune").write_text(SPEC.replace("words(", "word("), encoding="utf-8")
    done = tunec(folder, "lint", "small.tune", code=1)
    assert "small.tune:6:14" in done.stderr
    assert "did you mean `words`?" in done.stderr
    found = json.loads(tunec(folder, "lint", "small.tune", "--format", "json", code=1).stdout)
    assert [(d["code"], d["line"], d["column"]) for d in found] == [("T103", 6, 14)]


def test_fmt_check_and_write(folder: Path) -> None:
    (folder / "small.tune").write_text(SPEC.replace("        keep", "  keep"), encoding="utf-8")
    tunec(folder, "fmt", "--check", "small.tune", code=1)
    tunec(folder, "fmt", "small.tune")
    assert (folder / "small.tune").read_text(encoding="utf-8") == SPEC
    assert tunec(folder, "fmt", "-", given=SPEC).stdout == SPEC


def test_why_tells_rule_value_threshold_and_place(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    told = tunec(folder, "why", "small", "去").stdout
    assert "dropped" in told
    assert "tasks, tasks.jsonl:10" in told
    assert "keep words(prompt) in 2..9 (length)" in told
    assert "measured   1, against in 2..9" in told
    assert "small.tune:6:9" in told
    row = json.loads(tunec(folder, "why", "small", "number 4.", "--json").stdout)[0]
    assert row["verdict"] == "kept"
    assert tunec(folder, "why", "small", row["id"][:8]).stdout.startswith(f"row {row['id']} of out: kept")
    tunec(folder, "why", "small", "nowhere to be found", code=1)
    tunec(folder, "why", "other", "x", code=2)


def test_versions_and_peek(folder: Path) -> None:
    assert "no versions yet" in tunec(folder, "versions").stdout
    assert json.loads(tunec(folder, "peek", "small.tune", "out", "--rows", "1").stdout)["position"] == 0
    assert "no versions yet" in tunec(folder, "versions").stdout
    tunec(folder, "build", "small.tune")
    assert "out 9 rows" in tunec(folder, "versions", "small.tune").stdout
    manifest = next((folder / ".tunec" / "versions").rglob("manifest.json"))
    whole = manifest.read_bytes()
    manifest.chmod(0o644)
    manifest.write_bytes(b"{")
    assert "no versions yet" in tunec(folder, "versions").stdout
    manifest.write_bytes(whole)
    rows = [
        json.loads(line)
        for line in tunec(folder, "peek", "small.tune", "tasks", "--rows", "2", "--json").stdout.splitlines()
    ]
    assert [r["position"] for r in rows] == [0, 1]


def test_graph_is_the_same_bytes_twice(folder: Path) -> None:
    texts = [tunec(folder, "graph", "small.tune", "--format", "json").stdout for _ in range(2)]
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["spans"]
    assert "spans" not in json.loads(tunec(folder, "graph", "small.tune", "--no-spans").stdout)


def test_explain_and_ops(folder: Path) -> None:
    assert "wrong-row-type" in tunec(folder, "explain", "T203").stdout
    assert tunec(folder, "explain", "wrong-row-type").stdout == tunec(folder, "explain", "t203").stdout
    assert "near(text: text, jaccard: share 0<..1 = 0.8" in tunec(folder, "ops", "near").stdout
    assert {"dedup", "functions", "stages"} <= {o["kind"] for o in json.loads(tunec(folder, "ops", "--json").stdout)}
    assert "did you mean `near`" in tunec(folder, "ops", "neer", code=2).stderr


@pytest.mark.parametrize(
    "words, said",
    [
        (["biuld"], "did you mean `build`"),
        (["build"], "Missing argument"),
        (["build", "gone.tune"], "cannot read gone.tune"),
        (["build", "small.tune", "uot"], "did you mean `out`"),
        (["build", "small.tune", "--set", "x"], "--set expects NAME=VALUE"),
    ],
)
def test_wrong_usage_exits_with_2(folder: Path, words: list[str], said: str) -> None:
    assert said in tunec(folder, *words, code=2).stderr


def test_a_missing_file_is_a_diagnostic(folder: Path) -> None:
    (folder / "tasks.jsonl").unlink()
    done = tunec(folder, "build", "small.tune", code=1)
    assert "T601" in done.stderr and "tasks.jsonl" in done.stderr


def test_a_store_of_another_format_is_refused(folder: Path) -> None:
    (folder / ".tunec").mkdir()
    (folder / ".tunec" / "format").write_text("99\n")
    assert "store format 99" in tunec(folder, "build", "small.tune", code=3).stderr


def test_locked_refuses_what_moved(folder: Path) -> None:
    assert "small.lock does not exist" in tunec(folder, "build", "small.tune", "--locked", code=1).stderr
    tunec(folder, "build", "small.tune")
    assert "[file tasks.jsonl]" in (folder / "small.lock").read_text()
    tunec(folder, "build", "small.tune", "--locked")
    with (folder / "tasks.jsonl").open("a") as file:
        file.write('{"instruction": "Tell me more.", "output": "More."}\n')
    assert "file tasks.jsonl moved: sha256" in tunec(folder, "build", "small.tune", "--locked", code=1).stderr


def test_a_taken_number_is_refused_and_bumped(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    (folder / "small.tune").write_text(SPEC.replace("2..9", "1..9"))
    refused = tunec(folder, "build", "small.tune", code=1)
    assert 'write version: "1.1.0" in the spec' in refused.stderr
    bumped = tunec(folder, "build", "small.tune", "--bump")
    assert "small@1.1.0+" in bumped.stdout
    assert (folder / "small.tune").read_text() == SPEC.replace("2..9", "1..9").replace("1.0.0", "1.1.0")
    listed = tunec(folder, "versions", "small.tune").stdout
    assert listed.index("small@1.0.0+") < listed.index("small@1.1.0+")
    assert "no versions of `smal`; there is small@1.0.0+" in tunec(folder, "versions", "smal").stdout
    assert "1 rows added, 0 removed" in tunec(folder, "diff", "small@1.0.0", "small@1.1.0").stdout
    assert tunec(folder, "diff", "small@1.1.0", "small.tune").stdout == "no differences\n"
    assert (
        "keep words(prompt) in 2..9 → keep words(prompt) in 1..9"
        in tunec(folder, "diff", "small@1.0.0", "small.tune").stdout
    )
    assert tunec(folder, "diff", "small@1.0.0", "small@1.1.0", "--exit-code", code=1)


def test_verify_says_what_holds_and_what_not(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    assert "✓ no row lost" in tunec(folder, "verify", "small").stdout
    data = folder / "build/small/datasets/out/train-00000.parquet"
    data.unlink()
    assert "out/train-00000.parquet is missing" in tunec(folder, "verify", "small", code=1).stdout


def test_gc_says_what_goes(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    document = json.loads(tunec(folder, "gc", "small.tune", "--dry-run", "--json").stdout)
    assert not document["removed"] and {g["kind"] for g in document["garbage"]} <= {"locks"}
    version = tunec(folder, "versions", "--json").stdout
    name = json.loads(version)[0]["version"]
    assert "deleted" in tunec(folder, "gc", "small.tune", "--drop", name).stdout
    assert "no versions yet" in tunec(folder, "versions").stdout
    tunec(folder, "gc", "--store", "nowhere", code=2)


def test_with_a_shared_store_every_command_finds_the_own_one(folder: Path) -> None:
    team = (folder / "team").as_uri()
    tunec(folder, "build", "small.tune", TUNEC_STORE=team)
    name = json.loads(tunec(folder, "versions", "--json", TUNEC_STORE=team).stdout)[0]["version"]
    assert "✓ no row lost" in tunec(folder, "verify", name, TUNEC_STORE=team).stdout
    assert "dropped" in tunec(folder, "why", name, "去", TUNEC_STORE=team).stdout
    tunec(folder, "export", name, "--to", "alpaca", TUNEC_STORE=team)
    assert tunec(folder, "diff", name, "small.tune", TUNEC_STORE=team).stdout == "no differences\n"
    tunec(folder, "gc", "small.tune", TUNEC_STORE=team)
    assert not (folder / "file:").exists()


def test_a_report_is_one_file(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    assert tunec(folder, "report", "small").stdout == "small.html\n"
    assert "keep words(prompt) in 2..9" in (folder / "small.html").read_text()


def test_jobs_bounds_the_threads(folder: Path) -> None:
    code = (
        "from tunec.main import app; import os\n"
        "app(['build', 'small.tune', '-q', '--jobs', '1'], standalone_mode=False)\n"
        "import polars; print(polars.thread_pool_size(), os.environ['OMP_NUM_THREADS'])\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "1"]


def test_a_damaged_manifest_does_not_hide_the_other_versions(folder: Path) -> None:
    tunec(folder, "build", "small.tune")
    whole = next((folder / ".tunec/versions/small").iterdir())
    shutil.copytree(whole, whole.with_name("2.0.0+0123456789ab"))
    broken = whole.with_name("2.0.0+0123456789ab") / "manifest.json"
    broken.chmod(0o644)
    broken.write_text("{")
    done = tunec(folder, "versions", "--json")
    assert [v["version"] for v in json.loads(done.stdout)] == [f"small@{whole.name}"]
    assert "cannot be read" in done.stderr


def test_plan_says_how_much_a_step_without_rows_makes(folder: Path) -> None:
    (folder / "merged.tune").write_text(
        'spec merged(version: "1.0.0", license: "MIT")\n'
        'source tasks = rows([{instruction: "a", response: "b"}])\n'
        'model base = bundled("smollm2-135m-instruct")\n'
        "train one from base on tasks { lora() sft() }\n"
        "train two from base on tasks { lora() sft(epochs: 2) }\n"
        "merge both from [one, two] { slerp() }\n"
        "evaluate scores of [both, base] { perplexity(on: tasks) exact_match(on: tasks, answer: text) }\n",
        encoding="utf-8",
    )
    found = tunec(folder, "plan", "merged.tune").stdout
    shown = {line.split()[1]: " ".join(line.split()[2:4]) for line in found.splitlines() if line.startswith("  + ")}
    assert (shown["tasks"], shown["both"], shown["scores"]) == ("1 row", "2 models", "2 measures")
    steps = {
        s["label"]: s["amount"] for s in json.loads(tunec(folder, "plan", "merged.tune", "--json").stdout)["steps"]
    }
    assert (steps["tasks"], steps["both"], steps["scores"]) == (None, "2 models", "2 measures")
