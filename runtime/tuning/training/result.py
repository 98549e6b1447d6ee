"""What a training leaves behind: weights, tokenizer and template, without traces of the machine it ran on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Written by the libraries beside the weights, and of no use: a model card about paths, the settings as a pickle.
UNWANTED = ("README.md", "training_args.bin")


def write(model: Any, tokenizer: Any, out: Path, base: str, weights: dict[str, Any] | None = None) -> None:
    """Write a loadable adapter, or whole weights, to `out`; `base` is the name of the model that it was made from.

    The same weights give the same bytes: keys and lists in the configuration are sorted. `weights` are those of a model
    that holds a part of them only.
    """
    out.mkdir(parents=True, exist_ok=True)
    if hasattr(model, "peft_config"):
        # Embeddings are not trained, and without this PEFT asks the hub whether they were.
        model.save_pretrained(out, save_embedding_layers=False, state_dict=weights)
    else:
        if weights is not None:  # a matrix that is shared was given under each of its names
            weights = {name: matrix for name, matrix in weights.items() if name not in model.all_tied_weights_keys}
        model.save_pretrained(out, state_dict=weights)
    tokenizer.save_pretrained(out)
    tidy(out, base)


def tidy(out: Path, base: str) -> None:
    """Take traces of the machine out of what the libraries wrote; `base` is the model that it was made from."""
    for name in UNWANTED:
        (out / name).unlink(missing_ok=True)
    _rewrite(out / "adapter_config.json", {"base_model_name_or_path": base, "revision": None})
    _rewrite(out / "config.json", {"_name_or_path": base})
    _rewrite(out / "tokenizer_config.json", {})


def _rewrite(path: Path, change: dict[str, Any]) -> None:
    if not path.exists():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    content |= {name: value for name, value in change.items() if name in content}
    for name in ("target_modules", "modules_to_save"):  # sets, whose order changes from run to run
        if isinstance(content.get(name), list):
            content[name] = sorted(content[name])
    path.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
