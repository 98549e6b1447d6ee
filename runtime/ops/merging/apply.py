"""`apply(adapter)` in a `merge` block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Merging
    from tunec.runtime.base.values import ModelSpec


@operator(version=1, cost="model", models="1..1", packages=("peft", "torch", "transformers"))
def apply(adapter: ModelSpec) -> Merging:
    """Puts a LoRA adapter into the weights of a model: of the one that it was trained on, or of another fine-tune.

    Each adapted matrix W becomes W + (alpha / rank) · B·A. Platypus put its adapters into other fine-tunes of the same
    base, such as OpenOrcaxOpenChat.

    Args:
        adapter: a model that was trained with `lora(…)`.

    Source: Lee et al., Platypus (arXiv 2308.07317), section 2.4; computed by PEFT's `merge_and_unload`.

    Example:
        merge applied from other { apply(chat_lora) }
    """
    from tunec.runtime.tuning.merging.applied import Applied

    return Applied(adapter)
