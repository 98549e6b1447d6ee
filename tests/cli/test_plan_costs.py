"""`plan` tells what models will be asked and at what price, from recorded answers alone, or from a pilot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.needs import needs
from tests.serving import Served, last, serving
from tunec.main import app

needs("aiohttp")

COUNT = 40


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"instruction": f"Question {n}：什么是 {n}？", "output": "-"}) + "\n" for n in range(COUNT)]
    (tmp_path / "q.jsonl").write_text("".join(lines), encoding="utf-8")
    with serving(usage=lambda body: (100 + len(last(body)), 50)) as served:
        yield served


def write(served: Served, generation: str = "respond(teacher)", more: str = "", price: str = "10") -> None:
    prices = f"price_input: ${price}, price_output: $20, " if price else ""
    Path("s.tune").write_text(
        f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}", {prices}attempts: 1)
generate answered from q {{ {generation} }}
{more}
dataset out from answered {{ }}
""",
        encoding="utf-8",
    )


def tunec(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [*words], standalone_mode=False)
    wrong = isinstance(done.exception, click.UsageError)
    assert (2 if wrong else done.exit_code or done.return_value) == code, (done.output, done.exception)
    return done


def plan(*words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tunec("plan", "s.tune", "--json", *words, code=code).stdout)
    return found


def asking(found: dict[str, Any], label: str = "answered") -> dict[str, Any] | None:
    (step,) = (s for s in found["steps"] if s["label"] == label)
    told: dict[str, Any] | None = step["estimate"]["asking"]
    return told


def exact(served: Served) -> float:
    """What the server would be paid for what it answered."""
    bodies = served.bodies
    return sum((100 + len(last(body))) * 10 + 50 * 20 for body in bodies) / 1e6


def test_nothing_is_asked_and_nothing_invented_without_a_pilot(served: Served) -> None:
    write(served)
    found = plan()
    assert asking(found) is None and found["total"]["cost"] is None and found["unknown"] == {
        "answered": "no answer is recorded yet"
    }  # fmt: skip
    said = tunec("plan", "s.tune").stdout
    assert "what models will be asked: ?" in said and "--pilot" in said
    assert not served.bodies and not Path(".tunec").exists()


def test_a_pilot_is_recorded_and_tells_the_price(served: Served) -> None:
    write(served)
    found = plan("--pilot", "4")
    assert len(served.bodies) == 4 and found["pilot"] == {"asked": 4, "paid": pytest.approx(exact(served))}
    told = asking(found)
    assert told is not None and told["recorded"] == 4
    assert told["requests"] == {"low": 36.0, "high": 36.0}
    assert told["completion_tokens"] == {"low": 1800.0, "high": 1800.0}
    # Said again without asking again; and what is paid already counts as paid by the build.
    assert asking(plan("--pilot", "4")) == told == asking(plan()) and len(served.bodies) == 4
    low, high = told["cost"]["low"], told["cost"]["high"]
    tunec("build", "s.tune")
    assert len(served.bodies) == COUNT and max(served.attempts.values()) == 1
    run = json.loads(Path("build/s/run.json").read_text("utf-8"))
    assert low <= run["cost"] <= high < run["cost_in_all"] == pytest.approx(exact(served), abs=1e-6)
    assert plan()["total"]["cost"] is None


def test_what_an_interrupted_build_left_is_not_asked_again(served: Served) -> None:
    write(served)
    served.refuse, served.after = (401, "no credit"), 30
    tunec("build", "s.tune", code=3)
    told = asking(plan())
    assert told is not None and told["recorded"] >= 30 and told["requests"]["high"] == COUNT - told["recorded"]
    said = tunec("plan", "s.tune").stdout
    assert f"requests to ask, {told['recorded']} recorded" in said


def test_bounds(served: Served) -> None:
    write(served)
    tunec("plan", "s.tune", "--pilot", "2")
    assert "this costs more than $0.0100" in tunec("plan", "s.tune", "--max-cost", "0.01", code=1).stdout
    assert "more than" not in tunec("plan", "s.tune", "--max-cost", "9").stdout
    write(served, 'respond(teacher, system: "Brief.")')
    before = exact(served)
    done = tunec("plan", "s.tune", "--pilot", "40", "--max-cost", "0.03", code=3)
    assert "the bound on costs is reached" in done.stderr
    assert exact(served) - before < 0.03
    write(served, price="")
    assert "--max-cost needs the price" in str(tunec("plan", "s.tune", "--max-cost", "1", code=2).exception)


def test_rows_that_a_generation_wants_and_loses(served: Served) -> None:
    """Half of the answers are dropped, so about twice as many units are needed as rows."""
    served.say = lambda body: "even" if int(last(body).split("：")[0].split()[1]) % 2 == 0 else "odd"
    write(served, 'respond(teacher) filter { keep response == "odd" } until(rows: 8, requests: 30)')
    told = asking(plan("--pilot", "10"))
    assert told is not None and told["requests"]["low"] <= 6 <= told["requests"]["high"] <= 20


def test_a_pilot_asks_judges_of_rows_too(served: Served) -> None:
    served.say = lambda body: "4"
    Path("s.tune").write_text(
        f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca)
model referee = openai("m", base_url: "{served.url}", price_input: $10, price_output: $20)
dataset out from q {{
    filter {{ keep judge(referee, rubric: "Is it clear? 清楚吗？", scale: 1..5) >= 3 }}
    dedup {{ exact(prompt) }}
}}
""",
        encoding="utf-8",
    )
    label = next(s["label"] for s in plan()["steps"] if "filter" in s["label"])
    assert asking(plan(), label) is None and not served.bodies
    told = asking(plan("--pilot", "5"), label)
    assert told is not None and told["recorded"] == len(served.bodies) == 5
    assert told["requests"] == {"low": 35.0, "high": 35.0}
    assert told["cost"]["low"] <= exact(served) * 7 <= told["cost"]["high"]
    tunec("build", "s.tune")
    assert len(served.bodies) == COUNT


def test_prompts_are_shown_and_nobody_is_asked(served: Served) -> None:
    write(
        served,
        "evolve(teacher)",
        'generate again from answered { paraphrase(teacher) }\ndataset more from again {}\n'
        'dataset judged from q { filter { keep judge(teacher, rubric: "Good? 好吗？", scale: 1..5) >= 3 } }',
    )  # fmt: skip
    shown = json.loads(tunec("plan", "s.tune", "--prompts", "--json").stdout)["prompts"]
    assert not served.bodies and not Path(".tunec").exists()
    steps: dict[str, list[str]] = {}
    for one in shown:
        steps.setdefault(one["step"], []).append("\n".join(m["content"] for m in one["messages"]))
        assert one["model"] == "m"
    assert [len(steps[label]) for label in ("answered", "again")] == [3, 1]
    first, compared, answered = steps["answered"]
    assert "Question 0：什么是 0？" in first and "Question 0：什么是 0？" in compared and "‹answer of m›" in answered
    assert "‹instruction 1›" in steps["again"][0]
    (judged,) = (texts for label, texts in steps.items() if label.startswith("judged"))
    assert "Good? 好吗？" in judged[0] and "Question 0：什么是 0？" in judged[0]
    said = tunec("plan", "s.tune", "--prompts").stdout
    assert "prompt 1 to m (temperature 0.7, at most 512 tokens)" in said and "user:" in said
