"""Specs in, diagnostics and graphs out. Rewritten only with `pytest --update-golden`, and the difference is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.compiler.graph import to_json
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import compile_spec
from tunec.dsl.render.text import render
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
Golden = Callable[[Path, str], None]


@pytest.mark.parametrize("spec", sorted((GOLDEN / "lint").glob("*.tune")), ids=lambda p: p.stem)
def test_lint(spec: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    compiled = check_spec(Path(spec.name), load_catalogue())
    shown = render(list(compiled.diagnostics), compiled.sources, colour=False, width=100)
    golden(spec.with_suffix(".txt"), shown.rstrip() + "\n")


@pytest.mark.parametrize("spec", ["specs/chat.tune", "tests/specs/tiny.tune"])
def test_graph(spec: str, golden: Golden) -> None:
    graph = compile_spec(ROOT / spec, load_catalogue()).graph
    assert graph is not None
    document = json.dumps(to_json(graph), indent=1, sort_keys=True, ensure_ascii=False)
    golden(GOLDEN / "graph" / f"{Path(spec).stem}.json", document + "\n")


def test_graph_has_stable_order_and_no_machine(tmp_path: Path) -> None:
    spec = ROOT / "specs" / "chat.tune"
    graphs = [compile_spec(spec, load_catalogue()).graph for _ in range(2)]
    assert graphs[0] is not None and graphs[1] is not None
    texts = [json.dumps(to_json(g), sort_keys=False) for g in graphs if g is not None]
    assert texts[0] == texts[1]
    assert str(ROOT) not in texts[0]
    nodes = [n.id for n in graphs[0].nodes]
    for node in graphs[0].nodes:
        assert all(nodes.index(i) < nodes.index(node.id) for i in node.inputs)


def test_unread_columns_are_not_loaded(tmp_path: Path) -> None:
    spec = tmp_path / "a.tune"
    spec.write_text(
        'source s = jsonl("s.jsonl", format: alpaca)\ndataset d from s { filter { keep meta.stars >= 3 } }\n'
    )
    graph = compile_spec(spec, load_catalogue()).graph
    assert graph is not None
    assert next(n for n in graph.nodes if n.op == "connectors.jsonl").params["columns"] == ("stars",)


def test_equal_expressions_are_one_node(tmp_path: Path) -> None:
    spec = tmp_path / "a.tune"
    source = 'jsonl("s.jsonl", format: alpaca)'
    stage = "filter { keep words(prompt) in 1..9 }"
    spec.write_text(
        f"source a = {source}\nsource b = {source}\ndataset d from a {{ {stage} }}\ndataset e from b {{ {stage} }}\n"
    )
    graph = compile_spec(spec, load_catalogue()).graph
    assert graph is not None
    assert len(graph.nodes) == 2
    assert graph.targets["d"].node == graph.targets["e"].node


def test_imports_bring_names_plain_and_under_an_alias(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "common.tune").write_text('source s = jsonl("data.jsonl", format: alpaca)\nconst least = 2\n')
    spec = tmp_path / "a.tune"
    spec.write_text('import "sub/common.tune" as c\ndataset d from c.s { filter { keep words(prompt) >= c.least } }\n')
    compiled = compile_spec(spec, load_catalogue())
    assert compiled.graph is not None, compiled.diagnostics
    assert next(n for n in compiled.graph.nodes if "path" in n.params).params["path"] == "sub/data.jsonl"
    spec.write_text('import "sub/common.tune"\ndataset d from s { filter { keep words(prompt) >= least } }\n')
    assert compile_spec(spec, load_catalogue()).graph is not None


def test_imports_in_a_circle_show_the_path(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text('import "b.tune"\n')
    (tmp_path / "b.tune").write_text('import "a.tune"\n')
    found = compile_spec(tmp_path / "a.tune", load_catalogue()).diagnostics
    assert [d.code for d in found] == ["T106"]
    assert "a.tune → b.tune → a.tune" in found[0].message


@pytest.mark.parametrize(
    "kind, given, fine",
    [
        ("int", "2k", True), ("int", "2.5", False), ("share", "30%", True), ("share", "x", False),
        ("text", "30%", True), ("bool", "true", True), ("bool", "1", False), ("money", "$5", True),
        ("money", "5", False), ("float", "3", True),
    ],
)  # fmt: skip
def test_params_are_typed_on_the_command_line(tmp_path: Path, kind: str, given: str, fine: bool) -> None:
    spec = tmp_path / "a.tune"
    spec.write_text(f'param p: {kind}\nsource s = rows([{{text: "a"}}])\ndataset d from s {{ shuffle() }}\n')
    found = compile_spec(spec, load_catalogue(), {"p": given}).diagnostics
    assert [d.code for d in found] == ([] if fine else ["T211"])


def test_an_unknown_param_is_named(tmp_path: Path) -> None:
    spec = tmp_path / "a.tune"
    spec.write_text('param size: int = 3\nsource s = rows([{text: "a"}])\ndataset d from s { limit(size) }\n')
    found = compile_spec(spec, load_catalogue(), {"sise": "4"}).diagnostics
    assert [(d.code, d.help) for d in found] == [("T101", "did you mean `size`?")]


def test_plan(golden: Golden, tmp_path: Path) -> None:
    from tunec.runtime.building.build import plan_build
    from tunec.runtime.store.store import Store

    graph = compile_spec(ROOT / "tests" / "specs" / "tiny.tune", load_catalogue()).graph
    assert graph is not None
    plan = plan_build(graph, load_catalogue(), ROOT / "tests" / "specs", Store(tmp_path)).plan
    lines = [f"{s.label}: {' '.join(n.op for n in s.step.nodes)} ({s.reason})" for s in plan.steps]
    golden(GOLDEN / "plan" / "tiny.txt", "\n".join(lines) + "\n")
