"""BERT sentence embedders on the processor, through OpenVINO: no torch is imported.

The graph is written here, operation by operation, from the weights in the safetensors file: nothing is traced,
converted or kept on disk, and it stands after a second (Devlin et al., arXiv 1810.04805, section 3; mean pooling and
length one as in Reimers and Gurevych, arXiv 1908.10084, section 3). Each text is computed by one thread, so the number
of threads changes no bit.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.parallel import workers
from tunec.runtime.models.device import multiplies_in

if TYPE_CHECKING:
    import numpy as np

PACKAGES = ("openvino", "tokenizers", "safetensors")
#: Raise it when the graph or the batches change what comes out: vectors differ in their last bits.
LAYOUT = "1"
#: Padded tokens of a batch: activations of more leave the second cache (1,024 took 8 to 15 % less than 2,048).
TOKENS = 1024
#: Lengths are padded to a multiple of this, since kernels are compiled for each shape.
STEP = 8
#: Texts of a batch at most.
TEXTS = 64
#: What hides padding from attention. The lowest float32 would overflow in bfloat16; the exponential of this is 0 too.
HIDDEN = -1e4

_FILES = (
    "modules.json", "config.json", "sentence_bert_config.json", "1_Pooling/config.json", "tokenizer.json",
    "model.safetensors",
)  # fmt: skip
_MODULES = ("Transformer", "Pooling", "Normalize")
_CONFIG = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


def missing() -> str | None:
    """The first package that is not installed, or None."""
    for package in PACKAGES:
        try:
            version(package)
        except PackageNotFoundError:
            return package
    return None


def unsupported(folder: Path) -> str | None:
    """Why the embedder in a folder cannot be computed here, or None: it must be a BERT, mean pooling, length one."""
    for name in _FILES:
        if not (folder / name).is_file():
            return f"it has no {name}"
    modules = tuple(module["type"].rpartition(".")[2] for module in _json(folder / "modules.json"))
    if modules != _MODULES:
        return f"it consists of {', '.join(modules)}, not of {', '.join(_MODULES)}"
    pooling = _pooling(_json(folder / "1_Pooling/config.json"))
    if pooling != ["mean"]:
        return f"it pools by {', '.join(pooling)}, not by the mean of the tokens"
    config = _json(folder / "config.json")
    for name, wanted in _CONFIG.items():
        if config.get(name, wanted) != wanted:
            return f"its {name} is {config[name]}, not {wanted}"
    if _json(folder / "sentence_bert_config.json").get("do_lower_case"):
        return "it lower-cases texts before they are cut into tokens"
    return None


def _pooling(config: dict[str, Any]) -> list[str]:
    """How vectors of tokens become one: `mean`, for instance. Before version 6 sentence-transformers wrote a switch for
    each way."""
    if "pooling_mode" in config:
        said = config["pooling_mode"]
        return [said] if isinstance(said, str) else list(said)
    ways = [
        name.removeprefix("pooling_mode_") for name, on in config.items() if name.startswith("pooling_mode_") and on
    ]
    return ["mean" if way == "mean_tokens" else way for way in ways]


def longest(folder: Path) -> int | None:
    """How many tokens of a text count, the marks around it included; None where that is not said. Since version 6
    sentence-transformers leaves it to the tokenizer."""
    stated, said, places = (
        _json(folder / file).get(name) if (folder / file).is_file() else None
        for file, name in (
            ("sentence_bert_config.json", "max_seq_length"),
            ("tokenizer_config.json", "model_max_length"),
            ("config.json", "max_position_embeddings"),
        )
    )
    if stated is not None:
        return int(stated)
    return min((int(limit) for limit in (said, places) if limit is not None), default=None)


def backend() -> str:
    """The software and hardware that a vector depends on: `openvino==2026.4.1 tokenizers==0.23.3 cpu bfloat16 1`."""
    return f"openvino=={version('openvino')} tokenizers=={version('tokenizers')} cpu {multiplies_in()} {LAYOUT}"


@dataclass(frozen=True, slots=True)
class Embedder:
    """A model that is ready: `queue` runs batches side by side, one thread each."""

    tokenizer: Any
    queue: Any
    width: int


def encode(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """Unit vectors, float32, shape (texts, dimensions). Batches are composed of texts of like length, and depend on
    nothing but the texts."""
    import numpy as np

    model = _load(folder)
    tokens = [found.ids for found in model.tokenizer.encode_batch_fast(list(texts))]
    vectors = np.empty((len(texts), model.width), dtype=np.float32)

    def done(request: Any, rows: list[int]) -> None:
        vectors[rows] = request.get_output_tensor(0).data

    model.queue.set_callback(done)
    try:
        for rows, length in _batches([len(ids) for ids in tokens]):
            ids = np.zeros((len(rows), length), dtype=np.int32)
            mask = np.zeros((len(rows), length), dtype=np.float32)
            for row, text in enumerate(rows):
                ids[row, : len(tokens[text])] = tokens[text]
                mask[row, : len(tokens[text])] = 1
            model.queue.start_async([ids, mask], rows)
    finally:
        # Also where Ctrl-C ends it: a thread of OpenVINO that calls back into an interpreter that is being torn down is
        # ended by Python, which its C++ code takes for a fatal error.
        model.queue.wait_all()
    return vectors


def _batches(lengths: list[int]) -> Iterator[tuple[list[int], int]]:
    """Positions of texts and the length that they are padded to, longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        length = -(-lengths[order[start]] // STEP) * STEP
        size = min(TEXTS, max(1, TOKENS // length))
        yield order[start : start + size], length
        start += size


@functools.lru_cache(maxsize=2)
def _load(folder: Path) -> Embedder:
    openvino = _silent()
    from tokenizers import Tokenizer

    config = _json(folder / "config.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest(folder) or int(config["max_position_embeddings"]))
    threads = workers()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if multiplies_in() == "bfloat16" else "f32",
        "NUM_STREAMS": threads,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # others work on these cores too
    }
    compiled = openvino.Core().compile_model(_graph(folder / "model.safetensors", config), "CPU", settings)
    return Embedder(tokenizer, openvino.AsyncInferQueue(compiled, threads), int(config["hidden_size"]))


def _graph(file: Path, config: dict[str, Any]) -> Any:
    """Token ids, int32, and mask, float32, both of shape (texts, tokens), to unit vectors (texts, dimensions)."""
    import numpy as np

    openvino = _silent()
    from openvino import opset13 as op
    from safetensors.numpy import load_file

    weights = {name.removeprefix("bert."): values for name, values in load_file(file).items()}
    count, width = int(config["num_attention_heads"]), int(config["hidden_size"])

    def floats(value: Any) -> Any:
        return op.constant(np.asarray(value, dtype=np.float32))

    def whole(value: Any) -> Any:
        return op.constant(np.asarray(value, dtype=np.int64))

    def normed(x: Any, name: str) -> Any:
        x = op.mvn(x, whole([-1]), True, float(config["layer_norm_eps"]), "inside_sqrt")
        return op.add(op.multiply(x, floats(weights[f"{name}.weight"])), floats(weights[f"{name}.bias"]))

    def dense(x: Any, name: str) -> Any:
        return op.add(op.matmul(x, floats(weights[f"{name}.weight"]), False, True), floats(weights[f"{name}.bias"]))

    def heads(x: Any) -> Any:
        return op.transpose(op.reshape(x, whole([0, 0, count, width // count]), True), whole([0, 2, 1, 3]))

    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    # A single text is of the first type everywhere, so its vector can be added to all positions beforehand.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = op.gather(op.shape_of(ids), whole([1]), whole(0))
    x = op.add(
        op.gather(floats(weights["embeddings.word_embeddings.weight"]), ids, whole(0)),
        op.slice(floats(places), whole([0]), length, whole([1]), whole([0])),
    )
    x = normed(x, "embeddings.LayerNorm")
    hidden = op.multiply(op.subtract(floats(1), op.unsqueeze(mask, whole([1, 2]))), floats(HIDDEN))
    for number in range(int(config["num_hidden_layers"])):
        layer = f"encoder.layer.{number}"
        query, key, value = (heads(dense(x, f"{layer}.attention.self.{n}")) for n in ("query", "key", "value"))
        seen = op.transpose(op.scaled_dot_product_attention(query, key, value, hidden), whole([0, 2, 1, 3]))
        seen = dense(op.reshape(seen, whole([0, 0, width]), True), f"{layer}.attention.output.dense")
        x = normed(op.add(seen, x), f"{layer}.attention.output.LayerNorm")
        inner = op.gelu(dense(x, f"{layer}.intermediate.dense"), "erf")
        x = normed(op.add(dense(inner, f"{layer}.output.dense"), x), f"{layer}.output.LayerNorm")
    total = op.reduce_sum(op.multiply(x, op.unsqueeze(mask, whole([2]))), whole([1]))
    mean = op.divide(total, op.reduce_sum(mask, whole([1]), True))
    return openvino.Model([op.normalize_l2(mean, whole([1]), 1e-12, "max")], [ids, mask], "embedder")


def _silent() -> Any:
    """The package, imported without its telemetry: unless a person opted out, importing it reports to Google Analytics
    and leaves a client id in the home folder. It takes a stub where `openvino_telemetry` cannot be imported."""
    before = {name: module for name, module in sys.modules.items() if name == "openvino_telemetry"}
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        del sys.modules["openvino_telemetry"]
        sys.modules.update(before)
    return openvino


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
