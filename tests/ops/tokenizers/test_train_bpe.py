"""New pieces for a real tokenizer: by hand, and what has to stay as it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.steps.tokenizer import parted
from tunec.runtime.ops.tokenizers.extend import extend
from tunec.runtime.ops.tokenizers.train_bpe import train_bpe
from tunec.runtime.text.vectors import quiet
from tunec.runtime.tuning.tokenizing.bpe import Merge, learned
from tunec.runtime.tuning.tokenizing.extension import read, write

CORPUS = ["模型的训练数据", "训练数据的质量", "数据质量决定模型", "大模型的训练", "the training data"] * 4


def merges(words: dict[str, int], count: int, longest: int = 9, least: int = 1) -> tuple[list[Merge], dict[int, str]]:
    pieces = dict(enumerate("abcd"))
    coded = Counter({tuple("abcd".index(letter) for letter in word): count for word, count in words.items()})
    return learned(coded, pieces, count, longest, least, quiet)


def test_the_pair_that_occurs_most_often_is_joined_first() -> None:
    found, made = merges({"abab": 3, "cd": 5, "abc": 1}, 3)
    # `ab` occurs 7 times, `cd` 5, `abab` 3.
    assert found == [Merge(0, 1, 4), Merge(2, 3, 5), Merge(4, 4, 6)]
    assert made == {4: "ab", 5: "cd", 6: "abab"}


def test_of_equals_the_first_by_text_and_bounds_hold() -> None:
    assert merges({"cd": 2, "ab": 2}, 1)[1] == {4: "ab"}
    assert merges({"abcd": 9}, 9, longest=2)[1] == {4: "ab", 5: "cd"}
    assert merges({"ab": 9, "cd": 2}, 9, least=3)[1] == {4: "ab"}
    assert merges({"aaa": 1}, 9)[1] == {4: "aa", 5: "aaa"}


@pytest.fixture(scope="module")
def tokenizer(tiny_weights: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_weights)


@pytest.fixture(scope="module")
def extended(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wide")
    write(tokenizer, CORPUS, train_bpe(vocab=10, longest=12), extend(), folder, quiet)
    return folder


@pytest.mark.model
def test_old_pieces_and_texts_stay_as_they_were(tokenizer: Any, extended: Path) -> None:
    from transformers import AutoTokenizer

    new = AutoTokenizer.from_pretrained(extended)
    old_ids, ids = tokenizer.get_vocab(), new.get_vocab()
    assert {piece: ids[piece] for piece in old_ids} == old_ids
    assert len(ids) == len(old_ids) + 10 and max(ids.values()) == len(old_ids) + 9
    for text in ("Photosynthesis turns light into sugar.", "def f(x):\n    return 1 + 23", "天气很好。", "<|im_end|>"):
        assert new(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert new.chat_template == tokenizer.chat_template and new.eos_token_id == tokenizer.eos_token_id


@pytest.mark.model
def test_frequent_texts_take_fewer_tokens_and_come_back_whole(tokenizer: Any, extended: Path) -> None:
    from transformers import AutoTokenizer

    new = AutoTokenizer.from_pretrained(extended)
    for text in ("大模型的训练数据质量", "the 训练数据 is 模型", CORPUS[0]):
        before, after = tokenizer(text)["input_ids"], new(text)["input_ids"]
        assert len(after) < len(before) and new.decode(after) == text
    extension = read(extended)
    assert extension.first == len(tokenizer.get_vocab()) and extension.size == extension.first + 10
    names = {id_: piece for piece, id_ in tokenizer.get_vocab().items()}
    made = {id_: piece for piece, id_ in new.get_vocab().items()}
    for number, parts in enumerate(extension.parts):
        assert "".join(names[part] for part in parts) == made[extension.first + number]
        assert len(made[extension.first + number]) <= 12


@pytest.mark.model
def test_what_cannot_be_extended(tokenizer: Any, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no pair of pieces occurs often enough"):
        write(tokenizer, ["x y"], train_bpe(vocab=5, least=9), extend(), tmp_path, quiet)
    from tests.ops.merging.tiny import tokenizer as words

    with pytest.raises(OperatorError, match="only tokenizers with byte-level BPE can be extended"):
        write(words(), CORPUS, train_bpe(vocab=5), extend(), tmp_path, quiet)


def test_of_few_texts_one_at_least_is_held_out_and_one_is_learned_from() -> None:
    drawn = [(0.9, "a"), (0.5, "b"), (0.7, "c")]
    assert parted(drawn, 0.1) == (["a", "c"], ["b"])
    assert parted(drawn, 0.95) == (["a"], ["b", "c"])
    assert parted([(0.05, "a"), (0.5, "b"), (0.01, "c")], 0.1) == (["b"], ["a", "c"])
    assert parted([(0.5, "a")], 0.1) == ([], ["a"])
