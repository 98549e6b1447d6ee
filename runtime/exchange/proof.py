"""The proof of training for an export: every row, with the template and the tokenizer of the model that will be
trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.exchange.conversation import Unfit, conversation, pair, rated
from tunec.runtime.exchange.data import Data, ExchangeError, Row, rows
from tunec.runtime.models.chat import Chat

#: Splits that another trainer learns from or watches, as opposed to those that it never reads.
UNREAD = ("test",)


@dataclass(frozen=True, slots=True)
class Proved:
    """What the proof of a data set found: a table by source and check, and what is wrong with the tokenizer."""

    dataset: str
    model: str
    rows: int
    tokens: int
    trained: int
    failed: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def prove_export(
    given: Sequence[Data], model: str, longest: int | None, allowed: Sequence[str], names: dict[str, list[str]]
) -> list[Proved]:
    """Check the rows of data sets for a model. ExchangeError, with the table, where one fails what is not allowed."""
    from tunec.runtime.tuning.training.proof.proof import Proof, prove, refuse
    from tunec.runtime.tuning.training.proof.saved import tokenizer_faults
    from tunec.runtime.tuning.training.proof.templates import breaks
    from tunec.runtime.tuning.training.tokenizers import stops_of

    tokenizer, folder = opened(model)
    stops = stops_of(tokenizer, folder)
    faults = [(check, why) for check, why in tokenizer_faults(tokenizer, stops) if check not in allowed]
    if faults:
        told = "\n".join(f"{check}: {why}" for check, why in faults)
        raise ExchangeError(f"proof of training: the tokenizer of {model} cannot be trained with as it is\n{told}")
    notes = tuple(breaks(tokenizer))
    found = []
    for data in given:
        if data.row_type in (RowType.TEXT, RowType.TASK):
            continue
        chats, origins, ids = _chats(data, names)
        kept, failed = prove(tokenizer, chats, longest or tokenizer.model_max_length, stops)
        tokens, trained = (sum(len(e.ids) for e in kept.values()), sum(e.count for e in kept.values()))
        proof = Proof(len(chats), tokens, trained, failed)
        try:
            refuse(proof, allowed, origins, ids)
        except OperatorError as error:
            raise ExchangeError("\n".join([str(error), *notes])) from error
        found.append(Proved(data.name, model, len(chats), tokens, trained, tuple(proof.table(origins)), notes))
    return found


def opened(model: str) -> tuple[Any, Path]:
    """The tokenizer of a model, which is a folder, a bundled model or one in the cache of the hub; and its folder."""
    from transformers import AutoTokenizer
    from transformers.utils import cached_file

    from tunec.runtime.models.bundled import MODELS
    from tunec.runtime.models.local import opened_tokenizer
    from tunec.runtime.ops.models.bundled import bundled

    if model in MODELS:
        return opened_tokenizer(bundled(model))
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
        if Path(model).is_dir():
            return tokenizer, Path(model)
        config = cached_file(model, "config.json")
    except (OSError, ValueError) as error:
        raise ExchangeError(f"cannot open the tokenizer of `{model}`: {str(error).splitlines()[0]}") from error
    return tokenizer, Path(config).parent if config else Path(model)


def _chats(data: Data, names: dict[str, list[str]]) -> tuple[list[Chat], list[str], list[str]]:
    """The rows of a data set as chats, with the names of their sources and their ids. Rows that no layout can hold are
    not among them: the export counts those."""
    import json

    import pyarrow.parquet as parquet

    chats: list[Chat] = []
    origins: list[str] = []
    ids: list[str] = []
    for split in data.splits:
        if split.name in UNREAD:
            continue
        known = [r for path in split.files for r in parquet.read_table(path, columns=["id", "origin"]).to_pylist()]
        for identity, row in zip(known, rows(data, split), strict=True):
            tools = tuple(json.loads(row["tools"])) if row.get("tools") is not None else ()
            try:
                answers = _answers(row, data.row_type)
            except Unfit:
                continue
            for messages in answers:
                chats.append(Chat(tuple(messages), tools))
                origins.append((names.get(identity["origin"]) or [identity["origin"]])[0])
                ids.append(identity["id"])
    return chats, origins, ids


def _answers(row: Row, row_type: RowType) -> list[list[dict[str, Any]]]:
    """The chats that a row is: one for each answer of a preference, whose context is only read."""
    if row_type is RowType.PREFERENCE:
        context, chosen, rejected = pair(row)
        return [[*_read(context), *answer] for answer in (chosen, rejected)]
    if row_type is RowType.RATED:
        context, completion, _ = rated(row)
        return [[*_read(context), *completion]]
    return [conversation(row, row_type)]


def _read(context: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**m, "train": False} if m["role"] == "assistant" else m for m in context]
