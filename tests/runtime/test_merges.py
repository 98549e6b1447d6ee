"""Models that cannot be merged, and a build in which a merged model is made, measured and published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build
from tests.ops.merging.tiny import PIECES, merged, model, tokenizer
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.linear import linear
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.lineage import lineage
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.verify import verify

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = rows([{instruction: "Name a colour.", response: "红色。"}], license: "MIT")
source more = rows([{instruction: "What is 1 + 1?", response: "It is 2."}], license: "CC-BY-4.0")
benchmark quiz = rows([{question: "Which is a fruit?", choices: ["oak", "apple"], answer: "apple"}])
model base = bundled("smollm2-135m-instruct")
dataset clean from more { decontaminate(against: quiz) { exact() } }
train first from base on tasks {
    lora(rank: 2, alpha: 4)
    sft(epochs: 2, batch_size: 1, warmup: 0, max_length: 64, learning_rate: 1e-3)
}
train second from base on clean {
    lora(rank: 2, alpha: 4)
    sft(epochs: 2, batch_size: 1, warmup: 0, max_length: 64, learning_rate: 1e-3)
}
merge blend from [first, second] { slerp(t: 0.5) }
train third from blend on clean {
    lora(rank: 2, alpha: 4)
    sft(epochs: 2, batch_size: 1, warmup: 0, max_length: 64, learning_rate: 1e-3)
}
evaluate scores of [first, blend, third] { perplexity(on: tasks) }
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    for package in ("torch", "transformers"):
        pytest.importorskip(package)
    return model(tmp_path_factory.mktemp("first"), 1)


def refused(first: ModelSpec, other: ModelSpec, folder: Path) -> str:
    with pytest.raises(OperatorError) as error:
        merged(linear(), [first, other], folder)
    return str(error.value)


def test_other_shapes(shared: ModelSpec, tmp_path: Path) -> None:
    told = refused(shared, model(tmp_path / "b", 2, intermediate_size=24), tmp_path)
    assert "have weights of different shapes: `model.layers.0.mlp.down_proj.weight` is 8×16 and 8×24" in told
    assert f"{1:016x}" in told  # what the engine puts the name in the place of


def test_fewer_layers(shared: ModelSpec, tmp_path: Path) -> None:
    told = refused(shared, model(tmp_path / "b", 2, num_hidden_layers=1), tmp_path)
    assert "`model.layers.1.input_layernorm.weight` is 8 and absent" in told


def test_another_architecture(shared: ModelSpec, tmp_path: Path) -> None:
    other = model(tmp_path / "b", 2)
    config = tmp_path / "b" / "config.json"
    config.write_text(config.read_text().replace("LlamaForCausalLM", "MistralForCausalLM"))
    told = refused(shared, other, tmp_path)
    assert "are of different architectures (LlamaForCausalLM, MistralForCausalLM) and cannot be merged" in told


def test_another_tokenizer(shared: ModelSpec, tmp_path: Path) -> None:
    other = model(tmp_path / "b", 2, own=tokenizer((*PIECES[:-2], "one", "绿")))
    assert "have different tokenizers (2 pieces differ, `one` for instance)" in refused(shared, other, tmp_path)


def test_another_template_is_told(shared: ModelSpec, tmp_path: Path) -> None:
    pytest.importorskip("mergekit")
    other = model(tmp_path / "b", 2, own=tokenizer(template="{% for m in messages %}{{ m.content }}<e>{% endfor %}"))
    (tmp_path / "out").mkdir()
    (tmp_path / "work").mkdir()
    done = linear().merge([shared, other], tmp_path / "out", tmp_path / "work", 1)
    assert [n.split(" have ")[1] for n in done.notes] == [
        f"different chat templates: the merged model has that of {1:016x}"
    ]
    assert "role" in (tmp_path / "out" / "chat_template.jinja").read_text()


@pytest.mark.model
def test_a_merge_is_built_measured_and_published(tiny_base: Path, tmp_path: Path) -> None:
    pytest.importorskip("mergekit")
    built = build(tmp_path, SPEC)
    assert built.built is not None and built.built.published is not None, built.problems
    out = built.built.published.out
    files = {path.name for path in (out / "models" / "blend").iterdir()}
    assert files >= {"model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja", "mergekit_config.yml"}
    text = (out / "models" / "blend" / "mergekit_config.yml").read_text()
    assert "model: first" in text and "base_model: first" in text and "model: second" in text
    scores = json.loads((out / "evaluations" / "scores.json").read_text())[0]["models"]
    assert scores["blend"]["perplexity"] != scores["first"]["perplexity"]
    # A merged model is the base of a training: its adapter stands on the merged weights.
    assert "adapter_model.safetensors" in {path.name for path in (out / "models" / "third").iterdir()}
    assert scores["third"]["perplexity"] not in (scores["blend"]["perplexity"], scores["first"]["perplexity"])
    assert not [check for check in verify(out) if check.problems]
    found = lineage(manifest_of(out), "blend")
    assert [(a.depth, a.name, a.made, a.rows, a.checked, a.licences) for a in found] == [
        (0, "blend", "merge", "", (), ()),
        (1, "first", "train", "tasks", (), ("MIT",)),
        (2, "base", "model", "", (), ()),
        (1, "second", "train", "clean", ("quiz",), ("CC-BY-4.0",)),
    ]
    assert [a.name for a in lineage(manifest_of(out), "third")][:2] == ["third", "blend"]
    page = render_report(out)
    assert "no benchmark" in page and "Merged with <code>slerp</code>" in page
