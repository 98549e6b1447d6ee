"""Building again runs only what changed; what is published holds what the ledger says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tunec.runtime.building.broken_checks import CheckBroken

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
dataset out from tasks {
    normalize()
    filter {
        keep words(prompt) in 2..50
        keep words(response) in 1..50
    }
    dedup {
        exact(prompt)
    }
    select(30, by: random())
    split {
        train: 80%
        validation: 20%
    }
}
"""


def tasks(count: int = 40) -> list[dict[str, str]]:
    made = [{"instruction": f"Describe the city number {n}.", "output": f"City {n} is big."} for n in range(count)]
    made[5]["output"] = ""
    made[9]["instruction"] = "Go"
    made[12]["instruction"] = made[3]["instruction"]
    return made


def write(folder: Path, data: list[dict[str, str]], name: str = "tasks.jsonl") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in data))


def test_a_second_build_does_nothing(tmp_path: Path) -> None:
    write(tmp_path, tasks())
    first = build(tmp_path, SPEC)
    again = build(tmp_path, SPEC)
    assert first.built is not None and again.built is not None
    assert first.built.ran and not again.built.ran
    assert again.built.published == first.built.published


@pytest.mark.parametrize(
    "before, after",
    [("spec t", "# a remark\nspec t"), ("tasks =", "jobs ="), ("dataset out", "## Told.\ndataset out")],
)
def test_comments_and_names_run_nothing(tmp_path: Path, before: str, after: str) -> None:
    write(tmp_path, tasks())
    first = build(tmp_path, SPEC)
    changed = build(
        tmp_path, SPEC.replace(before, after).replace("from tasks", "from jobs" if "jobs" in after else "from tasks")
    )
    assert changed.built is not None and first.built is not None, changed.problems
    assert changed.reporter.started == []
    assert changed.built.published is not None and first.built.published is not None
    assert changed.built.published.version == first.built.published.version


def test_what_an_embedder_stands_for_is_looked_up_once(tmp_path: Path) -> None:
    spec = """
    source s = rows([{instruction: "Say hello.", response: "Hello."}])
    embedder minilm = bundled("all-minilm-l6-v2")
    dataset out from s { dedup { semantic(prompt, using: minilm) } }
    """
    built = build(tmp_path, spec).built
    assert built is not None
    node = next(n.id for n in built.engine.plan.graph.nodes if n.op == "embedders.bundled")
    assert built.engine.context.resolve(node) is built.engine.context.resolve(node)


def test_a_moved_folder_runs_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a", tasks())
    build(tmp_path / "a", SPEC)
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert build(tmp_path / "b", SPEC).reporter.started == []


def test_a_late_threshold_runs_only_what_follows(tmp_path: Path) -> None:
    write(tmp_path, tasks())
    build(tmp_path, SPEC)
    changed = build(tmp_path, SPEC.replace("select(30", "select(20"))
    assert [label.split(" · ")[1] for label in changed.reporter.started] == ["select", "split"]


def test_the_reason_to_run_is_named(tmp_path: Path) -> None:
    from tunec.compiler.pipeline import compile_spec
    from tunec.runtime.building.build import plan_build
    from tunec.runtime.catalogue import load_catalogue
    from tunec.runtime.store.store import Store

    def reasons(text: str) -> dict[str, str]:
        (tmp_path / "t.tune").write_text(text)
        graph = compile_spec(tmp_path / "t.tune", load_catalogue()).graph
        assert graph is not None
        plan = plan_build(graph, load_catalogue(), tmp_path, Store(tmp_path / ".tunec")).plan
        return {s.label.split(" · ")[-1]: s.reason for s in plan.steps if not s.cached}

    write(tmp_path, tasks())
    assert set(reasons(SPEC).values()) == {"new"}
    build(tmp_path, SPEC)
    assert reasons(SPEC) == {}
    assert reasons(SPEC.replace("select(30", "select(20")) == {"select": "argument size: 30 → 20", "split": "input"}
    write(tmp_path, tasks(41))
    assert reasons(SPEC)["tasks"] == "file tasks.jsonl changed"
    assert reasons(SPEC)["dedup"] == "input"


def test_the_ledger_accounts_for_every_row(tmp_path: Path) -> None:
    write(tmp_path, tasks())
    book = ledger(build(tmp_path, SPEC), "out")
    assert book.height == 40
    assert book.filter(verdict="kept").height == 30
    rules = dict(book.filter(verdict="dropped")["rule"].value_counts().iter_rows())
    assert rules.pop("random()") == 7
    assert rules == {"keep words(response) in 1..50": 1, "keep words(prompt) in 2..50": 1, "exact(prompt)": 1}
    short = book.filter(rule="keep words(prompt) in 2..50").row(0, named=True)
    assert (short["value"], short["threshold"], short["position"]) == ("1", "in 2..50", 9)
    twin = book.filter(rule="exact(prompt)").row(0, named=True)
    assert twin["position"] == 12
    assert twin["partner"] == book.filter(position=3)["id"][0]


def test_published_files_load_as_a_dataset(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    write(tmp_path, tasks())
    done = build(tmp_path, SPEC)
    assert done.built is not None and done.built.published is not None
    folder = done.built.published.out / "datasets" / "out"
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {k: v.num_rows for k, v in loaded.items()} == {"train": 24, "validation": 6}
    assert loaded["train"].column_names == ["id", "origin", "parents", "instruction", "input", "response"]
    assert 'license: "mit"' in (folder / "README.md").read_text()


def test_a_rebuilt_folder_loads_its_new_rows(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    spec = 'source tasks = jsonl("d.jsonl", format: alpaca)\ndataset t from tasks {}\n'

    def loaded(colour: str, folder: Path) -> list[str]:
        rows = [{"instruction": f"Paint {n} walls {colour}.", "output": "Done."} for n in range(3)]
        folder.mkdir(exist_ok=True)
        (folder / "d.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        done = build(folder, spec)
        assert done.built is not None and done.built.published is not None
        shown = done.built.published.out / "datasets" / "t"
        return list(datasets.load_dataset(str(shown), cache_dir=str(tmp_path / "cache"))["train"]["instruction"])

    assert loaded("red", tmp_path / "a")[0] == "Paint 0 walls red."
    assert loaded("blue", tmp_path / "a")[0] == "Paint 0 walls blue."
    assert loaded("green", tmp_path / "b")[0] == "Paint 0 walls green."  # another project, the same names


def test_a_split_without_rows_does_not_keep_the_others_from_loading(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    write(tmp_path, tasks()[:2])
    source = 'spec t(allow_empty: true)\nsource tasks = jsonl("tasks.jsonl", format: alpaca)\n'
    done = build(tmp_path, source + "dataset t from tasks { split { train: 90%, test: 10% } }")
    assert done.built is not None and done.built.published is not None
    shown = done.built.published.out / "datasets" / "t"
    loaded = datasets.load_dataset(str(shown), cache_dir=str(tmp_path / "cache"))
    assert {k: v.num_rows for k, v in loaded.items()} == {"train": 2}
    assert "| test | 0 |" in (shown / "README.md").read_text()


def test_two_stores_give_the_same_bytes(tmp_path: Path) -> None:
    versions = []
    for name in ("a", "b"):
        write(tmp_path / name, tasks())
        done = build(tmp_path / name, SPEC)
        assert done.built is not None and done.built.published is not None
        out = done.built.published.out
        files = {
            p.relative_to(out).as_posix(): p.read_bytes()
            for p in out.rglob("*")
            if p.is_file() and p.name not in ("run.json", "report.html")  # what a run took and cost
        }
        manifest = files.pop("manifest.json").decode().replace(str(tmp_path / name), "")
        versions.append((done.built.published.version, files, manifest))
    assert versions[0] == versions[1]


def test_a_broken_promise_fails_with_the_numbers(tmp_path: Path) -> None:
    write(tmp_path, tasks())
    with pytest.raises(CheckBroken, match=r"count\(.*\) >= 25.* but it is 24 of 30 rows"):
        build(tmp_path, SPEC.replace("20%\n    }", "20%\n    }\n    check count(train) >= 25"))
    assert build(tmp_path, SPEC.replace("20%\n    }", "20%\n    }\n    check count(train) >= 24")).built is not None


def test_a_benchmark_item_never_gets_through(tmp_path: Path) -> None:
    from tunec.runtime.versions.promises import PromiseBroken

    data = tasks()
    data[20]["instruction"] = "Please answer: how many of the seven red apples did the old farmer eat on Sunday?"
    write(tmp_path, data)
    item = {"question": "How many of the seven red apples did the old farmer eat on Sunday?", "answer": "2"}
    write(tmp_path, [item], "b.jsonl")
    bench = '\nbenchmark b = jsonl("b.jsonl", format: choice)\n'
    rule = "decontaminate(against: [b]) { RULE }\n    select"
    spec = SPEC.replace("\nsource", bench + "source").replace("select", rule).replace("select(30", "select(40")
    dropped = ledger(build(tmp_path, spec.replace("RULE", "exact()")), "out").filter(rule="exact()")
    assert dropped["position"].to_list() == [20]
    assert dropped["partner_text"][0] == item["question"]
    with pytest.raises(PromiseBroken, match="still hold a benchmark item"):
        build(tmp_path, spec.replace("RULE", "ngram(30)"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["Go", "Say a b", "Say a b c", "Say 你好 吗", "x y z w"]), min_size=1, max_size=25),
    st.integers(1, 9),
)
def test_rows_are_conserved(tmp_path: Path, prompts: list[str], size: int) -> None:
    write(tmp_path, [{"instruction": p, "output": "ok"} for p in prompts])
    may_be_empty = SPEC.replace("seed: 1", "seed: 1, allow_empty: true")
    done = build(tmp_path, may_be_empty.replace("select(30", f"select({size}"))
    book = ledger(done, "out")
    assert book.height == len(prompts)
    assert book.filter(verdict="kept").height == rows(done, "out").height
    assert book.filter(pl.col("verdict") == "dropped")["rule"].null_count() == 0
