"""Sentence embedders: what OpenVINO computes, with how many processors, and the same bytes again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.models import openvino
from tunec.runtime.models.embed import encode
from tunec.runtime.models.vectors import embed
from tunec.runtime.ops.embedders.bundled import bundled
from tunec.runtime.store.store import Store

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
FOLDER = Path(bundled(NAME).folder)


def quick() -> EmbedderSpec:
    return bundled(NAME, backend="openvino")


@pytest.mark.model
def test_in_float32_the_graph_is_the_model_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "multiplies_in", lambda: "float32")
    openvino._load.cache_clear()
    ours = openvino.encode(FOLDER, TEXTS)
    openvino._load.cache_clear()
    theirs = encode(bundled(NAME, backend="torch"), TEXTS)
    assert np.abs(ours - theirs).max() < 5e-4  # half a unit of the last place of a float16 below one


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


def test_a_folder_without_its_configuration_says_so(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "mini", ignore=shutil.ignore_patterns("sentence_bert_config.json"))
    assert openvino.unsupported(tmp_path / "mini") == "it has no sentence_bert_config.json"


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
