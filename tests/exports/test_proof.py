"""An export that names a model: its rows are checked as that model would be trained on them, before anything is
written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import ROWS, version
from tests.training.families import speaking
from tunec.runtime.exchange.data import ExchangeError
from tunec.runtime.exchange.export import For, export

pytestmark = pytest.mark.usefixtures("base")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tokenizer that knows tools, whose padding ends nothing."""
    folder = tmp_path_factory.mktemp("model")
    speaking("qwen2_5").save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("row_type", ["instruction", "chat", "preference", "rated", "choice"])
def test_every_row_is_checked(tmp_path: Path, row_type: str, model: str) -> None:
    done = export(version(tmp_path / "v", row_type), "messages", tmp_path / "out", None, For(model))
    (proof,) = done.proofs
    answers = 2 if row_type == "preference" else 1
    assert proof.rows == 3 * answers and not proof.failed
    assert 0 < proof.trained < proof.tokens


def test_a_row_that_cannot_be_trained_on_stops_the_export(tmp_path: Path, model: str) -> None:
    long: dict[str, Any] = {**ROWS["instruction"][0], "response": "une phrase " * 40}
    given = version(tmp_path / "v", "instruction", {"train": [*ROWS["instruction"], long], "test": [long]})
    with pytest.raises(ExchangeError, match=r"1 of 3 rows cannot(.|\n)*row 0+2 of 0+: longer than max_length"):
        export(given, "alpaca", tmp_path / "out", None, For(model, 64))
    assert not (tmp_path / "out").exists()
    done = export(given, "alpaca", tmp_path / "out", None, For(model, 64, ("too_long",)))
    assert done.proofs[0].failed[0]["rows"] == 1 and (tmp_path / "out/out/train.jsonl").exists()


def test_a_tokenizer_as_it_should_not_be_saved_stops_the_export(tmp_path: Path) -> None:
    given = version(tmp_path / "v", "chat")
    bundled = "smollm2-135m-instruct"
    with pytest.raises(ExchangeError, match=r"end: padding is `<\|im_end\|>`, which ends turns"):
        export(given, "axolotl", tmp_path / "out", None, For(bundled))
    (proof,) = export(given, "axolotl", tmp_path / "out", None, For(bundled, None, ("end",))).proofs
    assert "SmolLM 2" in proof.notes[0]
    with pytest.raises(ExchangeError, match="cannot open the tokenizer of `no/such"):
        export(given, "axolotl", tmp_path / "out", None, For("no/such-model"))
