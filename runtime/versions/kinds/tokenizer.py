"""A published tokenizer: its files, and how many tokens a character takes before and after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json
from tunec.runtime.store.files import link_or_copy
from tunec.runtime.versions.kind import Measured, TargetKind
from tunec.runtime.versions.publication import Publication

#: What was measured, beside the tokenizer's files.
MEASURED = "measured.json"


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    step = publication.results.folder(publication.graph.targets[name].node)
    place = folder / KIND.place(name)
    shutil.copytree(step / "tokenizer", place, copy_function=link_or_copy)
    link_or_copy(str(step / MEASURED), str(place / MEASURED))
    return {}


def _measured(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / KIND.place(name) / MEASURED).read_text(encoding="utf-8"))
    return found


def _numbers(folder: Path, name: str) -> dict[Measured, float]:
    return {("tokens a character", name, key): _measured(folder, name)[key] for key in ("before", "after")}


def _summary(folder: Path, name: str) -> Iterator[str]:
    m = _measured(folder, name)
    yield f"{name}   {m['pieces']:,} new pieces, {m['vocabulary']:,} in all"
    yield (
        f"  tokens a character on {m['held_out']:,} rows held out: {m['before']:.3f} → {m['after']:.3f} "
        f"({m['before'] / m['after']:.2f} times fewer)"
    )


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return _measured(folder, name)


KIND = TargetKind(
    "tokenizer",
    path="tokenizers/NAME",
    other="other pieces",
    only=("models",),
    write=_write,
    numbers=_numbers,
    summary=_summary,
    report=_report,
    heading="Tokenizers",
    rank=1,
)
