"""The embedder that a package ships: its id, what computes it, and its vectors."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.building import build, rows
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.models import device, openvino
from tunec.runtime.models.embed import encode
from tunec.runtime.ops.embedders.bundled import bundled
from tunec.runtime.store.store import Store

DATA = Path(__file__).parents[3] / "../shared/data/instruct"
NAME = "all-minilm-l6-v2"
TEXTS = [
    "Give three tips for staying healthy.",
    "保持健康的三个提示。",
    "",
    " \n ",
    "Ünïcödé, [SEP] and 🦜",
    "a",
    "word " * 5000,
    "机器学习" * 500,
    "It rains. " * 127,
]


def quick() -> EmbedderSpec:
    return bundled(NAME, backend="openvino")


def cosines(texts: list[str]) -> np.ndarray:
    ours = encode(quick(), texts).astype(np.float64)
    theirs = encode(bundled(NAME, backend="torch"), texts).astype(np.float64)
    return (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)


@pytest.mark.model
def test_vectors_agree_with_torch_on_english_chinese_empty_and_long_texts() -> None:
    assert cosines(TEXTS).min() > 0.9999


@pytest.mark.model
@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_vectors_agree_on_real_texts() -> None:
    english = pl.read_parquet(DATA / "alpaca_52k.parquet").sample(40, seed=3)
    chinese = json.loads(gzip.decompress((DATA / "alpaca_gpt4_zh_1000.json.gz").read_bytes()))[:20]
    texts = (english["instruction"] + "\n" + english["output"]).to_list()
    assert cosines(texts + [row["instruction"] + row["output"] for row in chinese]).min() > 0.9999


def test_the_backend_is_stated_and_differs() -> None:
    assert quick().backend.startswith("openvino==")
    assert "torch==" in bundled(NAME, backend="torch").backend
    assert quick().revision == bundled(NAME, backend="torch").revision


def test_the_number_format_is_part_of_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    said = set()
    for number in ("bfloat16", "float32"):
        monkeypatch.setattr(openvino, "multiplies_in", lambda number=number: number)
        said.add(quick().backend)
    assert len(said) == 2


def test_auto_takes_openvino_on_a_processor_and_torch_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "device", lambda: "cpu")
    assert bundled(NAME) == quick()
    monkeypatch.setattr(device, "device", lambda: "cuda")
    assert bundled(NAME) == bundled(NAME, backend="torch")


def test_without_the_package_auto_takes_torch_and_openvino_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openvino, "PACKAGES", ("a-package-that-nobody-has",))
    assert bundled(NAME) == bundled(NAME, backend="torch")
    with pytest.raises(OperatorError, match=r"not installed: pip install 'tunec\[fast\]'"):
        quick()


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("modules.json", [{"type": "a.Transformer"}, {"type": "a.Pooling"}], "consists of Transformer, Pooling"),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}, "pools by cls_token"),
        ("1_Pooling/config.json", {"pooling_mode": ["cls", "mean"]}, "pools by cls, mean"),
        ("config.json", {"model_type": "mpnet"}, "model_type is mpnet"),
        ("config.json", {"model_type": "bert", "hidden_act": "relu"}, "hidden_act is relu"),
        ("sentence_bert_config.json", {"max_seq_length": 256, "do_lower_case": True}, "lower-cases"),
    ],
)
def test_what_is_no_such_bert_is_left_to_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: object, reason: str
) -> None:
    folder = Path(quick().folder)
    (tmp_path / "model.safetensors").touch()
    for name in (
        "modules.json",
        "1_Pooling/config.json",
        "config.json",
        "sentence_bert_config.json",
        "tokenizer.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert openvino.unsupported(tmp_path) is None
    (tmp_path / file).write_text(json.dumps(content))
    said = openvino.unsupported(tmp_path)
    assert said is not None and reason in said
    monkeypatch.setattr(openvino, "unsupported", lambda _: said)
    monkeypatch.setattr(device, "device", lambda: "cpu")
    assert bundled(NAME) == bundled(NAME, backend="torch")
    with pytest.raises(OperatorError, match="say `backend: torch`"):
        quick()


SPEC = """
spec t(version: "1.0.0", seed: 1)
source tasks = rows([
    {{instruction: "How do I bake bread?", response: "With flour."}},
    {{instruction: "How can I bake a loaf of bread?", response: "With yeast."}},
    {{instruction: "天空为什么是蓝色的？", response: "因为散射。"}}
], license: "MIT")
embedder minilm = bundled({})
dataset out from tasks {{ dedup {{ semantic(prompt, cosine: 0.8, using: minilm) }} }}
"""


@pytest.mark.model
def test_in_a_spec_each_backend_records_vectors_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for backend, computed in (("openvino", 3), ("torch", 3), ("torch", 0)):
        result = build(tmp_path / backend, SPEC.format(f'"{NAME}", backend: {backend}'), store=store)
        assert rows(result, "out")["instruction"].to_list() == ["How do I bake bread?", "天空为什么是蓝色的？"]
        assert result.built is not None and result.built.engine.services.vectors["computed"] == computed


def test_the_revision_is_the_hash_of_the_weights() -> None:
    found = quick()
    digest = hashlib.sha256((Path(found.folder) / "model.safetensors").read_bytes()).hexdigest()
    assert found.revision.split()[1] == f"sha256:{digest}"


def test_an_unknown_name_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=f"`all-mini` is known; known are: {NAME}"):
        bundled("all-mini")
    (problem,) = build(tmp_path, SPEC.format('"all-mini"')).problems
    assert "`all-mini`" in problem.message and "`all-minilm-l6-v2`" in problem.help


def test_an_unknown_backend_is_an_error_of_the_spec(tmp_path: Path) -> None:
    assert [p.code for p in build(tmp_path, SPEC.format(f'"{NAME}", backend: tensorflow')).problems] == ["T201"]
