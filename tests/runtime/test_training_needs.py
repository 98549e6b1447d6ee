"""What a training needs, from configurations alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.runtime.building.training_needs import Needs
from tunec.runtime.tuning.training.memory import SCATTERED, Memory, Plan, Shape, memory_of, shape_of, trained_parameters

MLP = ("gate_proj", "up_proj", "down_proj")


def llama(hidden: int, inner: int, layers: int, heads: int, keys: int, vocabulary: int = 32000) -> Shape:
    transformers = pytest.importorskip("transformers")
    return shape_of(
        transformers.LlamaConfig(
            hidden_size=hidden,
            intermediate_size=inner,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=keys,
            vocab_size=vocabulary,
        )
    )


@pytest.fixture(scope="module")
def seven() -> Shape:
    """Llama 2 of seven billion weights, built without them."""
    return llama(4096, 11008, 32, 32, 32)


def test_parameters_are_those_that_are_published(seven: Shape) -> None:
    assert seven.parameters == 6_738_415_616
    # Platypus, 13 billion: rank 16 beside the three matrices of the MLP, 0.28 %.
    thirteen = llama(5120, 13824, 40, 40, 40)
    trained = trained_parameters(thirteen, Plan("lora", 1, 16, MLP))
    assert trained == 36_372_480 and round(trained / thirteen.parameters, 4) == 0.0028


def test_memory_by_part(seven: Shape) -> None:
    tokens = 8 * 2048
    full, lora, qlora = (
        memory_of(seven, Plan(adapter, tokens, 0 if adapter == "full" else 16, MLP, gpu=True, checkpointing=True))
        for adapter in ("full", "lora", "qlora")
    )
    # Sixteen bytes a weight, and a copy to compute with.
    assert full.weights + full.gradients + full.optimizer == 18 * seven.parameters
    assert lora.gradients == 4 * trained_parameters(seven, Plan("lora", 1, 16, MLP))
    assert 3.2 < lora.weights / qlora.weights < 3.9
    assert qlora.total < lora.total < full.total
    kept = memory_of(seven, Plan("lora", tokens, 16, MLP, gpu=True))
    assert kept.activations > 10 * lora.activations
    # Gradients come while activations go; where several batches are summed up, they are there before.
    short = (Plan("full", 16, gpu=True, summed=summed) for summed in (False, True))
    once, summed = (memory_of(seven, plan) for plan in short)
    assert once.total == once.weights + once.optimizer + once.gradients
    assert summed.total == once.total + once.activations + once.logits
    # What autograd kept for a token of each layer, counted with torch's `saved_tensors_hooks` (hidden 512, inner 1,536,
    # 8 heads, 4 of keys): 10,762 numbers, and 12,410 where the MLP is adapted, with dropout.
    shape = llama(512, 1536, 1, 8, 4, 100)
    for adapter, rank, counted in (("full", 0, 10_762), ("lora", 16, 12_410)):
        found = memory_of(shape, Plan(adapter, 1000, rank, MLP)).activations / (1000 * 4 * SCATTERED)
        assert abs(found / counted - 1) < 0.01
    assert memory_of(seven, Plan("full", tokens), references=1).weights == 8 * seven.parameters


def test_devices_share_what_can_be_shared(seven: Shape) -> None:
    alone = memory_of(seven, Plan("full", 2048, gpu=True))
    shared = memory_of(seven, Plan("full", 2048, gpu=True, devices=8))
    assert (shared.gradients, shared.optimizer) == (alone.gradients // 8, alone.optimizer // 8)
    # Four bytes a weight are shared; what is computed with, two bytes a weight, is there in parts.
    assert shared.weights < 4 * seven.parameters // 8 + 2 * seven.parameters // 8
    assert shared.activations == alone.activations
    tight = Needs(10, 10, 1, None, Memory(60, 1, 1, 40, 1, 1), "GPU", 100, 2)
    assert "each of 2 GPU has" in next(tight.warnings())


def test_warnings() -> None:
    fine = Needs(1000, 100, 1, None, Memory(1, 1, 1, 1, 1, 1), "processor", 100)
    assert not [*fine.warnings()]
    tight = Needs(10_000, 9, 1, None, Memory(60, 1, 1, 40, 1, 1), "processor", 100)
    assert ["T510" in w or "T511" in w for w in tight.warnings()] == [True, True]
    assert tight.told()["memory"]["total"] == 103


def test_a_plan_tells_them(tmp_path: Path, base: object) -> None:
    import json

    from click.testing import CliRunner

    from tunec.commands.plan import command

    spec = tmp_path / "t.tune"
    spec.write_text(
        """
        source tasks = rows([{instruction: "天空是什么颜色？", response: "蓝色。"}, {instruction: "a", response: "b"}])
        model base = bundled("smollm2-135m-instruct")
        train tuned from base on tasks {
            lora(rank: 1, modules: [v_proj])
            sft(max_length: 256, batch_size: 16, epochs: 2)
        }
        train again from tuned on tasks { lora(rank: 1, modules: [v_proj]) sft(max_length: 128) }
        merge both from [tuned, again] { linear() }
        train last from both on tasks { lora(rank: 1, modules: [v_proj]) sft(max_length: 64) }
        """,
        encoding="utf-8",
    )
    done = CliRunner().invoke(command, [str(spec), "--json"], standalone_mode=False)
    trainings = {step["label"]: step["training"] for step in json.loads(done.stdout)["steps"] if step.get("training")}
    training = trainings["tuned"]
    # What stands on a training or a merge that is not built yet has the shape of the model below.
    assert {name: needs["parameters"] for name, needs in trainings.items()} == dict.fromkeys(
        ("tuned", "again", "last"), 134_515_008
    )
    assert training["parameters"] == 134_515_008 and training["trained"] == (576 + 192) * 30
    assert (training["tokens_a_step"], training["tokens"]) == (16 * 256, 2 * 2 * 256)
    assert "T511" in training["warnings"][0]
    told = CliRunner().invoke(command, [str(spec)], standalone_mode=False).output
    assert "134,515,008 parameters, 23,040 of them trained (0.02%); up to 4,096 tokens a step" in told
    assert "of memory (weights 0.50 GB" in told
