"""Rows that share a sequence: whether the model that is trained keeps them apart."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import OperatorError

#: How far two log-likelihoods of one row may lie apart, by rounding alone.
CLOSE = 1e-2


def check_packing(trainer: Any) -> None:
    """Make sure that a row in a shared sequence does not see the rows before it: the model scores one row alone and
    behind another, as the trainer packs them, and has to find the same. OperatorError where it does not."""
    import torch

    sequences = list(trainer.train_dataset.select(range(min(50, len(trainer.train_dataset)))))
    shared = next((row for row in sequences if len(row["seq_lengths"]) > 1), None)
    if shared is None:
        return
    first, second = shared["seq_lengths"][:2]
    ids = shared["input_ids"]
    alone = {**shared, "input_ids": ids[first : first + second], "labels": ids[first : first + second]}
    both = {**shared, "input_ids": ids[: first + second], "labels": ids[: first + second]}
    alone, both = {**alone, "seq_lengths": [second]}, {**both, "seq_lengths": [first, second]}
    model = trainer.model
    was = model.training
    model.eval()
    with torch.no_grad():
        logits = []
        for row in (alone, both):
            batch = {
                name: value.to(model.device) if isinstance(value, torch.Tensor) else value
                for name, value in trainer.data_collator([row]).items()
                if name != "labels"
            }
            logits.append(model(**batch).logits[0, -second:].float())
    model.train(was)
    apart = (logits[0].log_softmax(-1) - logits[1].log_softmax(-1)).abs().mean().item()
    if apart > CLOSE * (1 if logits[0].dtype == torch.float32 else 10):
        raise OperatorError(
            "proof of training: rows that share a sequence see one another with this model (packing: the likelihoods "
            f"of a row differ by {apart:.3f} when another stands before it): use `packing: false`"
        )
