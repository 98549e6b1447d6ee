"""An adapter that is put into weights, its own model's or another's, by PEFT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunec.runtime.base.method import Merged
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.local import fresh, is_adapter
from tunec.runtime.tuning.merging.parents import Parent, check
from tunec.runtime.tuning.merging.written import finish


@dataclass(frozen=True, slots=True)
class Applied:
    """A merge of an adapter into one model."""

    adapter: ModelSpec

    def merge(self, models: Sequence[ModelSpec], out: Path, work: Path, seed: int) -> Merged:
        """See `Merging`."""
        [model] = models
        if not is_adapter(self.adapter):
            raise OperatorError(f"{Parent(self.adapter).name} is no adapter: train it with `lora(…)`")
        notes = check([model, self.adapter])
        from peft import PeftModel

        weights, _ = fresh(model, half=False)
        if is_adapter(model):
            weights = weights.merge_and_unload()
        both = PeftModel.from_pretrained(weights, self.adapter.adapter, local_files_only=True)
        both.merge_and_unload().to("cpu").save_pretrained(out)
        finish(out, Parent(model), model.id)
        return Merged(notes)
