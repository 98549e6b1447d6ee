"""Trainings on a GPU: `make test-gpu`, one call of at most eight minutes. Skipped where there is none.

A model of 1.1 billion weights is built from its configuration, so that nothing is downloaded.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.training.tiny import byte_tokenizer, rows_of, run_tiny
from tunec.compiler.types import RowType
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.device import device
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.adapters.qlora import qlora
from tunec.runtime.ops.objectives.sft import sft
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.tuning.training.memory import Plan, memory_of, shape_of
from tunec.runtime.tuning.training.settings import CHECKPOINTED

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(device() != "cuda", reason="no GPU")]

TOKENS, BATCH, ROWS = 512, 8, 128
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def config() -> Any:
    """TinyLlama's sizes, with a vocabulary of 32,000."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=32000,
        hidden_size=2048,
        intermediate_size=5632,
        num_hidden_layers=22,
        num_attention_heads=32,
        num_key_value_heads=4,
        eos_token_id=byte_tokenizer().eos_token_id,
    )


@pytest.fixture(scope="module")
def billion(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A model of 1.1 billion weights, drawn at random."""
    import torch
    from transformers import LlamaForCausalLM

    folder = tmp_path_factory.mktemp("billion")
    torch.manual_seed(1)
    with torch.device("cuda"):
        model = LlamaForCausalLM(config()).to(torch.bfloat16)
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    del model
    torch.cuda.empty_cache()
    return replace(base, adapter=str(folder), revision="billion")


def long_rows() -> pl.DataFrame:
    """Chats of just below `TOKENS` bytes."""
    said = [f"Thing {n} is {'red' if n % 2 else 'blue'}. " * 24 for n in range(ROWS)]
    chats = [
        [{"role": "user", "content": f"Tell me of thing {n}."}, {"role": "assistant", "content": text.strip()}]
        for n, text in enumerate(said)
    ]
    ids = [f"{n:016x}" for n in range(ROWS)]
    frame = pl.DataFrame({"messages": chats, "tools": [None] * ROWS}, schema=content_schema(RowType.CHAT))
    return frame.with_columns(id=pl.Series(ids), origin=pl.lit("a"))


def multiplied(size: int = 8192) -> float:
    """Operations a second that a plain multiplication of bfloat16 matrices reaches on this device."""
    import torch

    a = torch.randn(size, size, device=device(), dtype=torch.bfloat16)
    torch.mm(a, a)
    torch.cuda.synchronize()
    began = time.monotonic()
    for _ in range(20):
        torch.mm(a, a)
    torch.cuda.synchronize()
    return 20 * 2 * size**3 / (time.monotonic() - began)


@pytest.mark.parametrize("name", ["lora", "qlora"])
def test_speed_and_memory(name: str, billion: ModelSpec, tmp_path: Path) -> None:
    import torch

    if name == "qlora" and find_spec("bitsandbytes") is None:
        pytest.skip("bitsandbytes is not installed")
    adapter: Any = (lora if name == "lora" else qlora)(rank=16, modules=MODULES)
    rows = long_rows()
    objective = sft(epochs=1, batch_size=BATCH, max_length=TOKENS, learning_rate=1e-3, warmup=0)
    most = multiplied()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    steps: list[float] = []
    done = run_tiny(
        objective, billion, rows, tmp_path, adapter=adapter, progress=lambda *_: steps.append(time.monotonic())
    )
    peak = torch.cuda.max_memory_allocated()
    # The first step warms up, and what comes before and after is loading and writing.
    seconds = (steps[-1] - steps[0]) / (len(steps) - 1)
    assert len(steps) == ROWS // BATCH and done.log[-1]["loss"] < done.log[0]["loss"]
    longest = -(-done.summary["tokens"] // ROWS)
    assert 0.8 * TOKENS < longest <= TOKENS
    shape = shape_of(config())
    told = memory_of(shape, Plan(name, longest * BATCH, 16, MODULES, True, shape.parameters > CHECKPOINTED)).total
    tokens = longest * BATCH / seconds
    # Operations a weight and token where weights are not trained: two forward, two backward, and two where activations
    # are computed again.
    operations = (6 if shape.parameters > CHECKPOINTED else 4) * shape.parameters * tokens
    print(json.dumps({"adapter": name, "tokens_a_second": round(tokens), "peak": peak, "estimated": told,
                      "share_of_a_plain_multiplication": round(operations / most, 3)}))  # fmt: skip


def test_sft_in_packed_sequences(billion: ModelSpec, tmp_path: Path) -> None:
    objective = sft(epochs=1, batch_size=2, max_length=TOKENS, packing=True, learning_rate=1e-3, warmup=0)
    done = run_tiny(objective, billion, rows_of(RowType.CHAT, 32), tmp_path, adapter=lora(rank=8))
    assert done.summary["rows"] == 32
