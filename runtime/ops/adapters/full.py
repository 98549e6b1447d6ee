"""`full()` in a `train` block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Adapter


@operator(version=1, cost="model")
def full() -> Adapter:
    """Trains all weights of the model. It needs about sixteen bytes of memory per weight; the result is a whole model.

    Source: Rajbhandari et al., ZeRO (arXiv 1910.02054), section 3.1, for the memory.

    Example:
        train tuned from base on chat {
            full()
            sft(epochs: 3, learning_rate: 2e-5)
        }
    """
    return Full()


@dataclass(frozen=True, slots=True)
class Full:
    """No adapter."""

    def peft_config(self) -> None:
        """None: nothing is added, everything is trained."""
        return None

    def quantization(self) -> None:
        """None: weights that are trained stay as they are."""
        return None
