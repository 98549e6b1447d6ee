"""What computes: the device, the number format and the versions that decide the last bits of a result."""

from __future__ import annotations

import os
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import OperatorError

if TYPE_CHECKING:
    import torch


def device() -> str:
    """`cuda` or `cpu`, found without importing torch: a driver's device file, a torch built for it, none hidden."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    cuda = Path("/dev/nvidia0").exists() and not _version("torch").endswith("+cpu") and not hidden
    return "cuda" if cuda else "cpu"


def devices() -> int:
    """How many of them a training may share: all GPUs that torch sees, or one processor."""
    if device() == "cpu":
        return 1
    import torch

    return max(1, torch.cuda.device_count())


#: Processors that multiply bfloat16 matrices in hardware say so with one of these flags.
_BFLOAT16 = ("avx512_bf16", "amx_bf16")


def generates_in() -> str:
    """The number format that answers are sampled in: bfloat16 where the device multiplies it in hardware (a quarter of
    the time on such a processor, measured with SmolLM2-135M and a batch of 8), else float32."""
    return "bfloat16" if device() == "cuda" else multiplies_in()


def multiplies_in() -> str:
    """The quickest number format that this processor multiplies in hardware: `bfloat16` or `float32`."""
    information = Path("/proc/cpuinfo")
    flags = information.read_text(encoding="utf-8", errors="replace") if information.exists() else ""
    return "bfloat16" if any(flag in flags for flag in _BFLOAT16) else "float32"


def backend(*packages: str, half: bool = True) -> str:
    """The software and hardware that a result depends on: `transformers==5.23.0 torch==2.13.0+cpu cpu float32`.

    `half`: the model answers in bfloat16 where that is quick; what never does stays with float32.
    """
    software = " ".join(f"{package}=={_version(package)}" for package in (*packages, "torch"))
    return f"{software} {device()} {generates_in() if half else 'float32'}"


def prepare() -> torch.device:
    """Set torch up for repeatable results and transformers for silence; gives the device that `backend` named."""
    # cuBLAS reads this when it starts: without it, its results differ between runs (torch, notes on randomness).
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # OpenMP reads this when torch is imported: threads that wait must not burn the cores that others work on (three
    # times slower on a busy machine of two cores). Results do not depend on it, nor on the number of threads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # What a library will do in its next major version is no news for the person who builds a data set.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|torch|peft|trl")
    torch.use_deterministic_algorithms(True, warn_only=True)
    # That also writes over all memory that is about to be written anyway: a tenth of a training step, and pages that
    # nothing else touches. It is there for programs that read what they never wrote.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    if device() == "cuda" and not torch.cuda.is_available():
        raise OperatorError(
            "there is an NVIDIA device, and torch was built for one, but cannot use it (driver too old?): "
            'set CUDA_VISIBLE_DEVICES="" to compute on the processor'
        )
    return torch.device(device())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise OperatorError(f"`{package}` is not installed: pip install 'tunec[models]'") from None
