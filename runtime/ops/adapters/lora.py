"""`lora(rank: 16, alpha: 32)` in a `train` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tunec.dsl.record import record
from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Adapter
    from tunec.runtime.base.values import Share


@operator(version=1, cost="model", packages=("peft",))
def lora(
    *,
    rank: Annotated[int, "1.."] = 16,
    alpha: Annotated[int, "1.."] = 32,
    dropout: Annotated[Share, "0..<1"] = 0.05,
    modules: Annotated[
        Sequence[Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]], "1.."
    ] = (
        "gate_proj",
        "up_proj",
        "down_proj",
    ),
) -> Adapter:
    """Trains two thin matrices next to each chosen weight matrix; the model itself stays unchanged.

    Args:
        rank: width r of the thin matrices; for the three MLP projections, 3·r·(hidden + intermediate) weights are
            trained per layer.
        alpha: strength; the product of the matrices is scaled by alpha / rank.
        dropout: share of the inputs of the thin matrices that is dropped during training.
        modules: names of the weight matrices to adapt; Platypus trains the MLP, the LoRA paper the attention.

    Source: Hu et al., LoRA (arXiv 2106.09685); Lee et al., Platypus (arXiv 2308.07317), section 2.4.

    Example:
        train chat_lora from base on chat {
            lora(rank: 16, alpha: 32, modules: [gate_proj, up_proj, down_proj])
            sft(epochs: 2, learning_rate: 4e-4, batch_size: 8, max_length: 256)
        }
    """
    if rank < 1 or alpha < 1 or not 0 <= dropout < 1 or not modules:
        raise OperatorError("`rank` and `alpha` must be at least 1, `dropout` below 100%, and `modules` not empty")
    return Lora(rank, alpha, dropout, tuple(modules))


@record
class Lora:
    """The choice, for PEFT."""

    rank: int
    alpha: int
    dropout: float
    modules: tuple[str, ...]

    def peft_config(self) -> Any:
        """A `peft.LoraConfig`."""
        from peft import LoraConfig

        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=sorted(self.modules),
            bias="none",
            task_type="CAUSAL_LM",
        )

    def quantization(self) -> None:
        """None: the weights stay as they are."""
        return None
