"""A build that extends a tokenizer, trains with it, and measures; and mistakes that are told before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build
from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.verify import verify

PHRASES = ("模型的训练数据", "训练数据的质量很重要", "大模型需要数据", "数据质量决定模型的能力", "训练模型需要时间")
ROWS = ", ".join(f'{{instruction: "说明第{n}点：{p}", response: "{p}。"}}' for n in range(8) for p in PHRASES)
SPEC = f"""
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source chat = rows([{ROWS}], license: "MIT")
model base = bundled("smollm2-135m-instruct")
tokenizer wide from base on chat {{
    train_bpe(vocab: 30)
    extend(embeddings: mean)
}}
train thin from base on chat with wide {{
    lora(rank: 2, alpha: 4)
    sft(epochs: 1, batch_size: 8, warmup: 0, max_length: 128, learning_rate: 1e-2)
}}
train whole from base on chat with wide {{
    full()
    sft(epochs: 1, batch_size: 8, warmup: 0, max_length: 128, learning_rate: 1e-3)
}}
evaluate scores of [base, thin, whole] {{ perplexity(on: chat) }}
"""


@pytest.mark.model
def test_a_tokenizer_is_built_and_trained_with(
    tiny_base: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    from safetensors.numpy import load_file
    from transformers import AutoTokenizer

    built = build(tmp_path, SPEC).built
    assert built is not None and built.published is not None
    assert not [warning for warning in recwarn if "save_embedding_layers" in str(warning.message)]
    out = built.published.out
    measured = json.loads((out / "tokenizers" / "wide" / "measured.json").read_text())
    assert measured["pieces"] == 30 and measured["after"] < 0.8 * measured["before"]
    assert measured["held_out"] + measured["learned_from"] == 40 and measured["held_out"] > 0
    summary = list(kind_of("tokenizer").summary(out, "wide"))  # type: ignore[misc]
    assert "30 new pieces" in summary[0] and "tokens a character on" in summary[1]
    size = measured["vocabulary"]
    for name in ("thin", "whole"):
        assert len(AutoTokenizer.from_pretrained(out / "models" / name)) == size
    old = load_file(tiny_base / "model.safetensors")["model.embed_tokens.weight"]
    whole = load_file(out / "models" / "whole" / "model.safetensors")["model.embed_tokens.weight"]
    assert whole.shape == (size, old.shape[1])
    thin = load_file(out / "models" / "thin" / "adapter_model.safetensors")
    new = [tensor for key, tensor in thin.items() if "trainable_tokens" in key]
    assert [tensor.shape for tensor in new] == [(30, old.shape[1])]
    scores = json.loads((out / "evaluations" / "scores.json").read_text())[0]["models"]
    assert scores["thin"]["tokens"] < scores["base"]["tokens"]
    assert scores["thin"]["tokens"] == scores["whole"]["tokens"]
    assert "tokens a character" in render_report(out)
    assert not [check for check in verify(out) if check.problems]


def found(folder: Path, text: str) -> list[tuple[str, str]]:
    head = 'source a = rows([{instruction: "Say hello.", response: "Hello!"}])\n'
    head += 'model base = bundled("smollm2-135m-instruct")\nmodel far = openai("x")\n'
    diagnostics = check_spec(folder / "a.tune", load_catalogue(), text=head + text).diagnostics
    return [(d.code, d.message) for d in diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("tokenizer w from base on a { extend() }", "T202", "`tokenizer w` has no new pieces"),
        ("tokenizer w from base on a { train_bpe() }", "T202", "`train_bpe` needs the argument `vocab: int`"),
        ("tokenizer w from base on a { train_bpe(vocab: 0) }", "T201", "`vocab` of `train_bpe` must be at least 1"),
        ("tokenizer w from base on a { train_bpe(vocab: 5) train_bpe(vocab: 6) }", "T102", "more than one `train_bpe`"),
        ("tokenizer w from base on a { unigram() }", "T103", "unknown stage of a tokenizer `unigram`"),
        ("tokenizer w from far on a { train_bpe(vocab: 5) }", "T208", "this model is behind a server"),
        ("train t from base on a with base { full() sft() }", "T208", "expected the name of a tokenizer, found model"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, code: str, message: str) -> None:
    errors: Any = found(tmp_path, text)
    assert any(c == code and message in m for c, m in errors), errors
