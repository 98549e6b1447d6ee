"""The fault matrix, with every fifth kill (`docs/reliability.md` has the whole)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.extras
@pytest.mark.model
def test_every_fault_ends_well() -> None:
    pytest.importorskip("sentence_transformers")
    done = subprocess.run(
        [sys.executable, "bench/faults.py", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if line.startswith("FAIL"))
