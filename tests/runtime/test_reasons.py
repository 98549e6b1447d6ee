"""What is told of records that were set aside: each kind of reason, with its count and its first location."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build
from tunec.runtime.engine.engine import StepFailed

GOOD = json.dumps({"instruction": "Name a colour.", "output": "Blue."})
CUT = ['{"instruction": "a', '{"instruction": "a long', '{"instruction": "a longer']
LACKS = [json.dumps({"instruction": "a"}), json.dumps({"instruction": "b"})]


def source(tail: str) -> str:
    return f'source a = jsonl("d.jsonl", format: alpaca{tail})\ndataset s from a {{ shuffle() }}'


def test_every_kind_of_reason_is_told_with_its_count_and_first_location(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("\n".join([GOOD, LACKS[0], *CUT, LACKS[1], "[]"]), encoding="utf-8")
    result = build(tmp_path, source(", on_error: skip"))
    (told,) = (note for note in result.reporter.warnings if "quarantined" in note)
    assert told.startswith(
        "d.jsonl: 6 invalid records quarantined: 3 at d.jsonl:3, d.jsonl:4, d.jsonl:5: not valid JSON"
    )
    assert "; 2 at d.jsonl:2, d.jsonl:6: has no `output`; 1 at d.jsonl:7: not an object but a list" in told


def test_a_build_that_stops_tells_kinds_too_and_only_a_few(tmp_path: Path) -> None:
    roles = [json.dumps({"messages": [{"role": f"side {'abcdefgh'[n % 8]}", "content": "x"}]}) for n in range(20)]
    (tmp_path / "d.jsonl").write_text("\n".join(roles), encoding="utf-8")
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, source("").replace("alpaca", "messages"))
    problems = str(failed.value)
    assert problems.count("unknown role") == 5
    assert "  3 at d.jsonl:1, d.jsonl:9, d.jsonl:17: a turn of `messages` has the unknown role `side a`" in problems
    assert "  6 for 3 other reasons" in problems
