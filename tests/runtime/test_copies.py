from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import tunec
from tests.ops.material import context, instructions
from tunec.runtime.base.memory import bound_of
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.stages.mix import mix
from tunec.runtime.rows.copies import check_copies
from tunec.runtime.rows.portions import Held

SPEC = """
source a = rows([{{instruction: "Count.", response: "1"}}], license: "MIT")
source b = rows([{{instruction: "写一首诗。", response: "好"}}], license: "MIT")
dataset d from [a, b] {{ {} }}
"""


@pytest.mark.parametrize(
    ("stage", "named"),
    [
        ("mix(total: 20000000, epochs: 1e9) { a: 50%, b: 50% }", "`epochs` of `mix` must be above 0 and at most 1000"),
        ("mix(total: 9, unimax: 1e300)", "`unimax` of `mix` must be above 0 and at most 1000"),
    ],
)
def test_copies_without_end_are_refused_where_they_are_written(tmp_path: Path, stage: str, named: str) -> None:
    (tmp_path / "s.tune").write_text(SPEC.format(stage), encoding="utf-8")
    assert named in tunec(tmp_path, "lint", "s.tune", code=1).stderr


@pytest.mark.parametrize("more", [{"epochs": 1e9, "shares": {"a": 1.0}}, {"unimax": 1e300, "shares": {}}])
def test_and_where_they_are_made(more: dict[str, object]) -> None:
    rows = instructions(["x"], origin="a")
    with pytest.raises(OperatorError, match=r"mix: `(epochs|unimax)` must be at most 1,000"):
        mix(rows, total=20_000_000, ctx=context(), **more)  # type: ignore[arg-type]


def test_copies_for_which_there_is_no_memory() -> None:
    rows = Held(instructions(["x" * 1000]))
    many = bound_of(None, shared=False).limit // 1000
    check_copies("mix", rows, 1000)
    with pytest.raises(OperatorError, match=rf"repeat: {many:,} copies of rows would take about .* GB of memory"):
        check_copies("repeat", rows, many)


def test_a_lack_of_memory_is_no_defect(tmp_path: Path) -> None:
    body = (
        "import tunec.main as m\ndef boom(**_): raise MemoryError('Unable to allocate 9 GiB')\nm.app = boom\nm.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 3
    assert "error: out of memory: Unable to allocate 9 GiB; finished steps are saved" in done.stderr
    assert "defect" not in done.stderr
