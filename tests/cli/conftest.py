"""The command as a script or a person calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def tunec(
    folder: Path, *words: str, code: int = 0, given: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `tunec` in a folder; what it ends with has to be `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "tunec", *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done
