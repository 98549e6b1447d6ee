"""Embedders in folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.building import build
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models import openvino
from tunec.runtime.models.embed import encode
from tunec.runtime.ops.embedders.bundled import bundled
from tunec.runtime.ops.embedders.local import local

NAME = "all-minilm-l6-v2"
FOLDER = Path(bundled(NAME).folder)
TEXTS = ["Give three tips for staying healthy.", "保持健康的三个提示。", ""]


@pytest.mark.model
def test_an_embedder_in_a_folder_gives_the_same_vectors_wherever_it_lies(tmp_path: Path) -> None:
    for place in ("one", "two"):
        shutil.copytree(FOLDER, tmp_path / place / "mini")
    specs = [local(str(tmp_path / place / "mini"), backend="torch") for place in ("one", "two")]
    assert specs[0].revision == specs[1].revision and specs[0].id == "mini"
    wanted = encode(bundled(NAME, backend="torch"), TEXTS[:2])
    assert np.array_equal(encode(specs[1], TEXTS[:2]), wanted)
    config = tmp_path / "two" / "mini" / "config.json"
    config.write_text(config.read_text("utf-8") + " ", "utf-8")
    assert local(str(tmp_path / "two" / "mini")).revision != specs[0].revision


def test_a_folder_without_an_embedder_and_pickled_weights_are_errors(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"`none` is not a sentence embedder: it has no modules\.json"):
        local(str(tmp_path / "none"))
    shutil.copytree(FOLDER, tmp_path / "mini", ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(OperatorError, match="`mini` holds no weights in safetensors files"):
        local(str(tmp_path / "mini"))
    (tmp_path / "mini" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(OperatorError, match=r"pytorch_model\.bin is not read: move it away"):
        local(str(tmp_path / "mini"))


def test_weights_that_only_pickle_reads_beside_a_decoy_are_refused(tmp_path: Path) -> None:
    """Their content would be in no fingerprint, and a library might take them."""
    shutil.copytree(FOLDER, tmp_path / "mini")
    (tmp_path / "mini" / "model.safetensors").rename(tmp_path / "mini" / "decoy.safetensors")
    (tmp_path / "mini" / "pytorch_model.bin").write_bytes(b"other weights")
    with pytest.raises(OperatorError, match=r"pytorch_model\.bin is not read: move it away"):
        local(str(tmp_path / "mini"))


def test_what_openvino_cannot_compute_is_left_to_torch(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "mini", ignore=shutil.ignore_patterns("1_Pooling"))
    assert openvino.unsupported(tmp_path / "mini") == "it has no 1_Pooling/config.json"
    assert not local(str(tmp_path / "mini")).backend.startswith("openvino")
    with pytest.raises(OperatorError, match=r"OpenVINO cannot compute `mini`: it has no 1_Pooling/config.json"):
        local(str(tmp_path / "mini"), backend="openvino")


@pytest.mark.model
def test_a_path_starts_in_the_specs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "models" / "mini")
    monkeypatch.chdir("/")
    spec = """
    spec t(version: "1.0.0", seed: 1)
    source tasks = rows([{instruction: "你好吗", response: "好"}, {instruction: "Hi", response: "Hi"}], license: "MIT")
    embedder wide = local("models/mini")
    dataset out from tasks { dedup { semantic(prompt, cosine: 0.95, using: wide) } }
    """
    built = build(tmp_path, spec).built
    assert built is not None and built.engine.services.vectors["computed"] == 2


@pytest.mark.model
def test_what_sentence_transformers_saves_now_is_the_same_embedder(tmp_path: Path) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    model = sentence_transformers.SentenceTransformer(str(FOLDER), device="cpu", local_files_only=True)
    model.save_pretrained(str(tmp_path / "saved"))
    assert openvino.unsupported(tmp_path / "saved") is None
    ours = encode(local(str(tmp_path / "saved"), backend="openvino"), TEXTS)
    assert np.array_equal(ours, encode(bundled(NAME, backend="openvino"), TEXTS))
    # Where the tokenizer states no length of its own, the model's places are what there is.
    config = tmp_path / "saved" / "tokenizer_config.json"
    said = json.loads(config.read_text("utf-8"))
    for length, expected in ((64, 64), (10**30, 512), (None, 512)):
        config.write_text(json.dumps({**said, "model_max_length": length}), "utf-8")
        assert openvino.longest(tmp_path / "saved") == expected
