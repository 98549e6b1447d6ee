"""A trained model as others load it: its adapter, merged weights, a GGUF file; and its card."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.building import build
from tunec.main import app
from tunec.runtime.exchange.data import ExchangeError
from tunec.runtime.exchange.models import export_model, spec_of
from tunec.runtime.models.local import fresh
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.why import dropped_by, rules_of

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("base")]

SPEC = """spec t(version: "1.0.0", license: "MIT")
source tasks = rows([
    {instruction: "天空是什么颜色？", response: "蓝色。"},
    {instruction: "Say <|im_end|> now.", response: "No."}
])
benchmark quiz = rows([{question: "What is the capital of France, the country in Europe?", choices: ["Paris", "Rome"], answer: "Paris"}])
model base = bundled("smollm2-135m-instruct")
dataset chat from tasks { decontaminate(against: quiz) { exact() } }
train tuned from base on chat { lora(rank: 2) sft(epochs: 1, learning_rate: 1e-2, max_length: 64, allow: [control_token]) }
"""  # noqa: E501


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version with a model that one step was trained."""
    result = build(tmp_path_factory.mktemp("trained"), SPEC)
    assert result.built is not None and result.built.published is not None, result.problems
    return result.built.published.out


def test_a_card_tells_data_proof_and_contamination(version: Path) -> None:
    card = (version / "models/tuned/README.md").read_text(encoding="utf-8")
    assert card.startswith('---\nmodel_name: "tuned"\n') and '"tunec"' in card
    assert "| tuned | train | chat | quiz |" in card and "`smollm2-135m-instruct`" in card
    assert "2 rows were checked as the trainer saw them" in card and "| tasks | `control_token` | 1 |" in card
    assert "compared with quiz" in card and "Not evaluated in this version." in card


def test_every_form_holds_the_same_model(version: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = export_model(version, "adapter", tmp_path / "adapter")
    assert {"adapter_model.safetensors", "README.md"} <= {name for name, _ in adapter.files}
    export_model(version, "merged", tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", local_files_only=True)
    ids = AutoTokenizer.from_pretrained(tmp_path / "merged")("天空是什么颜色？", return_tensors="pt")["input_ids"]
    export_model(version, "gguf", tmp_path / "gguf")
    packed: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "gguf", gguf_file="tuned.gguf", dtype=torch.float32)
    with torch.no_grad():
        wanted, found = merged(ids).logits.log_softmax(-1), packed(ids).logits.log_softmax(-1)
    assert (wanted - found).abs().max() < 0.1  # float16 beside float32
    assert (wanted.argmax(-1) == found.argmax(-1)).all()


def test_rows_that_fail_the_proof_are_in_the_ledger_by_the_name_of_the_check(version: Path) -> None:
    [life], counts = dropped_by(version, "control_token")
    assert counts == {"tuned: train control token in the text": 1}
    assert (life.dataset, life.verdict, life.name, life.value) == ("tuned", "dropped", "control_token", "<|im_end|>")
    assert life.prompt == "Say <|im_end|> now." and life.place == "t.tune:9:1"
    assert "control_token" in rules_of(version)
    [step] = [step for step in manifest_of(version)["steps"] if "proof" in step]
    assert [(line["check"], line["rows"]) for line in step["proof"]["failed"]] == [("control_token", 1)]
    assert "Proof of training" in render_report(version)


def test_what_is_not_there_is_said(version: Path, tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="no model `other`; it has `tuned`"):
        export_model(version, "merged", tmp_path, "other")


LOCAL = """spec t(version: "1.0.0", license: "MIT")
source texts = rows([TEXTS], license: "MIT")
model base = local("mine")
tokenizer wide from base on texts { train_bpe(vocab: 4, least: 1) extend() }
dataset few from texts { select(2, by: random()) }
train tuned from base on few with wide { lora(rank: 2) pretrain(epochs: 1, batch_size: 1, max_length: 16) }
"""


TEXTS = ", ".join(f'{{text: "{n} 训练数据的质量"}}' for n in range(24))


def test_a_base_in_a_folder_and_new_pieces_are_merged(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    shutil.copytree(tiny_weights, tmp_path / "mine")
    result = build(tmp_path, LOCAL.replace("TEXTS", TEXTS))
    assert result.built is not None and result.built.published is not None, result.problems
    version = result.built.published.out
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [words[0], str(version), *words[1:]])

    assert run("export", "--to", "merged", "--model", "tuned", "--out", "whole").exit_code == 0
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "whole", local_files_only=True)
    assert merged.config.vocab_size == 49152 + 4
    own, ids = fresh(spec_of(version, manifest_of(version), "tuned"))[0], torch.tensor([[5, 49153, 49155]])
    assert (own(ids).logits - merged(ids).logits).abs().max() < 1e-5
    told = run("push", "me/small", "--model", "tuned", "--dry-run")
    assert "is an adapter with new pieces, for which its base has no embeddings: push it with --merged" in told.output
    assert "choose it with --model" in run("export", "--to", "merged", "--dataset", "tuned").output
    (tmp_path / "mine/generation_config.json").write_text("{}")
    assert "the base `mine` has changed since" in run("export", "--to", "merged").output
    monkeypatch.chdir(tmp_path / "whole")
    assert "run this in the folder of the spec" in run("export", "--to", "merged").output
