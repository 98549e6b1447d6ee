"""`messages`, read by `datasets` and taken by TRL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import ROWS, exported
from tunec.runtime.ops.formats.messages import messages

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    made = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?")
    made.chat_template = CHATML
    return made


def loaded(tmp_path: Path, row_type: str) -> Any:
    import datasets

    done = exported(tmp_path, row_type, "messages")
    return datasets.load_dataset(str(done.folder / "out"), cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("row_type", list(ROWS))
def test_datasets_finds_the_splits(tmp_path: Path, row_type: str) -> None:
    found = loaded(tmp_path, row_type)
    assert {split: part.num_rows for split, part in found.items()} == {"train": 2, "validation": 1}


@pytest.mark.parametrize("row_type", ["instruction", "chat", "choice"])
def test_trl_applies_the_template_to_conversations(tmp_path: Path, row_type: str, tokenizer: Any) -> None:
    from trl.data_utils import apply_chat_template, is_conversational

    train = loaded(tmp_path, row_type)["train"]
    assert all(is_conversational(row) for row in train)
    text = apply_chat_template(train[0], tokenizer)["text"]
    assert "<|im_start|>user\n" in text and "<|im_start|>assistant\n" in text


def test_trl_takes_preferences(tmp_path: Path, tokenizer: Any) -> None:
    from trl.data_utils import apply_chat_template, is_conversational

    row = loaded(tmp_path, "preference")["train"][1]
    assert is_conversational(row)
    applied = apply_chat_template(row, tokenizer)
    assert applied["prompt"] == "<|im_start|>user\n问好。<|im_end|>\n<|im_start|>assistant\n"
    assert (applied["chosen"], applied["rejected"]) == ("你好！<|im_end|>\n", "不。<|im_end|>\n")


def test_trl_takes_texts_as_they_are(tmp_path: Path) -> None:
    from trl.data_utils import is_conversational

    train = loaded(tmp_path, "text")["train"]
    assert train.column_names == ["text"] and not is_conversational(train[0])


def test_our_own_reader_gives_the_same_chats(tmp_path: Path) -> None:
    read = messages()
    assert [read.content(row) for row in loaded(tmp_path, "chat")["train"]] == ROWS["chat"]
