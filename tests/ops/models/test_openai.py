"""Models behind servers: whatever a server does, every row is right or a failed one with its reason."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from tests.building import build, ledger, rows
from tests.needs import needs
from tests.serving import FAULTS, Served, last, serving
from tunec.main import app
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.ops.models.openai import openai

needs("aiohttp")

COUNT = 60
KILLS = 5


def questions(folder: Path, count: int = COUNT) -> None:
    (folder / "q.jsonl").write_text(
        "".join(json.dumps({"instruction": f"Question {n}：什么是 {n}？", "output": "-"}) + "\n" for n in range(count)),
        encoding="utf-8",
    )


def spec(served: Served, model: str = "", until: str = "", method: str = "respond(teacher)") -> str:
    return f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}", timeout: 1s, {model})
generate answered from q {{ {method} {until} }}
dataset out from answered {{ }}
"""


def failure(folder: Path, text: str) -> str:
    """Why a build fails."""
    with pytest.raises(StepFailed) as failed:
        build(folder, text)
    return str(failed.value)


def expected(count: int = COUNT) -> list[str]:
    return [f"An answer to: Question {n}：什么是 {n}？" for n in range(count)]


def test_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "sk-canary-31415")
    questions(tmp_path, 1)
    with serving() as served:
        model = 'key: env("THE_KEY"), temperature: 0.3, top_p: 0.9, max_tokens: 77, extra: {top_k: 5, a: {b: true}}'
        build(tmp_path, spec(served, model, method='respond(teacher, system: "Be brief.")'))
    (body,), (headers,) = served.bodies, served.headers
    assert body == {
        "model": "m",
        "temperature": 0.3,
        "top_p": 0.9,
        "max_tokens": 77,
        "top_k": 5,
        "a": {"b": True},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Question 0：什么是 0？"},
        ],
    }
    assert headers["Authorization"] == "Bearer sk-canary-31415"
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"canary-31415" not in path.read_bytes(), path


def test_a_key_that_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    questions(tmp_path, 1)
    with serving() as served:
        said = failure(tmp_path, spec(served, 'key: env("THE_KEY")'))
    assert "THE_KEY" in said and not served.bodies


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes(tmp_path: Path, fault: str) -> None:
    questions(tmp_path)
    with serving(faults={fault: 0.2}) as served:
        built = build(tmp_path, spec(served))
    texts = rows(built, "out")["response"].to_list()
    if fault == "duplicate":
        assert sum(text != right for text, right in zip(texts, expected(), strict=True)) == texts.count(
            "The same as ever."
        )
    else:
        assert texts == expected()
    assert fault in ("duplicate", "schema") or sum(served.attempts.values()) > COUNT


#: A method that asks for JSON, and what a server says to it.
AS_JSON = 'prompt(teacher, "{{ instruction }}", output: {response: "text"})'


def say_json(body: dict[str, Any]) -> str:
    return json.dumps({"response": "An answer to: " + last(body)}, ensure_ascii=False)


@pytest.mark.parametrize("faults", [{"schema": 0.2}, {"duplicate": 0.2}, dict.fromkeys(FAULTS, 0.1)], ids=str)
def test_faults_of_all_kinds_mixed(tmp_path: Path, faults: dict[str, float]) -> None:
    """An answer that is not what was asked for is asked for again, with what was wrong."""
    questions(tmp_path)
    with serving(faults=faults, say=say_json) as served:
        built = build(tmp_path, spec(served, method=AS_JSON))
        assert rows(built, "out")["response"].to_list() == expected()
        assert sum(served.attempts.values()) > COUNT
        before = sum(served.attempts.values())
        again = build(tmp_path, spec(served, "concurrency: 3", method=AS_JSON))
        assert sum(served.attempts.values()) == before and rows(again, "out").equals(rows(built, "out"))
    complaints = [b for b in served.bodies if b["messages"][-1]["content"].startswith("Your last answer cannot")]
    assert len(complaints) > 0


def test_faults_of_all_kinds_that_stay(tmp_path: Path) -> None:
    """What the model itself does wrong is a failed row; the rest is as it should be."""
    questions(tmp_path)
    with serving(faults={"empty": 0.2, "reasoning": 0.2}, always=True) as served:
        built = build(tmp_path, spec(served, "attempts: 2"))
        right = set(rows(built, "out")["response"].to_list())
        failed = ledger(built, "out").filter(verdict="dropped")
        assert right < set(expected()) and len(right) + failed.height == COUNT
        assert set(failed["rule"]) == {"answer"}
        assert set(failed["value"]) == {"an empty answer, 2 times", "reasoning without an answer, 2 times"}
        before = sum(served.attempts.values())
        again = build(tmp_path, spec(served, "attempts: 3, concurrency: 2"))
        assert sum(served.attempts.values()) == before, "a recorded answer, right or not, is not asked for again"
        assert rows(again, "out").equals(rows(built, "out"))


@pytest.mark.parametrize(("status", "words"), [("401", "wrong key"), ("404", "no such model"), ("400", "bad request")])
def test_refusals_stop_the_build_with_the_words_of_the_server(tmp_path: Path, status: str, words: str) -> None:
    questions(tmp_path)
    with serving(refuse=(int(status), words)) as served:
        said = failure(tmp_path, spec(served))
    assert status in said and words in said
    assert sum(served.attempts.values()) <= 40


def test_a_prompt_that_is_too_long_is_a_failed_row(tmp_path: Path) -> None:
    questions(tmp_path, 3)
    too_long = (400, "This model's maximum context length is 8 tokens")
    with serving(refuse=too_long, only="Question 1") as served:
        built = build(tmp_path, spec(served))
    assert rows(built, "out").height == 2
    (reason,) = ledger(built, "out").filter(verdict="dropped")["value"]
    assert "maximum context length" in reason


@pytest.mark.parametrize(
    ("lacks", "method"),
    [
        ("max_tokens", "respond(teacher)"),
        ("response_format", 'prompt(teacher, "{{ instruction }}", output: {response: "text"})'),
    ],
)
@pytest.mark.parametrize("model", ["", "concurrency: 1, attempts: 1"])
def test_a_part_of_a_request_that_a_server_does_not_have(tmp_path: Path, lacks: str, method: str, model: str) -> None:
    """Requests that are on their way when the first is refused change their form too."""
    questions(tmp_path, 8)
    say = expected(1)[0] if lacks == "max_tokens" else '{"response": "yes"}'
    with serving(lacks=lacks, latency=0.05, say=lambda body: say) as served:
        built = build(tmp_path, spec(served, model, method=method))
    assert rows(built, "out").height == 8
    assert sum(served.answered.values()) == 8


def test_a_server_that_lacks_what_there_is_no_other_form_of(tmp_path: Path) -> None:
    questions(tmp_path, 3)
    with serving(refuse=(400, "use neither max_tokens nor max_completion_tokens")) as served:
        assert "the server answered 400: use neither" in failure(tmp_path, spec(served))
    assert sum(served.attempts.values()) <= 6


def test_tokens_that_are_not_stated_cost_the_most_that_they_can(tmp_path: Path) -> None:
    questions(tmp_path, 40)
    most = 0.0001  # an answer of 50 tokens at $1 a million, and its prompt
    with serving(usage=lambda body: None) as served:
        text = spec(served, "max_tokens: 50, price_input: $0.1, price_output: $1, attempts: 1", "until(cost: $0.001)")
        build(tmp_path, text)
    asked = sum(served.answered.values())
    assert 0 < asked * 50e-6 <= 0.001 < 40 * most
    costs = json.loads((tmp_path / "build/s/run.json").read_text(encoding="utf-8"))["costs"]["answered"]
    assert costs["completion_tokens"] == asked * 50


def test_what_a_content_filter_took_is_paid_for_and_not_asked_again(tmp_path: Path) -> None:
    questions(tmp_path, 4)
    with serving(finish="content_filter", usage=lambda body: (100, 50)) as served:
        text = spec(served, "price_input: $1, price_output: $1").replace("s(", "s(allow_empty: true, ")
        built = build(tmp_path, text)
    assert sum(served.attempts.values()) == 4
    assert set(ledger(built, "out")["value"]) == {"the server's content filter"}
    assert json.loads((tmp_path / "build/s/run.json").read_text(encoding="utf-8"))["cost"] == pytest.approx(4 * 150e-6)


@pytest.mark.parametrize("method", ["respond(teacher)", 'prompt(teacher, "?", output: {response: "text"})'])
def test_half_a_character_is_a_mark_of_what_is_lost(tmp_path: Path, method: str) -> None:
    questions(tmp_path, 2)
    say = "broken \ud83d" if method.startswith("respond") else '{"response": "broken \\ud83d"}'
    with serving(say=lambda body: say) as served:
        built = build(tmp_path, spec(served, method=method))
    assert set(rows(built, "out")["response"]) == {"broken \ufffd"}


@pytest.mark.parametrize(
    ("method", "rows", "most"),
    [("respond(teacher)", 10, 10), ("respond(teacher, samples: 4)", 8, 32), ("respond(teacher)", 40, 40)],
)
def test_no_more_is_asked_than_the_rows_that_are_wanted_may_take(
    tmp_path: Path, method: str, rows: int, most: int
) -> None:
    """Nothing is known of how many come through: one row a unit is taken for granted until some have."""
    questions(tmp_path)
    with serving(latency=0.05) as served:
        built = build(tmp_path, spec(served, until=f"until(rows: {rows})", method=method))
    assert ledger(built, "out").filter(verdict="kept").height == rows
    assert sum(served.answered.values()) <= most


def test_a_bound_of_a_minute_that_no_request_keeps(tmp_path: Path) -> None:
    questions(tmp_path, 2)
    with serving() as served:
        words = failure(tmp_path, spec(served, "max_tokens: 100, tokens_per_minute: 50"))
    assert "`tokens_per_minute: 50` of `m`: a request may take 1" in words and not served.attempts


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    questions(tmp_path, 3)
    said = failure(tmp_path, spec(Served(url="http://127.0.0.1:9/v1"), "attempts: 2"))
    assert "`m` at 127.0.0.1:9 does not answer" in said


@pytest.mark.parametrize("concurrency", [1, 7, 64])
def test_rows_do_not_depend_on_how_many_are_asked_at_once(tmp_path: Path, concurrency: int) -> None:
    questions(tmp_path)
    with serving(latency=0.01, faults={"500": 0.2}) as served:
        built = build(
            tmp_path, spec(served, f"concurrency: {concurrency}", "novel(response, rouge_l: 0.9) until(rows: 20)")
        )
        assert served.peak <= concurrency
    assert rows(built, "out")["response"].to_list() == expected()[:20]
    assert rows(built, "out")["id"].n_unique() == 20


def test_what_was_answered_before_a_failure_is_kept(tmp_path: Path) -> None:
    questions(tmp_path)
    with serving(refuse=(401, "over"), after=25) as served:
        failure(tmp_path, spec(served, "concurrency: 4"))
        assert sum(served.answered.values()) == 25
        served.refuse = None
        built = build(tmp_path, spec(served, "concurrency: 4"))
    assert rows(built, "out")["response"].to_list() == expected()
    assert set(served.answered.values()) == {1}, "no recorded answer was asked for again"


def test_until_requests_is_never_exceeded(tmp_path: Path) -> None:
    questions(tmp_path)
    with serving() as served:
        built = build(tmp_path, spec(served, until="until(requests: 13)", method="respond(teacher, samples: 2)"))
    assert sum(served.attempts.values()) == 12 == rows(built, "out").height


@pytest.mark.parametrize("seed", range(3))
def test_until_cost_is_never_exceeded(tmp_path: Path, seed: int) -> None:
    questions(tmp_path)

    def cost(body: dict[str, Any]) -> tuple[int, int]:
        return len(last(body).encode()) + 20, (len(last(body)) * 7 + seed * 13) % 90

    with serving(usage=cost, latency=0.001) as served:
        prices = "price_input: $1000, price_output: $2000, max_tokens: 90, attempts: 1, concurrency: 5"
        built = build(tmp_path, spec(served, prices, f"until(cost: ${1 + seed * 0.37})"))
        paid = sum((p * 1000 + c * 2000) / 1e6 for p, c in map(cost, served.bodies))
    assert 0 < paid <= 1 + seed * 0.37
    made = rows(built, "out")["response"].to_list()
    assert made == expected()[: len(made)]


def test_a_bound_on_costs_needs_prices(tmp_path: Path) -> None:
    questions(tmp_path, 2)
    with serving() as served:
        said = failure(tmp_path, spec(served, until="until(cost: $1)"))
    assert "price_input" in said


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"concurrency": 0}, "concurrency"),
        ({"key": "sk-123"}, "environment variable"),
        ({"base_url": "ftp://a.example/v1"}, "base_url"),
        ({"base_url": "https://me:pw@a.example/v1"}, "base_url"),
        ({"base_url": "https://a.example/v1?key=1"}, "base_url"),
        ({"price_input": 1.0}, "price_output"),
        ({"price_input": -1.0, "price_output": 1.0}, "price_input"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OperatorError, match=message) as error:
        openai("m", **settings)
    assert "sk-123" not in str(error.value)


def test_private_addresses_need_to_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNEC_ALLOW_OUTSIDE", raising=False)
    for url in ("http://10.0.0.7/v1", "http://router/v1", "http://169.254.169.254/v1"):
        with pytest.raises(OperatorError, match="private network"):
            openai("m", base_url=url)
    for url in ("http://localhost:8000/v1", "http://127.0.0.1:1/v1", "https://api.example.com/v1"):
        assert openai("m", base_url=url).backend == url
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    assert openai("m", base_url="http://10.0.0.7/v1").backend


def test_a_judge_behind_a_server(tmp_path: Path) -> None:
    questions(tmp_path, 8)
    with serving(say=lambda body: "4" if "Question 3" in last(body) else "2") as served:
        text = f"""
spec s(version: "1.0.0-dev", seed: 3)
source q = jsonl("q.jsonl", format: alpaca)
model teacher = openai("m", base_url: "{served.url}")
dataset out from q {{ filter {{ keep judge(teacher, rubric: "Good?", scale: 1..5) >= 3 }} }}
"""
        built = build(tmp_path, text)
    assert rows(built, "out")["instruction"].to_list() == ["Question 3：什么是 3？"]
    assert sum(served.attempts.values()) == 8 and isinstance(rows(built, "out"), pl.DataFrame)


@pytest.mark.parametrize("seed", range(2))
def test_max_cost_is_never_exceeded_and_the_same_build_goes_on(tmp_path: Path, seed: int) -> None:
    questions(tmp_path)

    def cost(body: dict[str, Any]) -> tuple[int, int]:
        return len(last(body).encode()) + 20, (len(last(body)) * 7 + seed * 13) % 90

    prices = "price_input: $1000, price_output: $2000, max_tokens: 90, attempts: 1, concurrency: 7"
    with serving(usage=cost, latency=0.001) as served:
        bound = 1.5 + seed * 0.41
        while True:
            before = len(served.bodies)
            folder = ["--store", str(tmp_path / "store"), "--out", str(tmp_path / "out")]
            (tmp_path / "s.tune").write_text(spec(served, prices), encoding="utf-8")
            done = CliRunner().invoke(app, ["build", str(tmp_path / "s.tune"), "--max-cost", str(bound), *folder])
            paid = sum((p * 1000 + c * 2000) / 1e6 for p, c in map(cost, served.bodies[before:]))
            assert paid <= bound, done.output
            if done.exit_code == 0:
                break
            assert (
                done.exit_code == 3 and "the bound on costs is reached" in done.output and len(served.bodies) > before
            )
    assert set(served.attempts.values()) == {1}
    run = json.loads((tmp_path / "out" / "s" / "run.json").read_text())
    assert run["cost"] == pytest.approx(paid, abs=1e-6) and run["requests"]["asked"] == len(served.bodies) - before
    in_all = sum((p * 1000 + c * 2000) / 1e6 for p, c in map(cost, served.bodies))
    assert run["cost_in_all"] == pytest.approx(in_all, abs=1e-4)
    step = run["costs"]["answered"]
    assert step["requests"] == COUNT and step["cost"] == pytest.approx(in_all, abs=1e-4)
    assert step["paid"] == run["cost"] and step["paid"] + step["paid_before"] == pytest.approx(in_all, abs=1e-4)
    assert f"paid in this run: ${paid:,.4f}; with what interrupted runs paid, ${in_all:,.4f}" in done.output
    report = (tmp_path / "out" / "s" / "report.html").read_text("utf-8")
    assert f"${in_all:.4f}" in report and not list((tmp_path / "store" / "spending").iterdir())


def test_what_a_killed_run_had_asked_counts_as_possibly_paid(tmp_path: Path) -> None:
    questions(tmp_path)
    prices = "price_input: $1000, price_output: $2000, max_tokens: 90, concurrency: 7"
    folder = ["--store", str(tmp_path / "store"), "--out", str(tmp_path / "out")]
    with serving(usage=lambda body: (20, 10)) as served:

        def slow(body: dict[str, Any]) -> str:
            served.latency = 60.0 if len(served.bodies) > 9 else 0.0
            return "An answer to: " + last(body)

        served.say = slow
        text = spec(served, prices).replace("timeout: 1s", "timeout: 60s")
        (tmp_path / "s.tune").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "tunec", "build", "s.tune", "--allow-outside", *folder]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 240
        while (served.running < 7 or served.latency == 0) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        asked, answered = len(served.bodies), sum(served.answered.values())
        assert asked == answered + 7
        served.latency, served.say = 0.0, lambda body: "An answer to: " + last(body)
        bounded = CliRunner().invoke(app, ["build", str(tmp_path / "s.tune"), "--max-cost", "1", *folder])
        assert bounded.exit_code == 3 and "more for requests that were cut off" in bounded.output
        assert len(served.bodies) == asked
        done = CliRunner().invoke(app, ["build", str(tmp_path / "s.tune"), *folder])
    assert done.exit_code == 0, done.output
    run = json.loads((tmp_path / "out" / "s" / "run.json").read_text())
    assert run["cost_in_all"] == pytest.approx(COUNT * 0.04)  # whatever was answered
    assert run["possibly_paid"] >= 7 * 90 * 0.002 and f"at most ${run['possibly_paid']:,.4f} more" in done.output
    assert f"cost at most ${run['possibly_paid']:.4f} more" in (tmp_path / "out" / "s" / "report.html").read_text(
        "utf-8"
    )


def test_max_cost_needs_prices(tmp_path: Path) -> None:
    questions(tmp_path, 1)
    (tmp_path / "s.tune").write_text(spec(Served(url="http://127.0.0.1:9/v1")), encoding="utf-8")
    done = CliRunner().invoke(app, ["build", str(tmp_path / "s.tune"), "--max-cost", "1"])
    assert done.exit_code == 2 and "--max-cost needs the price of `teacher`" in done.output


def test_builds_that_are_killed_end_with_the_same_rows_and_ask_nothing_twice(tmp_path: Path) -> None:
    """Some kills, each at another moment, then one build to the end; faults all the while."""
    chance = random.Random(5)
    questions(tmp_path, 200)
    with serving(latency=0.02, faults={"500": 0.1, "429": 0.1}) as served:
        text = spec(served, "concurrency: 8", "novel(response, rouge_l: 0.99)")
        whole = rows(build(tmp_path / "whole", text.replace("q.jsonl", "../q.jsonl")), "out")
        once = Counter(served.answered)
        assert set(once.values()) == {1}
        (tmp_path / "s.tune").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "tunec", "build", str(tmp_path / "s.tune"), "--out", str(tmp_path / "out")]
        for number in range(KILLS):
            before = sum(served.answered.values())
            running = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            wanted = before + chance.randrange(1, 20)
            deadline = time.monotonic() + 240
            while running.poll() is None and sum(served.answered.values()) < wanted and time.monotonic() < deadline:
                time.sleep(0.002)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            assert running.returncode == -signal.SIGKILL, f"the build ended before kill {number}"
        subprocess.run(command, check=True, capture_output=True, timeout=240)
    parquet = pl.read_parquet(tmp_path / "out" / "s" / "datasets" / "out" / "*.parquet")
    assert parquet["response"].to_list() == whole["response"].to_list()
    # What was on its way when a build was killed had not been recorded, and is asked again; nothing else is.
    assert sum(served.answered.values()) - 2 * 200 <= KILLS * 8
