"""A tokenizer with more pieces than it had, as it lies in a folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Progress
from tunec.runtime.tuning.tokenizing.bpe import learned

#: What is new, beside the tokenizer's own files.
FILE = "extension.json"


@dataclass(frozen=True, slots=True)
class Bpe:
    """How new pieces are found: how many, how long in bytes, and how often a pair has to occur."""

    vocab: int
    longest: int
    least: int
    held_out: float


@dataclass(frozen=True, slots=True)
class Extend:
    """What a model makes of new pieces: how their embeddings begin, and whether the old ones are trained as well."""

    embeddings: Literal["mean", "random", "all"] = "mean"
    trained: Literal["new", "all"] = "new"


@dataclass(frozen=True, slots=True)
class Extension:
    """New pieces with the ids from `first` on: of each the old pieces that it consists of."""

    first: int
    parts: tuple[tuple[int, ...], ...]
    embeddings: str
    trained: str

    @property
    def size(self) -> int:
        """How many pieces there are in all."""
        return self.first + len(self.parts)


def read(folder: Path) -> Extension:
    """The extension in a folder."""
    told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    parts = tuple(tuple(part) for part in told["parts"])
    return Extension(told["first"], parts, told["embeddings"], told["trained"])


def write(
    tokenizer: Any, texts: Sequence[str], bpe: Bpe, extend: Extend, out: Path, progress: Progress
) -> dict[str, Any]:
    """Write a tokenizer with pieces that are frequent in texts into a folder; tells how many, and how many bytes the
    longest has. OperatorError for a tokenizer that is no byte-level BPE."""
    backend = tokenizer.backend_tokenizer
    state = json.loads(backend.to_str())
    if state["model"]["type"] != "BPE" or "ByteLevel" not in json.dumps(state["pre_tokenizer"]):
        raise OperatorError("only tokenizers with byte-level BPE can be extended, and this one is of another kind")
    vocabulary: dict[str, int] = state["model"]["vocab"]
    taken = {token["id"] for token in state["added_tokens"]} | set(vocabulary.values())
    pieces = {id_: piece for piece, id_ in vocabulary.items()}
    # The largest id is what new ones follow, also where it is a control token.
    pieces.setdefault(max(taken), "\0")
    merges, made = learned(_words(backend, texts), pieces, bpe.vocab, bpe.longest, bpe.least, progress)
    if not made:
        raise OperatorError("no pair of pieces occurs often enough in these rows to become a new piece")
    listed = bool(state["model"]["merges"]) and isinstance(state["model"]["merges"][0], list)
    names = {**pieces, **made}
    for merge in merges:
        pair = [names[merge.left], names[merge.right]]
        state["model"]["merges"].append(pair if listed else " ".join(pair))
    vocabulary.update({piece: id_ for id_, piece in made.items()})
    tokenizer.save_pretrained(out)
    (out / "tokenizer.json").write_text(json.dumps(state, ensure_ascii=False, indent=1), encoding="utf-8")
    parts: dict[int, tuple[int, ...]] = {}
    for merge in merges:
        if merge.made in made and merge.made not in parts:
            parts[merge.made] = (*parts.get(merge.left, (merge.left,)), *parts.get(merge.right, (merge.right,)))
    told = {"first": min(made), "parts": [parts[id_] for id_ in sorted(made)],
            "embeddings": extend.embeddings, "trained": extend.trained}  # fmt: skip
    (out / FILE).write_text(json.dumps(told), encoding="utf-8")
    return {"pieces": len(made), "vocabulary": max(made) + 1, "longest": max(len(piece) for piece in made.values())}


def _words(backend: Any, texts: Sequence[str]) -> Counter[tuple[int, ...]]:
    """The stretches of texts that the tokenizer never joins, as old ids, with how often they occur."""
    stretches: Counter[str] = Counter()
    for text in texts:
        plain = backend.normalizer.normalize_str(text) if backend.normalizer is not None else text
        stretches.update(stretch for stretch, _ in backend.pre_tokenizer.pre_tokenize_str(plain))
    words: Counter[tuple[int, ...]] = Counter()
    for stretch, count in stretches.items():
        words[tuple(token.id for token in backend.model.tokenize(stretch))] += count
    return words
