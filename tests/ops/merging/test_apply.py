"""An adapter in the weights of its own model, and of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.ops.merging.tiny import Weights, merged, tokenizer, weights
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.apply import apply


@pytest.fixture(scope="module")
def adapter(
    tiny: list[ModelSpec], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> ModelSpec:
    """An adapter of the first model, with random matrices."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    settings = peft.LoraConfig(r=2, lora_alpha=8, target_modules=["down_proj"], task_type="CAUSAL_LM")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        made = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(tiny[0].adapter), settings)
        for name, weight in made.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight)
    made.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return ModelSpec("bundled", "tiny", "a" * 64, "backend", adapter=str(folder))


@pytest.fixture(autouse=True)
def below(tiny: list[ModelSpec], monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that an adapter stands on is the first of the tiny ones, in place of weights that a package ships."""
    monkeypatch.setattr("tunec.runtime.models.weights.bundled_folder", lambda spec, cache=None: Path(tiny[0].adapter))


def expected(base: Path, adapter: ModelSpec) -> Weights:
    from safetensors.numpy import load_file

    thin = load_file(Path(adapter.adapter) / "adapter_model.safetensors")
    found = dict(weights(base))
    for layer in range(2):
        name = f"model.layers.{layer}.mlp.down_proj"
        a, b = (thin[f"base_model.model.{name}.lora_{half}.weight"].astype(np.float64) for half in "AB")
        found[f"{name}.weight"] = found[f"{name}.weight"] + 8 / 2 * b @ a
    return found


@pytest.mark.parametrize("place", [0, 1])
def test_the_product_of_the_thin_matrices_is_added(
    tiny: list[ModelSpec], folders: list[Path], adapter: ModelSpec, tmp_path: Path, place: int
) -> None:
    found = merged(apply(adapter), [tiny[place]], tmp_path)
    wanted = expected(folders[place], adapter)
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        np.testing.assert_allclose(found[name], tensor, atol=1e-6, err_msg=name)


def test_whole_weights_are_no_adapter(tiny: list[ModelSpec], tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"0{15}1 is no adapter: train it with `lora\(…\)`|is no adapter"):
        merged(apply(tiny[1]), [tiny[0]], tmp_path)


def test_other_ways_merge_what_an_adapter_makes(
    tiny: list[ModelSpec], folders: list[Path], adapter: ModelSpec, tmp_path: Path
) -> None:
    pytest.importorskip("mergekit")
    from tunec.runtime.ops.merging.linear import linear

    found = merged(linear(), [adapter, tiny[1]], tmp_path)
    one, two = expected(folders[0], adapter), weights(folders[1])
    for name in two:
        np.testing.assert_allclose(found[name], (one[name] + two[name]) / 2, atol=1e-6, err_msg=name)
