"""Language models that run here, through transformers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunec.runtime.base.method import Answer, Message, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.chat import render, tokens
from tunec.runtime.models.device import generates_in, prepare
from tunec.runtime.models.stopping import StopTexts, cut
from tunec.runtime.models.weights import weights_folder


@dataclass(frozen=True)
class LocalModel:
    """A loaded model. `model` is transformers' (with PEFT's adapter in it), in evaluation mode, `tokenizer` its own."""

    model: Any
    tokenizer: Any

    def answer(self, requests: Sequence[Request], sampling: Sampling, seed: int) -> list[Answer]:
        """One answer a request, in order: the whole batch is sampled together, from one seed.

        The answers depend on the batch as it is (`docs/semantics.md`): its order, and who else is in it. OperatorError
        where a prompt and `max_tokens` do not fit into the model's context.
        """
        import torch

        if not requests:
            return []
        prompts = [self._ids(request.prompt) for request in requests]
        self._check_fit(prompts, sampling)
        width = max(len(ids) for ids in prompts)
        # Padding on the left: every row's next token is then the last column.
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.tokenizer.eos_token_id
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in prompts], device=self.model.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts], device=self.model.device)
        stop = StopTexts(self.tokenizer, sampling.stop, width)
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(seed % 2**63)
            output = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self._generation(sampling, pad),
                stopping_criteria=[stop] if sampling.stop else [],
            )
        return [
            self._read(row, len(prompt), sampling)
            for row, prompt in zip(output[:, width:].tolist(), prompts, strict=True)
        ]

    def fits(self, request: Request, sampling: Sampling) -> bool:
        """Whether the request and an answer as long as `sampling` allows fit into the model's context."""
        return 0 < len(self._ids(request.prompt)) <= self.context - sampling.max_tokens

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        configured = self.model.generation_config.eos_token_id
        several = configured if isinstance(configured, list) else [configured]
        return frozenset(token for token in (*several, self.tokenizer.eos_token_id) if token is not None)

    @property
    def context(self) -> int:
        """How many tokens the model can look at."""
        return int(getattr(self.model.config, "max_position_embeddings", 2**31))

    def _ids(self, prompt: str | tuple[Message, ...]) -> list[int]:
        if isinstance(prompt, str):
            ids: list[int] = self.tokenizer(prompt)["input_ids"]
            return ids
        return tokens(self.tokenizer, render(self.tokenizer, prompt, answer=True))

    def _check_fit(self, prompts: list[list[int]], sampling: Sampling) -> None:
        longest = max(len(ids) for ids in prompts)
        if min(len(ids) for ids in prompts) == 0:
            raise OperatorError("a request is empty")
        if longest + sampling.max_tokens > self.context:
            raise OperatorError(
                f"a prompt of {longest} tokens and an answer of up to {sampling.max_tokens} do not fit into the "
                f"model's {self.context}: lower `max_tokens` or the number of demonstrations"
            )

    def _generation(self, sampling: Sampling, pad: int) -> Any:
        from transformers import GenerationConfig

        greedy = sampling.temperature == 0
        return GenerationConfig(
            do_sample=not greedy,
            temperature=1.0 if greedy else sampling.temperature,
            top_p=1.0 if greedy else sampling.top_p,
            # Stated, because transformers takes what is not from the model's own preferences.
            top_k=0,
            repetition_penalty=1.0,
            num_beams=1,
            max_new_tokens=sampling.max_tokens,
            eos_token_id=sorted(self.ends),
            pad_token_id=pad,
            use_cache=True,
        )

    def _read(self, row: list[int], prompt_tokens: int, sampling: Sampling) -> Answer:
        end = next((place for place, token in enumerate(row) if token in self.ends), None)
        kept = row if end is None else row[:end]
        text, count, stopped = cut(self.tokenizer, kept, sampling.stop)
        if stopped:
            return Answer(text, "stop", prompt_tokens, count)
        if end is not None:
            return Answer(text, "stop", prompt_tokens, end + 1)
        return Answer(text, "length", prompt_tokens, len(row))


def load(spec: ModelSpec, cache: Path | None = None, *, quick: bool = False) -> LocalModel:
    """The model of a spec, loaded once a process; `cache` holds weights that were made ready (`weights_folder`).

    `quick`: in the number format that answers are sampled in (`generates_in`), for generation; measures want float32.
    """
    # How a model answers is said with each request: only what is computed with tells loaded models apart.
    return _load(replace(spec, options=()), cache, quick and generates_in() == "bfloat16")


def forget() -> None:
    """Let go of the models that `load` keeps."""
    _load.cache_clear()


@functools.lru_cache(maxsize=4)
def _load(spec: ModelSpec, cache: Path | None, quick: bool) -> LocalModel:
    model, tokenizer = fresh(spec, cache)
    if quick:
        import torch

        model = model.to(torch.bfloat16)
    return LocalModel(model.eval(), tokenizer)


def on_top(base: ModelSpec, trained: Path) -> ModelSpec:
    """The model with what was trained on top of it. All else is the base's: an adapter on a model in a folder needs
    that folder to be loaded."""
    return replace(base, adapter=str(trained), under=(*base.under, base.adapter) if base.adapter else base.under)


def is_adapter(spec: ModelSpec) -> bool:
    """Whether what was trained is an adapter beside the weights, rather than whole weights."""
    return bool(spec.adapter) and (Path(spec.adapter) / "adapter_config.json").exists()


def fresh(spec: ModelSpec, cache: Path | None = None, *, half: bool = True, merged: bool = False) -> tuple[Any, Any]:
    """Model and tokenizer as transformers has them, newly loaded (`opened_model`)."""
    return opened_model(spec, cache, half=half, merged=merged), opened_tokenizer(spec, cache)[0]


def opened_model(
    spec: ModelSpec,
    cache: Path | None = None,
    *,
    half: bool = True,
    merged: bool = False,
    quantization: Any = None,
    whole: bool = True,
) -> Any:
    """A model as transformers has it, newly loaded: for training, which changes what it is given.

    `half`: on a GPU the weights are bfloat16, else they are float32 everywhere. `merged`: adapters become part of the
    weights, so that what is trained next stands on them. `quantization`: how transformers packs the weights. `whole`:
    the model is for the device; else it stays in main memory, from where several devices take their parts.
    """
    where = prepare()
    import torch
    from transformers import AutoModelForCausalLM

    folder, adapters = layers(spec, cache)
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16 if half and where.type == "cuda" else torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        **(packed(quantization) if quantization is not None else {}),
    )
    if spec.tokenizer:
        from tunec.runtime.tuning.tokenizing.widened import widen

        widen(model, Path(spec.tokenizer))
    for number, adapter in enumerate(adapters):
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
        if merged or number < len(adapters) - 1:
            model = model.merge_and_unload()
    return model.to(where) if whole and quantization is None else model


def packed(quantization: Any) -> dict[str, Any]:
    """How transformers packs weights, which are loaded onto the GPU of this process."""
    import torch

    return {"quantization_config": quantization, "device_map": {"": torch.cuda.current_device()}}


def opened_tokenizer(spec: ModelSpec, cache: Path | None = None) -> tuple[Any, Path]:
    """The tokenizer of a model, newly loaded, and the folder of the weights, which says what generation stops at."""
    prepare()
    from transformers import AutoTokenizer

    folder, adapters = layers(spec, cache)
    own = Path(spec.tokenizer) if spec.tokenizer else adapters[-1] if adapters else folder
    return AutoTokenizer.from_pretrained(own, local_files_only=True), folder


def layers(spec: ModelSpec, cache: Path | None = None) -> tuple[Path, list[Path]]:
    """The folder of the whole weights that a model stands on, and the adapters that lie on them, the last on top."""
    folders = [Path(name) for name in (*spec.under, spec.adapter) if name]
    whole = [number for number, folder in enumerate(folders) if not (folder / "adapter_config.json").exists()]
    if not whole:
        return weights_folder(spec, cache), folders
    return folders[whole[-1]], folders[whole[-1] + 1 :]
