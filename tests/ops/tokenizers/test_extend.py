"""How embeddings of new pieces begin, and what is trained beside an adapter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from tunec.runtime.ops.tokenizers.extend import extend
from tunec.runtime.tuning.tokenizing.widened import widen, with_new_pieces

PARTS = [[1, 2], [3, 4, 5]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("transformers")
    return tmp_path


def wide(folder: Path, how: Literal["mean", "random", "all"] = "mean", trained: Literal["new", "all"] = "new") -> Path:
    said = extend(embeddings=how, trained=trained)
    told = {"first": 8, "parts": PARTS, "embeddings": said.embeddings, "trained": said.trained}
    (folder / "extension.json").write_text(json.dumps(told))
    return folder


def llama(tied: bool) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"vocab_size": 8, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return LlamaForCausalLM(
            LlamaConfig(**sizes, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=tied)
        )


@pytest.mark.parametrize("tied", [True, False])
def test_the_mean_of_the_old_pieces(folder: Path, tied: bool) -> None:
    import torch

    model = llama(tied)
    before = [table.weight.detach().clone() for table in (model.get_input_embeddings(), model.get_output_embeddings())]
    widen(model, wide(folder))
    for old, table in zip(before, (model.get_input_embeddings(), model.get_output_embeddings()), strict=True):
        assert table.weight.shape[0] == 10 and torch.equal(table.weight[:8], old)
        torch.testing.assert_close(table.weight[8], (old[1] + old[2]) / 2)
        torch.testing.assert_close(table.weight[9], (old[3] + old[4] + old[5]) / 3)
    assert model.config.vocab_size == 10


def test_the_alternatives(folder: Path) -> None:
    import torch

    model = llama(True)
    old = model.get_input_embeddings().weight.detach().clone()
    widen(model, wide(folder, "all"))
    torch.testing.assert_close(model.get_input_embeddings().weight[9], old.mean(0))
    rows = []
    for _ in range(2):
        model = llama(True)
        widen(model, wide(folder, "random"))
        rows.append(model.get_input_embeddings().weight[8:].detach().clone())
    assert torch.equal(*rows) and 0.005 < float(rows[0].std()) < 0.04


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("trained", ["new", "all"])
def test_what_is_trained_beside_an_adapter(folder: Path, tied: bool, trained: Any) -> None:
    peft = pytest.importorskip("peft")
    model = llama(tied)
    widen(model, wide(folder, trained=trained))
    config = peft.LoraConfig(r=2, target_modules=["down_proj"], task_type="CAUSAL_LM")
    made = peft.get_peft_model(model, with_new_pieces(config, model, folder))
    counts = {name: w.numel() for name, w in made.named_parameters() if w.requires_grad and "lora_" not in name}
    rows = 2 if trained == "new" else 10
    assert sum(counts.values()) == rows * 8 * (1 if tied else 2), counts
    assert with_new_pieces(None, model, folder) is None
