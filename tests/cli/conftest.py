"""The command as a script or a person calls it: in this process, which has loaded it, or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tunec.main import _run

Done = subprocess.CompletedProcess[str]


def called(folder: Path, *words: str, given: str | None = None, **environment: str) -> Done:
    """Run `tunec` in a folder, in this process. Nothing of what it sets for the process is left when it ends."""
    before = dict(os.environ)
    given_as_file = io.TextIOWrapper(io.BytesIO((given or "").encode()), encoding="utf-8")
    out, said = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(said):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["tunec", *words])
        patch.setattr(sys, "stdin", given_as_file)
        patch.setattr("tunec.main._leave", sys.exit)  # a command that leaves nothing running ends its process
        try:
            os.environ.update(environment)
            with pytest.raises(SystemExit) as ended:
                _run()
        finally:
            os.environ.clear()
            os.environ.update(before)
    texts = []
    for stream in (out, said):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return subprocess.CompletedProcess(words, int(ended.value.code or 0), *texts)


def tunec(folder: Path, *words: str, code: int = 0, given: str | None = None, **environment: str) -> Done:
    """Run `tunec` in a folder, in this process; what it ends with has to be `code`."""
    done = called(folder, *words, given=given, NO_COLOR="1", **environment)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def process(folder: Path, *words: str, code: int = 0, given: str | None = None, **environment: str) -> Done:
    """The same in a process of its own."""
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
