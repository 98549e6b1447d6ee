"""What the variants of a spec came to: in one table, with paired differences."""

from __future__ import annotations

import json
from pathlib import Path

from tests.building import build
from tunec.runtime.base.method import Reading
from tunec.runtime.exchange.data import data_of
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.scores import lines
from tunec.runtime.versions.variants import Measured, compared, table_of

TASKS = json.dumps([{"instruction": f"Count to {n}.", "response": f"One and {n}."} for n in range(6)])
SPEC = f"""
vary size in [2, 3]
source tasks = rows({TASKS.replace('"instruction"', "instruction").replace('"response"', "response")})
model base = bundled("smollm2-135m-instruct")
dataset held from tasks {{ limit(size) }}
dataset apart from tasks {{ limit(2 * size)  split {{ train: 50%, validation: 50% }} }}
evaluate scores of [base] {{ perplexity(on: held)  perplexity(on: apart.train)  perplexity(on: apart.validation) }}
"""


def reading(*values: float) -> Reading:
    items = {f"row{n}": (value, 1.0) for n, value in enumerate(values)}
    mean = sum(values) / len(values)
    return Reading({"loss": mean, "low": mean - 1, "high": mean + 1}, "loss", items, lower=True)


def test_each_variant_is_compared_with_the_first_item_all_else_being_equal() -> None:
    base = reading(9.0, 9.0, 9.0)
    tuned = {
        ("random", "1"): reading(5.0, 6.0, 7.0),
        ("random", "2"): reading(5.5, 6.5, 7.5),
        ("top", "1"): reading(4.0, 5.0, 6.0),
        ("top", "2"): reading(4.4, 5.4, 6.4),
    }
    measured = [Measured({"by": by, "seed": s}, {"base": base, "tuned": one}) for (by, s), one in tuned.items()]
    found = compared(measured)
    assert found["from"] == "by=random"
    rows = {(row["model"], *row["variant"].values()): row for row in found["rows"]}
    assert rows["base",] == {"variant": {}, "model": "base", "value": 9.0, "low": 8.0, "high": 10.0}
    assert "difference" not in rows["tuned", "random", "1"]
    assert round(rows["tuned", "top", "1"]["difference"]["difference"], 9) == -1.0
    assert round(rows["tuned", "top", "2"]["difference"]["difference"], 9) == -1.1
    mean = rows["tuned", "top"]
    assert (mean["runs"], round(mean["value"], 9), round(mean["difference"]["difference"], 9)) == (2, 5.2, -1.05)
    assert [round(one, 9) for one in mean["apart"]] == [-1.1, -1.0]
    shown = [*lines(table_of({"evaluation": "scores", "measure": "m", **found}))]
    assert "mean of 2" in shown[-1] and "better; single -1.1 to -1" in shown[-1]


def test_a_build_tells_of_its_variants(tmp_path: Path, tiny_base: Path) -> None:
    built = build(tmp_path, SPEC).built
    assert built is not None and built.published is not None
    run = json.loads((built.published.out / "run.json").read_text("utf-8"))
    table, *others = run["variants"]
    assert [other["measure"] for other in others] == [f"perplexity(on: apart.{s})" for s in ("train", "validation")]
    assert (table["evaluation"], table["measure"], table["from"]) == ("scores", "perplexity(on: held)", "size=2")
    assert [row["variant"] for row in table["rows"]] == [{"size": "2"}, {"size": "3"}]
    assert table["rows"][1]["difference"]["difference"] == 0.0  # the same model, on the rows that both have
    assert 'id="variants"' in (built.published.out / "report.html").read_text("utf-8")
    manifest = json.loads((built.published.out / "manifest.json").read_text("utf-8"))
    assert [one.name for one in data_of(built.published.folder)] == [
        "apart@size=2", "apart@size=3", "held@size=2", "held@size=3",
    ]  # fmt: skip
    assert manifest["targets"]["held@size=3"]["variant"] == {"size": "3"}


def test_the_summary_of_a_variant_says_what_is_no_table(tmp_path: Path) -> None:
    apart = {"first": "m", "second": "m.control", "better": "first", "difference": -0.5, "low": -0.7, "high": -0.3}
    score = {"measure": "acc()", "models": {"m": {"acc": 0.5}}, "compared": "acc", "differences": [apart]}
    node = {"id": "e", "params": {"models": [], "measures": [{"call": "evaluate.x", "args": {}}]}}
    graph = {"nodes": [node], "targets": {"s@a=1": {"node": "e"}}}
    targets = {"s@a=1": {"kind": "evaluate", "variant": {"a": "1"}}}
    (tmp_path / "evaluations").mkdir()
    (tmp_path / "evaluations" / "s@a=1.json").write_text(json.dumps([score]), encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps({"targets": targets, "graph": graph, "nodes": {}}))
    summary = kind_of("evaluate").summary
    assert summary is not None
    said = "    acc(): m: the chosen rows are better than random ones: acc +0.5 (+0.3 to +0.7)"
    assert list(summary(tmp_path, "s@a=1")) == ["s@a=1", said]
    (tmp_path / "evaluations" / "s@a=1.json").write_text(json.dumps([{**score, "differences": []}]), encoding="utf-8")
    assert list(summary(tmp_path, "s@a=1")) == []
