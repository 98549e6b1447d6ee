"""Sentence embedders: OpenVINO against torch, which of the two computes, and the same bytes again."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.building import build
from tunec.runtime.models import device, openvino
from tunec.runtime.models.bundled import EMBEDDERS, bundle, weights_file
from tunec.runtime.models.embed import encode
from tunec.runtime.models.vectors import embed
from tunec.runtime.operator import OperatorError
from tunec.runtime.ops.embedders.bundled import bundled
from tunec.runtime.ops.embedders.local import local
from tunec.runtime.store.store import Store
from tunec.runtime.values import EmbedderSpec

DATA = Path(__file__).parents[2] / "../shared/data/instruct"
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
FOLDER = weights_file(bundle(EMBEDDERS, NAME)).parent


def quick() -> EmbedderSpec:
    return bundled(NAME, backend="openvino")


def cosines(texts: list[str]) -> np.ndarray:
    ours = encode(quick(), texts).astype(np.float64)
    theirs = encode(bundled(NAME, backend="torch"), texts).astype(np.float64)
    return (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)


def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "PACKAGES", ("a-package-that-nobody-has",))


@pytest.mark.model
def test_vectors_agree_with_torch_on_english_chinese_empty_and_long_texts() -> None:
    assert cosines(TEXTS).min() > 0.9999


@pytest.mark.model
def test_in_float32_the_graph_is_the_model_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "multiplies_in", lambda: "float32")
    openvino._load.cache_clear()
    ours = openvino.encode(FOLDER, TEXTS)
    openvino._load.cache_clear()
    theirs = encode(bundled(NAME, backend="torch"), TEXTS)
    assert np.abs(ours - theirs).max() < 5e-4  # half a unit of the last place of a float16 below one


@pytest.mark.model
@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_vectors_agree_on_real_texts() -> None:
    english = pl.read_parquet(DATA / "alpaca_52k.parquet").sample(40, seed=3)
    chinese = json.loads(gzip.decompress((DATA / "alpaca_gpt4_zh_1000.json.gz").read_bytes()))[:20]
    texts = (english["instruction"] + "\n" + english["output"]).to_list()
    assert cosines(texts + [row["instruction"] + row["output"] for row in chinese]).min() > 0.9999


@pytest.mark.model
def test_only_the_first_256_tokens_count() -> None:
    long, longer = encode(quick(), ["word " * 254, "word " * 254 + "other end"])
    assert long.tobytes() == longer.tobytes()
    shorter, long = encode(quick(), ["word " * 253, "word " * 253 + "end"])
    assert shorter.tobytes() != long.tobytes()


@pytest.mark.model
def test_no_texts_give_no_vectors() -> None:
    assert encode(quick(), []).shape == (0, 384)


@pytest.mark.model
def test_another_process_with_one_thread_gives_the_same_bytes_without_torch_and_telemetry(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys, json, hashlib\n"
        "if hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from tunec.runtime.models.embed import encode\n"
        "from tunec.runtime.ops.embedders.bundled import bundled\n"
        f"vectors = encode(bundled({NAME!r}, backend='openvino'), json.load(sys.stdin))\n"
        "print(hashlib.sha256(vectors.tobytes()).hexdigest(), 'torch' in sys.modules,"
        " any(name.startswith('openvino_telemetry') for name in sys.modules))"
    )
    texts = [f"{text} {number}" for text in TEXTS for number in range(9)]
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | {"HOME": str(tmp_path)}
    asked = [sys.executable, "-c", code]
    told = subprocess.run(asked, input=json.dumps(texts), capture_output=True, text=True, check=True, env=environment)
    assert told.stdout.split() == [hashlib.sha256(encode(quick(), texts).tobytes()).hexdigest(), "False", "False"]
    assert not list(tmp_path.iterdir())  # where telemetry would leave the client id


def test_batches_hold_every_text_once_and_stay_small() -> None:
    lengths = [3, 256, 40, 41, 2] + [7] * 200
    batches = list(openvino._batches(lengths))
    assert sorted(row for rows, _ in batches for row in rows) == list(range(len(lengths)))
    for rows, length in batches:
        assert len(rows) <= openvino.TEXTS and len(rows) * length <= openvino.TOKENS
        assert max(lengths[row] for row in rows) <= length and length % openvino.STEP == 0


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
    absent(monkeypatch)
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
    (tmp_path / "model.safetensors").touch()
    for name in (
        "modules.json",
        "1_Pooling/config.json",
        "config.json",
        "sentence_bert_config.json",
        "tokenizer.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    assert openvino.unsupported(tmp_path) is None
    (tmp_path / file).write_text(json.dumps(content))
    said = openvino.unsupported(tmp_path)
    assert said is not None and reason in said
    monkeypatch.setattr(openvino, "unsupported", lambda _: said)
    monkeypatch.setattr(device, "device", lambda: "cpu")
    assert bundled(NAME) == bundled(NAME, backend="torch")
    with pytest.raises(OperatorError, match="say `backend: torch`"):
        quick()


def test_a_folder_without_its_configuration_says_so(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "mini", ignore=shutil.ignore_patterns("sentence_bert_config.json"))
    assert openvino.unsupported(tmp_path / "mini") == "it has no sentence_bert_config.json"


@pytest.mark.model
def test_what_sentence_transformers_saves_now_is_the_same_embedder(tmp_path: Path) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    model = sentence_transformers.SentenceTransformer(str(FOLDER), device="cpu", local_files_only=True)
    model.save_pretrained(str(tmp_path / "saved"))
    assert openvino.unsupported(tmp_path / "saved") is None
    ours = encode(local(str(tmp_path / "saved"), backend="openvino"), TEXTS)
    assert np.array_equal(ours, encode(quick(), TEXTS))
    # Where the tokenizer states no length of its own, the model's places are what there is.
    config = tmp_path / "saved" / "tokenizer_config.json"
    said = json.loads(config.read_text("utf-8"))
    for length, expected in ((64, 64), (10**30, 512), (None, 512)):
        config.write_text(json.dumps({**said, "model_max_length": length}), "utf-8")
        assert openvino._longest(tmp_path / "saved") == expected


@pytest.mark.model
def test_it_computes_on_no_more_processors_than_the_build_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "workers", lambda: 3)
    openvino._load.cache_clear()
    assert len(openvino._load(FOLDER).queue) == 3
    openvino._load.cache_clear()


def test_vectors_of_one_backend_are_not_taken_for_those_of_another(tmp_path: Path) -> None:
    store = Store(tmp_path)
    computed = []

    def ones(spec: EmbedderSpec, texts: list[str]) -> np.ndarray:
        computed.append(spec.backend)
        return np.ones((len(texts), 4), dtype=np.float16)

    mine = quick()
    for spec in (mine, dataclasses.replace(mine, backend="torch"), mine):
        embed(store, spec, ["a"], ones, lambda done, total, what: None)
    assert computed == [mine.backend, "torch"]


# Embedders in folders


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
    with pytest.raises(OperatorError, match=r"`none` is no folder of a sentence embedder: it has no modules\.json"):
        local(str(tmp_path / "none"))
    shutil.copytree(FOLDER, tmp_path / "mini", ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(OperatorError, match="`mini` holds no weights in safetensors files"):
        local(str(tmp_path / "mini"))
    (tmp_path / "mini" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(OperatorError, match=r"only pickle can read pytorch_model\.bin"):
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
