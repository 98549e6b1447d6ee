"""A plan says what a build will take: bounds that hold, and what the last build makes likely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.building import build as built
from tests.building import ledger
from tunec.main import app

SPEC = """
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
dataset chat from tasks {
    filter { keep words(prompt) >= 3 }
    dedup { exact(prompt) }
    limit(8)
    split { train: 75%, validation: 25% }
}
dataset more from chat.train { shuffle() }
"""


def write(folder: Path, count: int) -> None:
    """Every fourth row has too few words."""
    rows = [
        {"instruction": f"Name {n}." if n % 4 == 0 else f"Name colour {n}, 颜色。", "output": "Red."}
        for n in range(count)
    ]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.tune").write_text(SPEC, encoding="utf-8")
    write(tmp_path, 12)
    return tmp_path


def tunec(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def plan(*words: str) -> dict[str, dict[str, Any]]:
    steps = json.loads(tunec("plan", "t.tune", "--json", *words))["steps"]
    return {step["label"]: step["estimate"] for step in steps}


def test_what_files_and_stages_tell_before_any_build(folder: Path) -> None:
    found = plan()
    rows = {label: (e["rows_out"]["low"], e["rows_out"]["high"]) for label, e in found.items()}
    assert rows == {
        "tasks": (0, 12), "chat · filter": (0, 12), "chat · dedup": (0, 12), "chat · limit": (0, 8),
        "chat · split": (0, 8), "more · shuffle": (0, 8),
    }  # fmt: skip
    assert all(e["seconds"] is None and e["memory"] is None and e["basis"] == "" for e in found.values())
    said = " ".join(tunec("plan", "t.tune").split())
    assert (
        "?" not in said
        and "≈ 12 (0 to 12) rows" in said
        and "a build, or one with --sample, tells time and memory" in said
    )


def test_what_comes_twice_is_counted_once_and_what_is_repeated_has_bounds(folder: Path) -> None:
    made = ", ".join(f'{{instruction: "Name {n}.", response: "Red."}}' for n in range(4))
    text = f"""spec t(version: "1.0.0", license: "MIT")
source s = rows([{made}], license: "MIT")
source few = sample(s, 3)
dataset a from s {{ shuffle() }}
dataset b from [few, a] {{ shuffle() }}
dataset c from [few, s] {{ repeat(s, 2) }}
dataset d from [few, s] {{ mix(total: 2) {{ s: 100% }} }}
"""
    (folder / "t.tune").write_text(text, encoding="utf-8")
    bounds = {label: (e["rows_out"]["low"], e["rows_out"]["high"]) for label, e in plan().items()}
    assert bounds["few"] == (3, 3)
    assert bounds["b · shuffle"] == (4, 7)
    assert bounds["c · repeat"] == (4, 14)
    assert bounds["d · mix"] == (0, 2)
    tunec("build", "t.tune")
    for label, estimate in plan().items():
        low, high = bounds[label]
        assert low <= estimate["rows_out"]["likely"] <= high


@pytest.mark.parametrize("first", [(), ("--sample", "8")])
def test_the_last_build_or_sample_makes_numbers_likely(folder: Path, first: tuple[str, ...]) -> None:
    tunec("build", "t.tune", "-q", *first)
    write(folder, 24)
    found = plan()
    assert found["tasks"]["rows_out"] == {"low": 0, "high": 24, "likely": 24}
    assert found["chat · filter"]["rows_out"] == {"low": 0, "high": 24, "likely": 18}
    assert found["chat · limit"]["rows_out"]["likely"] == 8
    assert found["more · shuffle"]["rows_in"]["likely"] == 6
    for estimate in found.values():
        assert estimate["basis"] == "last build" and estimate["seconds"] >= 0 and estimate["memory"] > 2**20
    said = tunec("plan", "t.tune")
    assert "6 of 6 steps to run: about " in said and "GB of memory, by the last build" in said


def test_what_is_stored_is_known(folder: Path) -> None:
    tunec("build", "t.tune", "-q")
    found = plan()
    assert {label: e["rows_out"]["low"] for label, e in found.items()} == {
        "tasks": 12, "chat · filter": 9, "chat · dedup": 9, "chat · limit": 8, "chat · split": 8, "more · shuffle": 6,
    }  # fmt: skip
    assert all(e["basis"] == "stored" and e["seconds"] == 0 for e in found.values())


def test_forced_is_all_of_a_target_and_nothing_else(folder: Path) -> None:
    tunec("build", "t.tune", "-q")
    done = json.loads(tunec("build", "t.tune", "--json", "--force", "chat"))
    assert done["ran"] == ["chat · filter", "chat · dedup", "chat · limit", "chat · split"]
    planned = json.loads(tunec("plan", "t.tune", "--json", "--force", "more"))["steps"]
    assert [s["label"] for s in planned if not s["cached"]] == ["more · shuffle"]
    assert next(s for s in planned if not s["cached"])["rows_out"] == 6


def test_a_generation_is_bounded_by_what_it_may_ask_and_costs_what_it_cost(tmp_path: Path, tiny_base: Path) -> None:
    text = """
    spec t(allow_empty: true)
    seeds given = rows([{instruction: "Name a colour.", response: "Red."},
                        {instruction: "Name a fish.", response: "Cod."},
                        {instruction: "Name a tree.", response: "Oak."}])
    model m = bundled("smollm2-135m-instruct")
    generate fresh from given { self_instruct(m, demonstrations: 2, style: alpaca, max_tokens: 8) until(requests: 2) }
    dataset out from fresh { shuffle() }
    """
    (tmp_path / "t.tune").write_text(text.replace("requests: 2", "rows: 5, requests: 2"), encoding="utf-8")
    words = ("plan", str(tmp_path / "t.tune"), "--json")
    fresh = next(s for s in json.loads(tunec(*words))["steps"] if s["label"] == "fresh")["estimate"]
    assert fresh["rows_out"]["high"] == 5 and fresh["requests"] == 2 and fresh["tokens"] is None
    result = built(tmp_path, text.replace("requests: 2", "rows: 5, requests: 2"))
    assert ledger(result, "out").height >= 0
    planned = json.loads(tunec(*words, "--force", "out"))
    assert next(s for s in planned["steps"] if s["label"] == "fresh")["estimate"]["basis"] == "stored"
