"""What computes."""

from __future__ import annotations

import pytest

from tunec.runtime.models.device import device, devices, prepare


def test_results_repeat_and_memory_is_not_filled_for_them() -> None:
    torch = pytest.importorskip("torch")
    prepare()
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.utils.deterministic.fill_uninitialized_memory


def test_one_processor_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (device(), devices()) == ("cpu", 1)
