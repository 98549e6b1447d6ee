"""A search over the size of a selection, from spec to report, with fine-tunes of a tiny model: stopped, and gone on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.building import Quiet
from tests.training.tiny import tiny_model
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import compile_spec
from tunec.compiler.planning.plan import Planned
from tunec.console.summary import print_steps
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.building.build import Built, plan_build, run_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.published import manifest_of
from tunec.runtime.store.store import Store
from tunec.runtime.versions.report.data import section

SPEC = """
spec s(version: "1.0.0-dev", seed: 3)
source pool = jsonl("pool.jsonl", format: alpaca, license: "MIT")
source held = jsonl("held.jsonl", format: alpaca, license: "MIT")
model base = local("tiny")
dataset best from pool {
    search(2..18, by: top(0 - chars(response)), trials: 12, control: random) {
        finetune(base, epochs: 1, batch_size: 4, max_length: 64, learning_rate: 0.01)
        loss(on: held)
    }
}
"""
#: The steps during which the build ends.
LOST = ("best · trial 7", "best · trial 7 random")


def written(folder: Path) -> None:
    for name, count in (("pool", 20), ("held", 4)):
        texts = [{"instruction": f"Say {n}.", "input": "", "output": "ab" * (n % 7 + 1)} for n in range(count)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(t) + "\n" for t in texts), encoding="utf-8")


class Stopped(Exception):
    """What ends a build in the middle of a trial, as Ctrl-C does."""


@dataclass
class Stops(Quiet):
    """A reporter that ends the build while a step of that name trains."""

    name: str = ""
    running: str = field(default="", init=False)

    def start(self, step: Planned, number: int, total: int) -> None:
        super().start(step, number, total)
        self.running = step.label

    def progress(self, done: int, total: int, what: str) -> None:
        if self.running == self.name:
            raise Stopped


def built(folder: Path, reporter: Quiet, text: str = SPEC) -> Built:
    (folder / "s.tune").write_text(text, encoding="utf-8")
    compiled = compile_spec(folder / "s.tune", load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    planning = plan_build(compiled.graph, load_catalogue(), folder, Store(folder / ".tunec"))
    assert not planning.problems, planning.problems
    return run_build(planning, load_catalogue(), compiled.sources, folder / "build", reporter, True)


@dataclass
class Searched:
    """A search that was stopped twice, and in the end was not."""

    folder: Path
    runs: list[list[str]]
    built: Built
    reporter: Quiet

    @property
    def trials(self) -> dict[str, dict[str, Any]]:
        results = self.built.engine.results
        folders = {s.label: results.folder(s.step.id) for s in results.plan.steps if " · trial " in s.label}
        return {label: json.loads((place / "trial.json").read_text("utf-8")) for label, place in folders.items()}


@pytest.fixture(scope="module")
def searched(trainers: None, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    pytest.importorskip("flaml")
    folder = tmp_path_factory.mktemp("search")
    written(folder)
    tiny_model(ModelSpec("local", "tiny", "tiny", "backend"), folder / "tiny")
    runs = []
    for name in LOST:
        reporter: Quiet = Stops(name=name)
        with pytest.raises(Stopped):
            built(folder, reporter)
        runs.append(reporter.started)
    reporter = Quiet()
    done = built(folder, reporter)
    return Searched(folder, [*runs, reporter.started], done, reporter)


@pytest.mark.model
def test_a_search_goes_on_where_it_was_stopped(searched: Searched) -> None:
    from tunec.compiler.planning.fingerprint import seed_of
    from tunec.runtime.tuning.searching.sizes import next_size

    labels = [*(f"best · trial {n}" for n in range(1, 13)), *(f"best · trial {n} random" for n in range(1, 13))]
    assert [[label for label in run if "trial" in label] for run in searched.runs] == [
        labels[:7], labels[6:19], labels[18:]
    ]  # fmt: skip
    # The sizes are those of a search that nobody stops: each follows from the losses before it.
    tried = [(searched.trials[label]["rows"], searched.trials[label]["loss"]) for label in labels[:12]]
    seed = seed_of("sized", {"seed": 3})
    assert [size for size, _ in tried] == [next_size(2, 18, tried[:n], seed) for n in range(12)]
    assert tried[0][0] == 2 and len({size for size, _ in tried}) == 12
    assert [searched.trials[label]["rows"] for label in labels[12:]] == [size for size, _ in tried]


@pytest.mark.model
def test_the_best_size_is_kept_and_the_curve_is_shown(searched: Searched, capsys: pytest.CaptureFixture[str]) -> None:
    trials = searched.trials
    chosen = {t["rows"]: t["loss"] for label, t in trials.items() if "random" not in label}
    random = {t["rows"]: t["loss"] for label, t in trials.items() if "random" in label}
    best = min(chosen, key=lambda size: chosen[size])
    engine = searched.built.engine
    kept = engine.results.rows(engine.plan.graph.targets["best"].node)
    shortest = sorted(range(20), key=lambda n: (n % 7, n))[:best]
    assert sorted(int(r.split()[1][:-1]) for r in kept["instruction"]) == sorted(shortest)
    assert chosen != random

    print_steps(engine.plan, searched.built.planning.store, load_catalogue())
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    curve = [[f"{size}", f"{chosen[size]:.4f}", f"{random[size]:.4f}"] for size in sorted(chosen)]
    assert [line[:3] for line in shown[shown.index(["rows", "loss", "random"]) + 1 :][:12]] == curve
    assert [line[0] for line in shown if line[3:] == ["taken"]] == [f"{best}"]
    note = next(w for w in searched.reporter.warnings if "lowest loss" in w)
    assert note.startswith(
        f"best · search: {best} of 20 rows have the lowest loss of 12 sizes, {chosen[best]:.4f}; as "
    )
    assert re.search(r"(better|worse|no better) than random \([+-][\d.]+, [+-][\d.]+ to [+-][\d.]+\)$", note)

    assert searched.built.published is not None
    version = searched.built.published.out
    chart = next(c for c in section(version, "best", manifest_of(version)).charts if c.title == "Loss by size")
    assert [list(row) for row in chart.table.rows] == [
        [size, round(chosen[size], 4), round(random[size], 4)] for size in sorted(chosen)
    ]
    assert chart.option["xAxis"]["type"] == "log"


@pytest.mark.model
def test_more_trials_run_only_those_that_are_new(searched: Searched) -> None:
    (searched.folder / "s.tune").write_text(SPEC.replace("trials: 12", "trials: 14"), encoding="utf-8")
    compiled = compile_spec(searched.folder / "s.tune", load_catalogue())
    assert compiled.graph is not None
    plan = plan_build(compiled.graph, load_catalogue(), searched.folder, searched.built.planning.store).plan
    new = {f"best · trial {n}{random}" for n in (13, 14) for random in ("", " random")}
    assert {step.label for step in plan.pending} == {*new, "best · search"}


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "t.tune").write_text(text, encoding="utf-8")
    found = check_spec(folder / "t.tune", load_catalogue()).diagnostics
    return [(d.code, d.message) for d in found if d.code < "T3" or d.code in ("T321", "T408")]


def test_what_is_wrong_with_a_search_is_said(tmp_path: Path) -> None:
    written(tmp_path)

    def said(old: str, new: str) -> list[tuple[str, str]]:
        assert old in SPEC
        return problems(tmp_path, SPEC.replace(old, new))

    assert problems(tmp_path, SPEC) == []
    assert said("loss(on: held)", "") == [("T202", "`search` has no `loss(…)`, which a trial needs")]
    assert said("loss(on: held)", "loss(on: held) loss(on: held)") == [
        ("T102", "a trial of `search` has more than one `loss`")
    ]
    assert said("loss(on: held)", "loss(on: held) subsets(4, rows: 2)")[0][0] == "T103"
    assert said("2..18", "2..9") == [("T201", "there are only 8 sizes to try, fewer than 12 trials")]
    assert said("2..18", "..18")[0][0] == "T201"
    assert said("2..18", "0.5..18.0")[0][0] == "T201"
    assert said("2..18", "50..90") == [
        ("T321", "`search` asks for 50 rows, but at most 20 can arrive: there is no size to search for")
    ]
    assert said("on: held", "on: pool") == [("T408", "the trials are trained on these rows")]
    assert said("search(2..18, by: top(0 - chars(response)), trials: 12, control: random) {", "select(3, by: random())"
                " dedup {")[0][0] == "T103"  # fmt: skip
    for stage in ("search(2..18, by: random(), trials: 4)", "mix(search: 6, total: 6, proxy_rows: 2)"):
        inside = f"generate g from pool {{ respond(base) {stage} {{ finetune(base) loss(on: held) }} }}\n"
        (message,) = problems(tmp_path, SPEC + inside)
        assert message[0] == "T207" and message[1].endswith("move it to a `dataset`")
    bare = re.sub(r"\{\s+finetune.*?\}", "", SPEC, flags=re.DOTALL)
    assert problems(tmp_path, bare)[0][0] == "T202"
