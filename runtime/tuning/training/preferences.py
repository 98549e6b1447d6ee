"""Pairs of answers as tokens, for objectives that learn to prefer one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import LeftOut, Prepared
from tunec.runtime.tuning.training.answers import answered, prove_answers

if TYPE_CHECKING:
    import polars as pl


def prepare_pairs(tokenizer: Any, rows: pl.DataFrame, longest: int, stops: frozenset[str]) -> Prepared:
    """Preference rows as prompt, chosen and rejected answer."""
    sides = [prove_answers(tokenizer, answered(rows, name), longest, stops) for name in ("chosen", "rejected")]
    (chosen, failed), (rejected, others) = sides
    faults = {item.row: item for item in (*others, *failed)}  # of a row with two, that of the chosen answer
    records = []
    for number in sorted(chosen.keys() & rejected.keys()):
        (prompt, better), (_, worse) = chosen[number], rejected[number]
        if better == worse:
            what = "the chosen and the rejected answer are the same"
            faults[number] = LeftOut(number, what, tokenizer.decode(better)[:80], "", "nothing_trained")
        else:
            records.append({"prompt_ids": prompt, "chosen_ids": better, "rejected_ids": worse})
    lengths = tuple(2 * len(r["prompt_ids"]) + len(r["chosen_ids"]) + len(r["rejected_ids"]) for r in records)
    trained = sum(len(r["chosen_ids"]) + len(r["rejected_ids"]) for r in records)
    return Prepared(tuple(records), lengths, trained, tuple(faults[number] for number in sorted(faults)))
