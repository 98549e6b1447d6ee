"""`qlora(rank: 16, alpha: 32)` in a `train` block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tunec.runtime.base.operator import OperatorError, operator
from tunec.runtime.tuning.training.quantized import missing

if TYPE_CHECKING:
    from tunec.runtime.base.method import Adapter
    from tunec.runtime.base.values import Share


@operator(version=1, cost="model", packages=("bitsandbytes", "peft", "torch", "transformers"), needs=missing)
def qlora(
    *,
    rank: Annotated[int, "1.."] = 16,
    alpha: Annotated[int, "1.."] = 32,
    dropout: Annotated[Share, "0..<1"] = 0.05,
    modules: Annotated[
        Sequence[Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]], "1.."
    ] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ),
) -> Adapter:
    """Trains thin matrices as `lora` does, beside weights that are packed into four bits: a quarter of the memory.

    It needs an NVIDIA GPU and the package bitsandbytes, and says so before anything runs. The weights are NF4 with
    their scales packed once more, and are computed in bfloat16.

    Args:
        rank: width r of the thin matrices.
        alpha: strength; the product of the matrices is scaled by alpha / rank.
        dropout: share of the inputs of the thin matrices that is dropped during training.
        modules: names of the weight matrices to adapt; the paper adapts all of them.

    Source: Dettmers et al., QLoRA (arXiv 2305.14314).

    Example:
        train small from base on chat {
            qlora(rank: 16, alpha: 32)
            sft(epochs: 2, learning_rate: 2e-4, batch_size: 8, max_length: 256)
        }
    """
    if rank < 1 or alpha < 1 or not 0 <= dropout < 1 or not modules:
        raise OperatorError("`rank` and `alpha` must be at least 1, `dropout` below 100%, and `modules` not empty")
    return Qlora(rank, alpha, dropout, tuple(modules))


@dataclass(frozen=True, slots=True)
class Qlora:
    """The choice, for PEFT and bitsandbytes."""

    rank: int
    alpha: int
    dropout: float
    modules: tuple[str, ...]

    def peft_config(self) -> Any:
        """A `peft.LoraConfig`, the same as that of `lora`."""
        from tunec.runtime.ops.adapters.lora import Lora

        return Lora(self.rank, self.alpha, self.dropout, self.modules).peft_config()

    def quantization(self) -> Any:
        """NF4 with double quantization, computed in bfloat16. OperatorError where it cannot run here."""
        what = missing()
        if what is not None:
            raise OperatorError(what)
        import torch
        from transformers import BitsAndBytesConfig

        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
