"""LoRA: which matrices it adds, and how strong they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build
from tests.ops.training import rows, train
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.lora import lora


@pytest.fixture
def small() -> Any:
    """A Llama of one layer: hidden size 8, inner size 20, two heads of which one has keys and values."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("peft")
    config = transformers.LlamaConfig(
        vocab_size=32,
        hidden_size=8,
        intermediate_size=20,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    return transformers.LlamaForCausalLM(config)


def trainable(model: Any, **settings: Any) -> tuple[int, Any]:
    """How many weights are trained, and one of the matrices that have a pair beside them."""
    from peft import get_peft_model

    wrapped = get_peft_model(model, lora(**settings).peft_config())
    pairs = [module for module in wrapped.modules() if hasattr(module, "lora_A")]
    return sum(w.numel() for w in wrapped.parameters() if w.requires_grad), pairs[0]


@pytest.mark.parametrize(
    ("modules", "widths"),
    [
        (["q_proj"], 8 + 8),
        (["k_proj"], 8 + 4),
        (["v_proj", "o_proj"], 8 + 4 + 8 + 8),
        (["gate_proj", "up_proj", "down_proj"], 3 * (8 + 20)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_a_pair_beside_each_named_matrix(small: Any, modules: list[Any], widths: int) -> None:
    assert trainable(small, rank=3, modules=modules)[0] == 3 * widths


def test_without_names_the_mlp_is_adapted(small: Any) -> None:
    assert trainable(small)[0] == 16 * 3 * (8 + 20)


def test_strength_and_dropout(small: Any) -> None:
    _, pair = trainable(small, rank=4, alpha=6, dropout=0.25)
    assert pair.scaling == {"default": 1.5}  # alpha / rank
    assert pair.lora_dropout["default"].p == 0.25


@pytest.mark.parametrize("settings", [{"rank": 0}, {"alpha": 0}, {"dropout": 1}, {"modules": []}], ids=str)
def test_settings_that_make_no_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(OperatorError, match="|".join(settings)):
        lora(**settings)


def test_an_unknown_matrix_is_an_error_of_the_spec(tmp_path: Path) -> None:
    spec = """
    source tasks = rows([{instruction: "a", response: "b"}])
    model base = bundled("smollm2-135m-instruct")
    train tuned from base on tasks { lora(modules: [lm_head]) sft() }
    """
    assert [p.code for p in build(tmp_path, spec).problems] == ["T201"]


@pytest.mark.model
def test_as_many_weights_as_its_matrices_have_are_trained(base: ModelSpec, tmp_path: Path) -> None:
    # SmolLM2-135M: 30 layers, hidden size 576, inner size 1536; gate, up and down are adapted.
    done = train(base, tmp_path, rows(2), lora(rank=2, alpha=6))
    assert done.summary["trained_parameters"] == 3 * 2 * (576 + 1536) * 30
    written = json.loads((tmp_path / "model" / "adapter_config.json").read_text("utf-8"))
    assert (written["r"], written["lora_alpha"], written["lora_dropout"]) == (2, 6, 0.05)
    assert written["target_modules"] == ["down_proj", "gate_proj", "up_proj"]
