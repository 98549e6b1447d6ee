"""Models with an extended tokenizer: rows of embeddings for the new pieces, and their training beside an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunec.runtime.tuning.tokenizing.extension import Extension, read


def widen(model: Any, folder: Path) -> None:
    """Give a model embeddings for the new pieces of the tokenizer in a folder. Those of old ones stay as they are."""
    import torch

    extension = read(folder)
    tables = {id(table.weight): table for table in _tables(model)}
    if extension.size > next(iter(tables.values())).weight.shape[0]:
        model.resize_token_embeddings(extension.size, mean_resizing=False)
    with torch.no_grad():
        for table in {id(table.weight): table for table in _tables(model)}.values():
            table.weight[extension.first : extension.size] = _rows(table.weight, extension, model.config)


def with_new_pieces(peft_config: Any, model: Any, folder: Path) -> Any:
    """An adapter's configuration that trains the embeddings of new pieces as well: of all pieces where the tokenizer
    says so. None stays None: then all weights are trained."""
    if peft_config is None:
        return None
    extension = read(folder)
    names = [name for name, module in model.named_modules() if any(module is table for table in _tables(model))]
    last = [name.rpartition(".")[2] for name in names]
    tied = len({id(table.weight) for table in _tables(model)}) == 1
    if extension.trained == "all":
        peft_config.modules_to_save = sorted(set(last))
        peft_config.ensure_weight_tying = tied
        return peft_config
    new = list(range(extension.first, extension.size))
    # PEFT trains a tied table once, under the name of the embeddings.
    peft_config.trainable_token_indices = dict.fromkeys(last[:1] if tied else last, new)
    return peft_config


def without_bias(model: Any) -> None:
    """Let TRL ask for the bias of a table whose new rows PEFT trains: the wrapper around it has none to show."""
    for module in model.modules():
        if type(module).__name__ == "TrainableTokensWrapper":
            module.bias = None


def _tables(model: Any) -> list[Any]:
    """The tables of a model with a row for each piece: embeddings, and what gives the logits."""
    return [table for table in (model.get_input_embeddings(), model.get_output_embeddings()) if table is not None]


def _rows(weight: Any, extension: Extension, config: Any) -> Any:
    """How the rows of new pieces begin."""
    import torch

    old = weight[: extension.first].float()
    if extension.embeddings == "mean":
        rows = torch.stack([old[list(parts)].mean(0) for parts in extension.parts])
    elif extension.embeddings == "all":
        rows = old.mean(0, keepdim=True).expand(len(extension.parts), -1)
    else:
        generator = torch.Generator().manual_seed(0)
        deviation = float(getattr(config, "initializer_range", 0.02))
        rows = torch.randn(len(extension.parts), old.shape[1], generator=generator) * deviation
    return rows.to(weight.dtype).to(weight.device)
