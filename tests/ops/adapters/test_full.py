"""Without an adapter all weights are trained, and a whole model is left."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ops.material import context
from tests.ops.training import rows, train
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.adapters.full import full
from tunec.runtime.ops.evaluate.perplexity import perplexity


def test_nothing_is_added() -> None:
    assert full().peft_config() is None
    assert full() == full()


@pytest.mark.model
def test_all_weights_are_trained_and_the_result_is_a_whole_model(base: ModelSpec, tmp_path: Path) -> None:
    data = rows(2, response="答案是蓝色。")
    done = train(base, tmp_path, data, full(), batch_size=2, learning_rate=1e-4, warmup=0)
    assert done.summary["trained_parameters"] == done.summary["parameters"] == 134_515_008
    folder = tmp_path / "model"
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names and "adapter_config.json" not in names
    measure = perplexity(on=data, ctx=context())
    tuned = replace(base, adapter=str(folder), revision="tuned")
    assert measure(tuned).numbers["perplexity"] < measure(base).numbers["perplexity"]
    shutil.rmtree(folder)  # half a gigabyte
