"""`model teacher = replay("answers.jsonl")`: recorded answers in place of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import ModelSpec, Path


@operator(version=1, cost="model")
def replay(path: Path) -> ModelSpec:
    """The recorded answers of a model behind a server, and nothing else: a spec builds the same without the model.

    `tunec recording SPEC MODEL --out answers.jsonl` writes what was answered; put `replay("answers.jsonl")` in place of
    the model then. Sampling is as it was declared for the model. A request that is not in the recording stops the
    build, and names the row.

    Args:
        path: the recording, relative to the spec; `.jsonl` or `.jsonl.zst`.

    Example:
        model teacher = replay("answers.jsonl.zst")
    """
    from pathlib import Path as File

    from tunec.runtime.base.values import ModelSpec
    from tunec.runtime.models.recording import OPTIONS, header_of
    from tunec.runtime.store.files import hash_file

    file = File(path)
    header = header_of(file)
    options = tuple((name, header["options"][name]) for name in OPTIONS)
    return ModelSpec("replay", str(header["model"]["id"]), hash_file(file), "", options, folder=str(file))
