"""Memory of short trainings, estimated from the configuration alone and measured: `python -m bench.training_memory`.

Each training is two steps on rows of full length in a process of its own, whose peak is what the operating system says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: Sizes: a model of 51 million weights, built from its configuration, and the bundled one.
SIZES = ("51M", "135M")
#: Models that are built from their configuration: width of a state and within a block, blocks, heads, groups of heads.
SHAPES = {"18M": (256, 768, 8, 4, 2), "51M": (512, 1536, 8, 8, 4)}
TOKENS, MICRO = 128, 2
MODULES = ("gate_proj", "up_proj", "down_proj")


def config(size: str) -> Any:
    """The configuration of a size."""
    from transformers import LlamaConfig

    from tunec.runtime.models.weights import config_of
    from tunec.runtime.ops.models.bundled import bundled

    if size == "135M":
        return config_of(bundled("smollm2-135m-instruct"))
    hidden, inner, layers, heads, groups = SHAPES[size]
    return LlamaConfig(
        vocab_size=49152,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=groups,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
    )


def write(size: str, folder: Path) -> None:
    """A model with weights drawn at random, and the bundled tokenizer."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    from tunec.runtime.models.weights import weights_folder
    from tunec.runtime.ops.models.bundled import bundled

    torch.manual_seed(1)
    LlamaForCausalLM(config(size)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(weights_folder(bundled("smollm2-135m-instruct"))).save_pretrained(folder)


def train(adapter: str, folder: str) -> None:
    """Two steps; prints the peak of this process."""
    import resource
    from dataclasses import replace

    import polars as pl

    from tunec.runtime.base.method import Job
    from tunec.runtime.ops.adapters.full import full
    from tunec.runtime.ops.adapters.lora import lora
    from tunec.runtime.ops.models.bundled import bundled
    from tunec.runtime.ops.objectives.pretrain import pretrain
    from tunec.runtime.text.vectors import quiet

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        rows = pl.DataFrame({"text": ["word " * (2 * MICRO * TOKENS - 2)], "id": ["a"], "origin": ["b"]})
        (place / "out").mkdir()
        (place / "work").mkdir()
        objective = pretrain(epochs=1, batch_size=MICRO, max_length=TOKENS)
        chosen: Any = lora(rank=16, modules=MODULES) if adapter == "lora" else full()
        model = replace(bundled("smollm2-135m-instruct"), adapter=folder)
        objective.train(Job(model, rows, chosen, place / "out", place / "work", 1, quiet))
    print(json.dumps({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def estimate(size: str, adapter: str) -> int:
    """What is told before the run."""
    from tunec.runtime.tuning.training.memory import Plan, memory_of, shape_of

    rank = 16 if adapter == "lora" else 0
    found = memory_of(shape_of(config(size)), Plan(adapter, TOKENS * MICRO, rank, MODULES))
    print(size, adapter, {name: round(part / 2**20) for name, part in found.parts.items()}, file=sys.stderr)
    return found.total


def main() -> None:
    """A table of all sizes and adapters."""
    print("| model | adapter | estimated | measured | difference |\n| --- | --- | ---: | ---: | ---: |")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "bench.training_memory", "write", size, folder], check=True)
            for adapter in ("full", "lora"):
                call = [sys.executable, "-m", "bench.training_memory", "train", adapter, folder]
                done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
                measured = json.loads(done.stdout.splitlines()[-1])["peak"]
                told = estimate(size, adapter)
                print(
                    f"| {size} | {adapter} | {told / 2**20:,.0f} MB | {measured / 2**20:,.0f} MB | "
                    f"{told / measured - 1:+.0%} |",
                    flush=True,
                )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "write":
        write(sys.argv[2], Path(sys.argv[3]))
    else:
        train(*sys.argv[2:])
