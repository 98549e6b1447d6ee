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
#: What a layer keeps for each token until the backward pass, in multiples of its widths. Of the hidden state the two
#: norms keep their input, and where their weights are trained also what is normalized and the result (`NORMS`; on a GPU
#: the first two are float32); attention keeps queries and result of the width of its heads, keys and values of theirs;
#: the MLP keeps gate, its activation and up, and where the last matrix is trained also their product (`INNER`).
NORMS, INNER = {True: 6, False: 2}, {True: 4, False: 3}
NORMS_GPU = {True: 10, False: 4}
ATTENTION = 2
#: What each adapted matrix keeps of its input: the input without what its dropout dropped, and the dropout's mask (of
#: the numbers' own width on a processor, of one byte on a GPU).
DROPPED, DROPPED_GPU = 2.0, 1.5
#: TRL multiplies with the last matrix in parts: the most tokens and pieces of a part, and how many copies of it exist
#: at once in the backward pass, which Triton does in place (`trl.kernels.chunked_logprob._backward_tile`).
LOGITS_TOKENS, LOGITS_WIDTH, LOGITS_COPIES = 4096, 32768, 8.25
#: On a processor the allocator keeps a part of what is freed between the tensors that stay; measured.
SCATTERED = 1.2
#: Python, torch and the libraries around them, where their memory is that of the model (without a GPU).
LIBRARIES = 590 * 2**20


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
    """The bytes that a training holds, by part, each at its largest.

    `first`: the gradients that are there before activations go: those of the table of the logits, or, where they are
    summed up over several batches, all.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    libraries: int
    first: int = 0

    @property
    def parts(self) -> dict[str, int]:
        """The parts by name."""
        names = ("weights", "gradients", "optimizer", "activations", "logits", "libraries")
        return {name: getattr(self, name) for name in names}

    @property
    def total(self) -> int:
        """The most that is held at once: gradients come while activations go."""
        held = self.weights + self.optimizer + self.libraries
        return held + max(self.gradients, self.first + self.activations + self.logits)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a training is computed: the adapter (`full`, `lora`, `qlora`), its rank and matrices, the tokens that are
    computed at once on a device, on which one, whether activations are computed twice rather than kept, whether a step
    sums up the gradients of several batches, and how many devices share the weights."""

    adapter: str
    tokens: int
    rank: int = 0
    modules: Sequence[str] = ()
    gpu: bool = False
    checkpointing: bool = False
    summed: bool = False
    devices: int = 1


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
    """The memory of a training at its peak on each device, with so many further copies of the model to compare with."""
    trained = trained_parameters(shape, plan)
    number = 2 if plan.gpu else 4  # bytes of what is computed
    if plan.adapter == "qlora":  # packed weights are not shared
        packed = sum(inputs * outputs * count for inputs, outputs, count in shape.matrices.values())
        weights = int(packed * FOUR_BITS) + (shape.parameters - packed) * 2 + trained * 2 // plan.devices
    else:
        # Trained weights stay float32; on a GPU a copy in bfloat16 is computed with, of which devices that share them
        # have a part at a time.
        own = shape.parameters * 4 if plan.adapter == "full" else shape.parameters * number + trained * 4
        copied = plan.devices == 1 and plan.gpu and plan.adapter == "full"
        weights = own // plan.devices + (shape.parameters * 2 if copied else 0) + _gathered(shape, plan) * number
    weights += references * shape.parameters * number
    logits = min(plan.tokens, LOGITS_TOKENS) * min(shape.vocabulary, LOGITS_WIDTH) * 4
    gradients = trained * GRADIENT // plan.devices
    table = shape.vocabulary * shape.hidden * GRADIENT // plan.devices if plan.adapter == "full" else 0
    return Memory(
        weights,
        gradients,
        trained * OPTIMIZER // plan.devices,
        int(_activations(shape, plan) * number * (1 if plan.gpu else SCATTERED)),
        int(logits * (1 if plan.gpu else LOGITS_COPIES)),
        0 if plan.gpu else LIBRARIES,
        gradients if plan.summed else table,
    )


def _gathered(shape: Shape, plan: Plan) -> int:
    """The weights that a device has whole while it computes: the tables, the layer at work, and the next one."""
    layers = shape.parameters - shape.embeddings
    return 0 if plan.devices == 1 else shape.embeddings + 2 * layers // shape.layers


def _activations(shape: Shape, plan: Plan) -> float:
    """How many numbers are kept for the backward pass."""
    whole = plan.adapter == "full"
    norms = (NORMS_GPU if plan.gpu else NORMS)[whole]
    layer: float = norms * shape.hidden + ATTENTION * (shape.heads + shape.keys) + INNER[whole] * shape.inner
    if not whole:
        dropped = DROPPED_GPU if plan.gpu else DROPPED
        layer += sum(dropped * shape.matrices[n][0] + plan.rank for n in plan.modules if n in shape.matrices)
    if plan.checkpointing:
        return plan.tokens * (layer + shape.layers * shape.hidden)
    return plan.tokens * shape.layers * layer


def device_memory() -> tuple[str, int]:
    """The device that trains here, and the bytes that it has."""
    from tunec.runtime.models.device import device

    if device() == "cuda":
        import torch

        found = torch.cuda.get_device_properties(0)
        return str(found.name), int(found.total_memory)
    import os

    return "processor", os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
