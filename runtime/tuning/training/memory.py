"""What a training needs, known from the model's configuration alone: parameters, and memory by part.

Nothing is loaded: the model is built without weights (`meta` of torch), its matrices are counted, and what a training
step keeps is added up from their sizes. `docs/hardware.md` compares it with what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What AdamW keeps for a trained weight (two float32), and its gradient (one).
OPTIMIZER, GRADIENT = 8, 4
#: Bytes of a weight in four bits, with its share of the scales, packed once more (QLoRA, section 3).
FOUR_BITS = 0.5 + 0.127 / 8
#: Numbers of the size of the hidden state that a layer keeps for each token until the backward pass, beside what
#: attention and MLP keep: two norms (input, normalized, result) and the residual stream between them.
NORMS = 8
#: What attention keeps of the width of its heads (queries before and after their rotation, the result, its copy), and
#: of the width of keys and values; what the MLP keeps of its inner width (gate, its activation, up, their product).
HEADS, KEYS, INNER = 4, 3, 4
#: TRL multiplies with the last matrix in parts: the most tokens and pieces of a part, and how many copies of it exist
#: at once on a processor.
LOGITS_TOKENS, LOGITS_WIDTH, LOGITS_COPIES = 4096, 32768, 7
#: Python, torch and the libraries around them, where their memory is that of the model (without a GPU).
LIBRARIES = 650 * 2**20


@dataclass(frozen=True, slots=True)
class Shape:
    """A model's sizes: all weights, those of the embeddings (once, where input and output share them), and of each
    linear matrix by its name (`gate_proj`) the inputs, the outputs and how many there are."""

    parameters: int
    embeddings: int
    vocabulary: int
    hidden: int
    inner: int
    heads: int  # the width of all heads together
    keys: int  # the same of keys
    layers: int
    matrices: dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Memory:
    """The bytes that a training holds at its peak, by part."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    libraries: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits + self.libraries


@dataclass(frozen=True, slots=True)
class Plan:
    """How a training is computed: the adapter (`full`, `lora`, `qlora`), its rank and matrices, the tokens that are
    computed at once, on which device, and whether activations are computed twice rather than kept."""

    adapter: str
    tokens: int
    rank: int = 0
    modules: Sequence[str] = ()
    gpu: bool = False
    checkpointing: bool = False


def shape_of(config: Any) -> Shape:
    """The sizes of the model of a transformers configuration, without its weights."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    text = config.get_text_config()
    embeddings = {id(m.weight): m.weight.numel() for m in (model.get_input_embeddings(), model.get_output_embeddings())}
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    matrices: dict[str, tuple[int, int, int]] = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and not name.endswith("lm_head"):
            last = name.rpartition(".")[2]
            count = matrices.get(last, (0, 0, 0))[2]
            matrices[last] = (module.in_features, module.out_features, count + 1)
    return Shape(
        sum(weight.numel() for weight in model.parameters()),
        sum(embeddings.values()),
        text.vocab_size,
        text.hidden_size,
        text.intermediate_size,
        head * text.num_attention_heads,
        head * (getattr(text, "num_key_value_heads", None) or text.num_attention_heads),
        text.num_hidden_layers,
        matrices,
    )


def trained_parameters(shape: Shape, plan: Plan) -> int:
    """How many weights a training changes: all, or `rank` times inputs and outputs of each adapted matrix."""
    if plan.adapter == "full":
        return shape.parameters
    named = [shape.matrices[name] for name in plan.modules if name in shape.matrices]
    return sum(plan.rank * (inputs + outputs) * count for inputs, outputs, count in named)


def memory_of(shape: Shape, plan: Plan, references: int = 0) -> Memory:
    """The memory of a training at its peak, with so many further copies of the model to compare with."""
    trained = trained_parameters(shape, plan)
    number = 2 if plan.gpu else 4  # bytes of what is computed
    if plan.adapter == "full":
        # Trained weights stay float32; on a GPU a copy in bfloat16 is computed with.
        weights = shape.parameters * (6 if plan.gpu else 4)
    elif plan.adapter == "lora":
        weights = shape.parameters * number + trained * 4
    else:
        packed = sum(inputs * outputs * count for inputs, outputs, count in shape.matrices.values())
        weights = int(packed * FOUR_BITS) + (shape.parameters - packed) * 2 + trained * 2
    per_layer = NORMS * shape.hidden + HEADS * shape.heads + KEYS * shape.keys + INNER * shape.inner
    if plan.adapter != "full":
        per_layer += sum(shape.matrices[n][0] + 2 * plan.rank for n in plan.modules if n in shape.matrices)
    layers = 1 if plan.checkpointing else shape.layers
    kept = plan.tokens * (layers * per_layer + (shape.layers * shape.hidden if plan.checkpointing else 0))
    tile = min(plan.tokens, LOGITS_TOKENS) * min(shape.vocabulary, LOGITS_WIDTH) * 4
    logits = tile * (1 if plan.gpu else LOGITS_COPIES)
    weights += references * shape.parameters * number
    return Memory(weights, trained * GRADIENT, trained * OPTIMIZER, kept * number, logits, 0 if plan.gpu else LIBRARIES)


def device_memory() -> tuple[str, int]:
    """The device that trains here, and the bytes that it has."""
    from tunec.runtime.models.device import device

    if device() == "cuda":
        import torch

        found = torch.cuda.get_device_properties(0)
        return str(found.name), int(found.total_memory)
    import os

    return "processor", os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
