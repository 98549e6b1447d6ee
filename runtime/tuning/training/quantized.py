"""Whether weights in four bits can be trained beside on this machine."""

from __future__ import annotations

from importlib.util import find_spec

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.device import device


def missing() -> str | None:
    """What `qlora` lacks here, or None; asks without importing torch."""
    lacks = []
    try:
        if device() != "cuda":
            lacks.append("an NVIDIA GPU, and torch built for it")
    except OperatorError as error:
        return str(error)
    if find_spec("bitsandbytes") is None:
        lacks.append("the package bitsandbytes (pip install bitsandbytes)")
    return f"`qlora` needs {' and '.join(lacks)}: use `lora(…)`" if lacks else None
