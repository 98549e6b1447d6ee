"""Counts of tokens, by a model's tokenizer or without a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.text.words import count_tokens

if TYPE_CHECKING:
    from tunec.runtime.base.values import ModelSpec

_BATCH = 4096  # texts that are encoded at once; Rust's threads share them


def counter(of: ModelSpec | None) -> Callable[[pl.Series], pl.Series]:
    """Counts the tokens of each text of a series; missing for a missing text."""
    if of is None:
        return lambda texts: count_tokens(texts).set(texts.is_null(), None)
    return lambda texts: _counted(texts, _tokenizer(_file_of(of)))


def _counted(texts: pl.Series, tokenizer: Any) -> pl.Series:
    distinct = texts.drop_nulls().unique(maintain_order=True)
    lengths: list[int] = []
    for start in range(0, len(distinct), _BATCH):
        batch = distinct.slice(start, _BATCH).to_list()
        lengths += map(len, tokenizer.encode_batch_fast(batch, add_special_tokens=False))
    counts = pl.Series(lengths, dtype=pl.Int64)
    return texts.replace_strict(distinct, counts, default=None, return_dtype=pl.Int64)


def _file_of(of: ModelSpec) -> Path:
    from tunec.runtime.models.weights import weights_folder

    own = Path(of.adapter) / "tokenizer.json"
    file = own if of.adapter and own.is_file() else weights_folder(of) / "tokenizer.json"
    if not file.is_file():
        raise OperatorError(f"`tokens` finds no tokenizer of `{of.id}`; without `of` it counts words and punctuation")
    return file


@cache
def _tokenizer(file: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise OperatorError('a model\'s tokens need the package `tokenizers`: pip install "tunec[models]"') from None
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
