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

import pytest

from tests.training.tiny import byte_tokenizer, rows_of, run_tiny
from tunec.compiler.types import RowType
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.device import device
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.adapters.qlora import qlora
from tunec.runtime.ops.objectives.sft import sft
from tunec.runtime.tuning.training.memory import Plan, memory_of, shape_of

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


@pytest.mark.parametrize("name", ["lora", "qlora"])
def test_speed_and_memory(name: str, billion: ModelSpec, tmp_path: Path) -> None:
    import torch

    if name == "qlora" and find_spec("bitsandbytes") is None:
        pytest.skip("bitsandbytes is not installed")
    adapter: Any = (lora if name == "lora" else qlora)(rank=16, modules=MODULES)
    rows = rows_of(RowType.CHAT, ROWS)
    objective = sft(epochs=1, batch_size=BATCH, max_length=TOKENS, learning_rate=1e-3, warmup=0)
    torch.cuda.reset_peak_memory_stats()
    began = time.monotonic()
    done = run_tiny(objective, billion, rows, tmp_path, adapter=adapter)
    seconds, peak = time.monotonic() - began, torch.cuda.max_memory_allocated()
    assert done.log[-1]["loss"] < done.log[0]["loss"]
    longest = max(1, done.summary["tokens"] // ROWS)
    told = memory_of(shape_of(config()), Plan(name, longest * BATCH, 16, MODULES, True, True)).total
    tokens = done.summary["tokens"] / seconds
    print(json.dumps({"adapter": name, "tokens_a_second": round(tokens), "peak": peak, "estimated": told,
                      "operations_a_second": 4 * done.summary["parameters"] * tokens}))  # fmt: skip


def test_sft_in_packed_sequences(billion: ModelSpec, tmp_path: Path) -> None:
    objective = sft(epochs=1, batch_size=2, max_length=TOKENS, packing=True, learning_rate=1e-3, warmup=0)
    done = run_tiny(objective, billion, rows_of(RowType.CHAT, 32), tmp_path, adapter=lora(rank=8))
    assert done.summary["rows"] == 32
