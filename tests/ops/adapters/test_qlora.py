"""QLoRA: what it asks for, and that its absence is told before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import build
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.device import device
from tunec.runtime.ops.adapters.lora import lora
from tunec.runtime.ops.adapters.qlora import qlora

pytestmark = pytest.mark.skipif(device() == "cuda", reason="has a GPU")


def test_the_matrices_are_those_of_lora() -> None:
    pytest.importorskip("peft")
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    assert qlora(rank=3, alpha=5).peft_config() == lora(rank=3, alpha=5, modules=modules).peft_config()  # type: ignore[arg-type]
    with pytest.raises(OperatorError, match="rank"):
        qlora(rank=0)


def test_a_plan_says_what_is_missing(tmp_path: Path) -> None:
    spec = """
    source tasks = rows([{instruction: "a", response: "b"}])
    model base = bundled("smollm2-135m-instruct")
    train tuned from base on tasks { qlora() sft() }
    """
    (problem,) = build(tmp_path, spec).problems
    assert problem.code == "T603" and "NVIDIA GPU" in problem.message and "lora(…)" in problem.message
    with pytest.raises(OperatorError, match="`qlora` needs"):
        qlora().quantization()
