"""Models in folders: a small one of random weights, with the tokenizer of the bundled model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger
from tunec.compiler.lint.check import check_spec
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.ops.models.local import local

SPEC = """
spec s(version: "1.0.0-dev", seed: 1, allow_empty: true)
source q = rows([{{instruction: "Name a tree.", response: "Oak."}}, {{instruction: "写一个词。", response: "春天"}}])
model base = local("{path}", batch_size: 2, max_tokens: 5)
generate answered from q {{ respond(base, samples: 2) }}
dataset out from [answered, q] {{ }}
"""


@pytest.fixture(scope="module")
def small(base: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from tunec.runtime.models.weights import weights_folder

    folder = tmp_path_factory.mktemp("models") / "small"
    tokenizer = AutoTokenizer.from_pretrained(weights_folder(base), local_files_only=True)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=256, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def ran(result: Result) -> Any:
    assert result.built is not None, result.problems
    return result.built


@pytest.mark.model
def test_it_answers_and_is_known_by_its_content(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "one")
    first = build(tmp_path, SPEC.format(path="one"))
    assert ran(first).ran
    answers = ledger(first, "out").filter(pl.col("parents").list.len() == 1)  # four, cut off or not
    assert answers.height == 4 and set(answers["value"].drop_nulls()) <= {"cut at max_tokens"}
    (tmp_path / "one").rename(tmp_path / "two")
    assert ran(build(tmp_path, SPEC.format(path="two"))).ran == ()
    settings = tmp_path / "two" / "generation_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "max_length": 99}))
    assert "answered" in " ".join(ran(build(tmp_path, SPEC.format(path="two"))).ran)


@pytest.mark.model
def test_a_model_in_the_cache_of_the_hub(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub.constants")
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "cache" / "models--org--small"
    shutil.copytree(small, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path / "cache"))
    spec = local(str(tmp_path / "org" / "small"))
    assert spec.id == "org/small" and spec.revision == local(str(small)).revision
    assert spec.folder.endswith(commit)
    with pytest.raises(OperatorError, match="hf download org/other --revision v2"):
        local(str(tmp_path / "org" / "other"), revision="v2")


def test_what_may_not_be_loaded(tmp_path: Path) -> None:
    def refused(words: str) -> None:
        with pytest.raises(OperatorError, match=words):
            local(str(tmp_path))

    refused("no config.json")
    (tmp_path / "config.json").write_text("{")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    refused("pickled weights are never read")
    (tmp_path / "model.safetensors").write_bytes(b"")
    refused("not valid JSON")
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Model"}}')
    refused("never run")


def test_what_is_not_there_is_told_before_the_build(tmp_path: Path) -> None:
    problems = build(tmp_path, SPEC.format(path="org/no-such-model")).problems
    assert [p.code for p in problems] == ["T603"] and "hf download org/no-such-model" in problems[0].message
    spec = tmp_path / "t.tune"
    assert not [d for d in check_spec(spec, load_catalogue()).diagnostics if d.severity == "error"]
