"""Memory of short trainings, estimated from the configuration alone and measured: `python bench/training_memory.py`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

#: Hidden size, inner size, layers, heads, heads of keys; vocabulary is the bundled tokenizer's.
SIZES = {"30M": (512, 1536, 8, 8, 4), "135M": (576, 1536, 30, 9, 3)}
TOKENS, MICRO = 256, 4


def config(size: str) -> object:
    """The configuration of a size."""
    from transformers import LlamaConfig

    hidden, inner, layers, heads, keys = SIZES[size]
    return LlamaConfig(
        vocab_size=49152,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=keys,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
    )


def train(size: str, adapter: str) -> None:
    """Two steps on rows of full length; prints the peak of this process."""
    import resource
    from dataclasses import replace

    import polars as pl
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    from tunec.runtime.base.method import Job
    from tunec.runtime.models.weights import weights_folder
    from tunec.runtime.ops.adapters.full import full
    from tunec.runtime.ops.adapters.lora import lora
    from tunec.runtime.ops.models.bundled import bundled
    from tunec.runtime.ops.objectives.pretrain import pretrain
    from tunec.runtime.text.vectors import quiet

    base = bundled("smollm2-135m-instruct")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        torch.manual_seed(1)
        LlamaForCausalLM(config(size)).save_pretrained(place / "model")  # type: ignore[arg-type]
        AutoTokenizer.from_pretrained(weights_folder(base)).save_pretrained(place / "model")
        rows = pl.DataFrame({"text": ["word " * 8 * TOKENS], "id": ["a"], "origin": ["b"]})
        (place / "out").mkdir()
        (place / "work").mkdir()
        objective = pretrain(epochs=1, batch_size=MICRO, max_length=TOKENS)
        chosen = lora(rank=16, modules=MODULES) if adapter == "lora" else full()  # type: ignore[arg-type]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        model = replace(base, adapter=str(place / "model"))
        objective.train(Job(model, rows, chosen, place / "out", place / "work", 1, quiet))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"before": before * 1024, "peak": peak * 1024}))


MODULES = ("gate_proj", "up_proj", "down_proj")


def estimate(size: str, adapter: str) -> int:
    """What is told before the run."""
    from tunec.runtime.tuning.training.memory import Plan, memory_of, shape_of

    rank = 16 if adapter == "lora" else 0
    found = memory_of(shape_of(config(size)), Plan(adapter, TOKENS * MICRO, rank, MODULES))
    print(size, adapter, {name: round(getattr(found, name) / 2**20) for name in found.__slots__}, file=sys.stderr)
    return found.total


def main() -> None:
    """A table of all sizes and adapters."""
    print("| model | adapter | estimated | measured | difference |\n| --- | --- | ---: | ---: | ---: |")
    for size in SIZES:
        for adapter in ("full", "lora"):
            done = subprocess.run([sys.executable, __file__, size, adapter], capture_output=True, text=True, check=True)
            measured = json.loads(done.stdout.splitlines()[-1])["peak"]
            told = estimate(size, adapter)
            print(
                f"| {size} | {adapter} | {told / 2**20:,.0f} MB | {measured / 2**20:,.0f} MB | "
                f"{told / measured - 1:+.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    train(*sys.argv[1:]) if len(sys.argv) > 1 else main()
