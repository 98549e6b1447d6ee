"""How a generated row was made: from which rows, and what was asked and answered on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.engine import talks
from tunec.runtime.store.files import within

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Talk:
    """A request, and what a model answered. A prompt is raw text, or messages as JSON."""

    model: str
    prompt: str
    answer: str
    reasoning: str


@dataclass(frozen=True, slots=True)
class Made:
    """What a row was made from: texts of seed rows and of rows made before, by id, and the requests in order."""

    parents: tuple[tuple[str, str], ...] = ()
    asked: tuple[Talk, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """A round in which a generation made more rows for a stage: the stage's node, and the round in words."""

    node: str
    told: str


def round_of(line: Mapping[str, Any], manifest: Mapping[str, Any]) -> Round | None:
    """The round that a row of a ledger was made in; None for rows of the generation itself, and of sources."""
    for step in manifest["steps"]:
        for account in step.get("nodes", ()):
            for told in account.get("rounds", ()):
                if told["origin"] == line["origin"] and told["from"] <= line["position"] < told["to"]:
                    name = account["op"].split(".")[-1]
                    said = f"round {told['round']} of `{name}`, for {told['missing']:,} missing rows"
                    return Round(step["ids"][-1], said)
    return None


def making(line: Mapping[str, Any], manifest: Mapping[str, Any], steps: Path) -> Made:
    """How a row of a ledger was made; nothing where it was not, or where the store no longer has what tells it."""
    import polars as pl

    node = manifest["nodes"].get(line["origin"], {}).get("id", "")
    inputs = {n["id"]: n["inputs"] for n in manifest["graph"]["nodes"] if n["op"] == "generate"}
    if node not in inputs:
        return Made()
    position = pl.lit(line["position"])
    of_round = round_of(line, manifest)
    asked = _read(manifest, node if of_round is None else of_round.node, steps, talks.FILE)
    of_row = None if asked is None else asked.filter((pl.col("from") <= position) & (position < pl.col("to"))).collect()
    found = () if of_row is None else tuple(
        Talk(t["model"], t["prompt"], t["answer"], t["reasoning"]) for t in of_row.iter_rows(named=True)
    )  # fmt: skip
    texts: dict[str, str] = {}
    for of in (*inputs[node], node):
        rows = _read(manifest, of, steps, "rows.parquet") if line["parents"] else None
        if rows is not None and "id" in rows.collect_schema().names():
            for row in rows.filter(pl.col("id").is_in(line["parents"])).collect().iter_rows(named=True):
                texts.setdefault(row["id"], _text(row))
    return Made(tuple((id, texts.get(id, "")) for id in line["parents"]), found)


def _read(manifest: Mapping[str, Any], node: str, steps: Path, file: str) -> pl.LazyFrame | None:
    """A file of the step that ends with a node, if the store has it."""
    import polars as pl

    for step in manifest["steps"]:
        if node in step["ids"]:
            path = within(steps, f"{step['fingerprint'][:2]}/{step['fingerprint']}/{file}")
            return pl.scan_parquet(path, glob=False) if path.is_file() else None
    return None


def _text(row: Mapping[str, Any]) -> str:
    """What a row asks, or its text."""
    text = next((row[name] for name in ("instruction", "text", "question") if row.get(name)), None)
    messages = row.get("messages") or row.get("prompt") or ()
    turns = [m["content"] for m in messages if isinstance(m, dict) and m.get("content") and m["role"] == "user"]
    return str(text or (turns[-1] if turns else ""))
