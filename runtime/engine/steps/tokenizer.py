"""A tokenizer: the one of a model, with pieces that are frequent in rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Ref, expect
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.step import NodeKind, StepContext


def _tokenizer(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    from transformers import AutoTokenizer

    from tunec.runtime.models.local import opened_tokenizer
    from tunec.runtime.rows.frame import derived
    from tunec.runtime.tuning.tokenizing.extension import Bpe, Extend, write

    binder = context.binder(node)
    bpe: Bpe = binder.bound(expect(Call, node.params["train_bpe"])).call()
    stated = node.params["extend"]
    extend: Extend = binder.bound(expect(Call, stated)).call() if stated is not None else Extend()
    base: ModelSpec = context.resolve(expect(Ref, node.params["base"]).node)
    rows = context.results.rows(node.inputs[1])
    kind = context.results.plan.graph.node(node.inputs[1]).rows or RowType.TEXT
    texts = rows.select(derived(kind, "text"))[:, 0].fill_null("").to_list()
    seed = seed_of("tokenizer", node.params)
    apart = [_share(seed, name) < bpe.held_out for name in rows["id"]]
    learned = [text for text, held in zip(texts, apart, strict=True) if not held and text]
    held_out = [text for text, held in zip(texts, apart, strict=True) if held and text]
    if not learned or not held_out:
        raise OperatorError(f"{len(texts)} rows are too few: some have to be held out, to measure the tokenizer")
    old = opened_tokenizer(base)[0]
    out = folder / "tokenizer"
    out.mkdir()
    made = write(old, learned, bpe, extend, out, context.reporter.progress)
    new = AutoTokenizer.from_pretrained(out, local_files_only=True)
    characters = sum(map(len, held_out))
    before, after = (sum(len(t(text, add_special_tokens=False)["input_ids"]) for text in held_out) for t in (old, new))
    found = {
        **made,
        "learned_from": len(learned),
        "held_out": len(held_out),
        "characters": characters,
        "tokens_before": before,
        "tokens_after": after,
        "before": before / characters,
        "after": after / characters,
    }
    (folder / "measured.json").write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    return found


def _share(seed: int, name: str) -> float:
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest(), "big") / 2**64


def _folder(context: StepContext, node: Node) -> str:
    """The folder of the tokenizer."""
    return str(context.results.folder(node.id) / "tokenizer")


KIND = NodeKind(
    "tokenizer",
    files=_tokenizer,
    stands_for=_folder,
    told=lambda info: f"{info['pieces']:,} new pieces, {info['before']:.3f} → {info['after']:.3f} tokens a character",
)
