"""Push of models, against a stand-in of the hub on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.building import build
from tests.hub import Hub, as_user, hub
from tunec.main import app
from tunec.runtime.models import local, weights

pytestmark = pytest.mark.model

SPEC = """
spec t(version: "1.0.0", seed: 1, license: "MIT")
source tasks = rows([{instruction: "Name a colour.", response: "红色。"}], license: "MIT")
model base = bundled("smollm2-135m-instruct")
train first from base on tasks { lora(rank: 2) sft(epochs: 1, batch_size: 1, max_length: 64) }
train second from first on tasks { lora(rank: 2) sft(epochs: 1, batch_size: 1, max_length: 64) }
"""


@pytest.fixture(scope="module")
def version(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A version with two models, trained from tiny weights that stand for the bundled ones."""
    local._load.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "bundled_folder", lambda spec, cache=None: tiny_weights)
        built = build(tmp_path_factory.mktemp("version"), SPEC).built
        assert built is not None and built.published is not None
        yield built.published.out
    local._load.cache_clear()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub() as running:
        as_user(running, monkeypatch)
        yield running


def push(version: Path, *words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["push", str(version), "me/small", *words])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_an_adapter_goes_with_its_card_and_whole_weights_take_its_place(
    server: Hub, version: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    told = push(version, "--model", "first", "--dry-run").stdout
    assert "would upload" in told and "other weights on the branch" in told and server.requests == []
    done = json.loads(push(version, "--model", "first", "--json").stdout)
    assert done["url"] == f"{server.url}/me/small" and done["tag"] == "1.0.0" and done["private"]
    there = server.content("models/me/small", "1.0.0")
    ours = {p.name: p.read_bytes() for p in (version / "models/first").iterdir()}
    assert {name: there[name] for name in ours} == ours and b"# first" in ours["README.md"]
    assert json.loads(push(version, "--model", "first", "--json").stdout)["sent"] == []
    # Another model under the same number is refused, and so is an adapter of what nobody else has.
    assert "has a version 1.0.0 with other files" in push(version, "--model", "second", "--merged", code=3).output
    assert "is an adapter of `first`, which others do not have: push it with --merged" in (
        push(version, "--model", "second", code=2).output
    )
    server.repositories["models/me/small"].tags.clear()
    done = json.loads(push(version, "--model", "second", "--merged", "--json").stdout)
    assert done["deleted"] == ["adapter_config.json", "adapter_model.safetensors"]
    for name, data in server.content("models/me/small").items():
        (tmp_path / name).write_bytes(data)
    AutoModelForCausalLM.from_pretrained(tmp_path, local_files_only=True)


def test_what_cannot_be_pushed_is_said(version: Path) -> None:
    assert "no model `third`; it has `first`, `second`" in push(version, "--model", "third", code=2).output
    assert "--merged needs --model" in push(version, "--merged", code=2).output
    assert "give --dataset or --model, not both" in push(version, "--dataset", "a", "--model", "b", code=2).output
