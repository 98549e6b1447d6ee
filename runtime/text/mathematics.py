"""Whether two mathematical expressions have the same value.

Numbers are compared here, exactly. Whatever else is read and compared by math-verify, in a process of its own that is
ended where it takes too long: computer algebra has inputs that it never comes back from. Only its reader of LaTeX is
used, which evaluates no Python of what it reads.
"""

from __future__ import annotations

import atexit
import json
import re
import select
import subprocess
import sys
import threading
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec

from tunec.runtime.base.operator import OperatorError

#: Seconds that a comparison may take.
SECONDS = 10
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{\s*(-?\d+)\s*\}|(\d))\s*(?:\{\s*(-?\d+)\s*\}|(\d))")
_PLAIN = re.compile(
    r"(?P<sign>[-+]?)\s*(?:(?P<whole>\d+)\s+)?"
    r"(?:(?P<top>\d+)\s*/\s*(?P<under>\d+)|(?P<decimal>\d+\.?\d*|\.\d+)(?:[eE](?P<power>[-+]?\d{1,3}))?)\s*(?P<percent>%?)"
)
_SCIENTIFIC = re.compile(r"(?<=\d)\s*(?:\\times|\\cdot|×|\*)\s*10\s*\^\s*\{?\s*([-+]?\d{1,3})\s*\}?")
#: A power that nobody can compute: told beforehand, so that no clock decides.
_TOWER = re.compile(r"\^\s*\{?\s*-?\d{5,}|\d\s*\^\s*\{?\s*\d+\s*\^|\d{200}")


class Unreadable(Exception):
    """Something that is no mathematical expression, or takes too long to compare; the message says which."""


class WithoutMath(OperatorError):
    """Something that only the extra `math` compares, which is not installed."""


@lru_cache(maxsize=100_000)
def equal(left: str, right: str) -> bool:
    """Whether two expressions are equal. A percentage equals its number and its hundredth. Raises Unreadable, and
    WithoutMath."""
    if left == right:
        return True
    numbers = _values(left), _values(right)
    if numbers[0] and numbers[1]:
        return not numbers[0].isdisjoint(numbers[1])
    if any(len(text) == 1 and text.isalpha() for text in (left, right)):
        return False  # a choice, or a variable, is equal to itself
    if any(_TOWER.search(text) for text in (left, right)):
        raise Unreadable("a number that is too large")
    return _compared(left, right)


def _values(text: str) -> frozenset[Fraction]:
    """The numbers that a text may mean; none where it is not a plain one."""
    plain = _SCIENTIFIC.sub(r"e\1", _FRACTION.sub(lambda f: f" {f[1] or f[2]}/{f[3] or f[4]}", text)).strip()
    found = _PLAIN.fullmatch(plain.replace("- ", "-")) if len(plain) <= 80 else None
    if found is None or (found["whole"] and not found["top"]) or (found["under"] and not int(found["under"])):
        return frozenset()
    value = Fraction(int(found["top"]), int(found["under"])) if found["top"] else Fraction(found["decimal"])
    value = (value + int(found["whole"] or 0)) * Fraction(10) ** int(found["power"] or 0)
    value = -value if found["sign"] == "-" else value
    return frozenset((value, value / 100)) if found["percent"] else frozenset((value,))


class _Algebra:
    """The process that compares; started when it is first asked, and again after it had to be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, left: str, right: str) -> str:
        """`true`, `false`, or what was wrong."""
        with self._lock:
            process = self._started()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(json.dumps([left, right]).encode() + b"\n")
                process.stdin.flush()
                if select.select([process.stdout], [], [], SECONDS)[0]:
                    said = process.stdout.readline().decode().strip()
                    if said:
                        return said
                    wrong = "it could not be compared"
                else:
                    wrong = f"comparing it takes more than {SECONDS} s"
            except OSError:
                wrong = "it could not be compared"
            self.end()
            return wrong

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-m", "tunec.runtime.text.algebra"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            atexit.register(self.end)
            assert self._process.stdout is not None
            self._process.stdout.readline()  # it says when it is ready: reading its libraries is not timed
        return self._process

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None


_ALGEBRA = _Algebra()


def _compared(left: str, right: str) -> bool:
    if find_spec("math_verify") is None:
        raise WithoutMath(f"comparing `{left[:60]}` with `{right[:60]}` takes math-verify: pip install 'tunec[math]'")
    said = _ALGEBRA.ask(left, right)
    if said not in ("true", "false"):
        raise Unreadable(said)
    return said == "true"
