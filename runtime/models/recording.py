"""Exported recordings: the answers of one model in a file, from which `replay` builds without the model.

The first line says which model answered and how it was sampled unless a method said otherwise; each line after it holds
the key of a request (`tunec.runtime.models.server.key_of`) and its answer.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.store.answer_log import AnswerLog
from tunec.runtime.store.files import check_replaced, write_bytes

LAYOUT = 1
#: How a model samples: what enters the key of a request where a method does not state it.
OPTIONS = ("max_tokens", "temperature", "top_p")


class Recording:
    """The answers in a file, all in memory."""

    def __init__(self, path: Path) -> None:
        with _lines(path) as lines:
            next(lines)
            try:
                self._answers = {line["key"]: line["answer"] for line in map(json.loads, lines)}
            except (ValueError, KeyError, TypeError) as error:
                raise _damaged(path) from error

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: str) -> dict[str, Any] | None:
        """The recorded answer to the request of that key; None where there is none."""
        return self._answers.get(key)

    def add(self, key: str, answer: Mapping[str, Any]) -> None:
        """Nothing is added: nobody answers."""

    def close(self) -> None:
        """Let go of the answers."""
        self._answers = {}


def header_of(path: Path) -> dict[str, Any]:
    """What the first line of a recording says. Raises OperatorError where it is none."""
    with _lines(path) as lines:
        try:
            header = json.loads(next(lines))
            if header["tunec_recording"] == LAYOUT and set(OPTIONS) <= set(header["options"]):
                return dict(header)
        except (StopIteration, ValueError, KeyError, TypeError) as error:
            raise _damaged(path) from error
    raise _damaged(path)


def export(model: ModelSpec, log: AnswerLog, path: Path) -> int:
    """Write the recorded answers of a model behind a server; gives how many. The same answers give the same bytes."""
    header = {
        "tunec_recording": LAYOUT,
        "model": {"kind": model.kind, "id": model.id, "revision": model.revision, "extra": model.option("extra", "")},
        "options": {name: model.option(name, None) for name in OPTIONS},
    }
    keys = sorted(log.keys())
    lines = [header, *({"key": key, "answer": log.get(key)} for key in keys)]
    content = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines).encode()
    if path.suffix == ".zst":
        import zstandard

        content = zstandard.ZstdCompressor(level=9).compress(content)
    begin = b"\x28\xb5\x2f\xfd" if path.suffix == ".zst" else b'{"model": '
    check_replaced(path, begin, "a recording")
    write_bytes(path, content)
    return len(keys)


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    try:
        with path.open("rb") as file:
            raw: Any = file
            if path.suffix == ".zst":
                import zstandard

                raw = zstandard.ZstdDecompressor().stream_reader(file)
            yield iter(io.TextIOWrapper(raw, encoding="utf-8"))
    except OSError as error:
        raise OperatorError(f"the recording {path.name} cannot be read: {error.strerror or error}") from error


def _damaged(path: Path) -> OperatorError:
    return OperatorError(f"{path.name} is not a recording, which `tunec recording` writes")
