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
    drawn = [(_share(seed, name), text) for name, text in zip(rows["id"], texts, strict=True) if text]
    learned, held_out = parted(drawn, bpe.held_out)
    if not learned:
        raise OperatorError(f"{len(drawn)} rows with text are too few: one has to be held out, to measure by")
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


def parted(drawn: list[tuple[float, str]], share: float) -> tuple[list[str], list[str]]:
    """The texts that are learned from and those that are held out: where what was drawn is less than a share. Of few
    texts one at least is either; of a single one none is learned from."""
    order = sorted(draw for draw, _ in drawn)
    least = order[0] if order else 0.0
    most = order[-1] if order else 0.0
    held = [draw == least or (draw < share and draw != most) for draw, _ in drawn]
    learned = [text for (_, text), out in zip(drawn, held, strict=True) if not out]
    return learned, [text for (_, text), out in zip(drawn, held, strict=True) if out]


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
