"""The rows that a report lets people browse: a sample of what was kept and of what every rule dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.rows import messages
from tunec.runtime.rows.frame import derived
from tunec.runtime.versions.rules import shown, shown_threshold, shown_value
from tunec.runtime.versions.sampled import data_set, sampled

if TYPE_CHECKING:
    from tunec.runtime.rows.portions import Stored

KEPT = 500  # rows of a data set
DROPPED = 200  # rows of a rule
_TEXT = 1_600  # characters of a text
#: Bytes that all rows together may take: a report of any size opens at once.
_BYTES = 1_400_000


def browsed(version: Path, names: list[str], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The rows to browse, and how many there are of how many. Every rule that dropped rows is among them."""
    from tunec.runtime.rows.portions import GROUP, Stored

    rows, total = [], 0
    for name in names:
        ledger = Stored.of(version / "ledger" / f"{name}.parquet", GROUP)
        total += ledger.height
        rows += [*_dropped(name, ledger, manifest), *_kept(name, version, ledger, manifest)]
    few, size = [], 0
    # What is cut off for its size is spread over all of them.
    for row in sorted(rows, key=lambda r: (r["turn"], r["id"])):
        size += len(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > _BYTES:
            break
        few.append({k: v for k, v in row.items() if k != "turn" and v not in (None, "")})
    return {"rows": few, "total": total}


def _dropped(name: str, ledger: Stored, manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    import polars as pl

    lines = pl.scan_parquet(ledger.path, glob=False).select("verdict", "id", "node", "rule").with_row_index("line")
    gone = lines.filter(pl.col("verdict") != "kept").drop("verdict").collect().sort("id", maintain_order=True)
    turn = pl.int_range(pl.len()).over("node", "rule").alias("turn")
    few = gone.with_columns(turn).filter(pl.col("turn") < DROPPED)
    for line in ledger.at(few["line"].to_numpy()).with_columns(few["turn"]).iter_rows(named=True):
        known = manifest["nodes"].get(line["node"] or "", {})
        rule = manifest["rules"].get(line["node"] or "", {}).get(line["rule"] or "", {})
        yield {
            **_head(name, line, manifest),
            "state": "dropped",
            "by": known.get("op", "").split(".")[-1],
            "rule": shown(manifest, line["node"], line["rule"]),
            "value": shown_value(manifest, line["value"]),
            "limit": shown_threshold(manifest, line["node"], line["rule"], line["threshold"] or ""),
            "place": rule.get("place") or known.get("place", ""),
            "partner": _cut(line["partner_text"]),
            "turns": _plain(line["prompt"], line["response"]),
            "turn": line["turn"],
        }


def _kept(name: str, version: Path, ledger: Stored, manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    import polars as pl

    data = data_set(version, name, manifest)
    kind = data.kind
    rows = sampled(data).head(KEPT)
    places = (
        pl.scan_parquet(ledger.path, glob=False)
        .filter(pl.col("id").is_in(rows["id"].implode()) & (pl.col("verdict") == "kept"))
        .select("id", "origin", "position")
        .collect()
        .unique(["id", "origin"], keep="first", maintain_order=True)
    )
    rows = rows.join(places, on=["id", "origin"], how="left", maintain_order="left")
    fields = [f for f in ("prompt", "response", "chosen", "rejected", "text") if _has(kind, f)]
    texts = rows.select(derived(kind, f).alias(f) for f in fields)
    for turn, (line, words) in enumerate(zip(rows.iter_rows(named=True), texts.iter_rows(named=True), strict=True)):
        yield {
            **_head(name, line, manifest),
            "state": "kept",
            "turns": _turns(kind, line, words),
            "tools": _cut(line.get("tools")) if "tools" in CONTENT[kind] else None,
            "turn": turn,
        }


def _has(kind: RowType, field: str) -> bool:
    from tunec.compiler.types import FIELDS

    names = FIELDS[kind]
    return field in names and (field != "text" or "prompt" not in names)


def _head(name: str, line: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    origin, number = line["origin"], line.get("position")
    path = manifest["paths"].get(origin)
    record = (
        f"{path}:{number + 1}" if path and number is not None and len(manifest["files"].get(origin, ())) < 2 else ""
    )
    source = manifest["origins"].get(origin, ["?"])[0]
    return {"data": name, "id": line["id"], "source": source, "record": record, "split": line["split"]}


def _turns(kind: RowType, line: Mapping[str, Any], words: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row as turns: what is said, by whom, with reasoning and calls of tools."""
    if kind is RowType.CHAT or (kind is RowType.PREFERENCE and line.get("messages")):
        said = [_turn(m) for m in messages.sparse(line["messages"])]
        if kind is RowType.PREFERENCE:
            said += [{"who": side, "text": _cut(words[side])} for side in ("chosen", "rejected")]
        return said
    return _plain(words.get("prompt"), words.get("response"), line.get("system")) or [
        {"who": field, "text": _cut(text)} for field, text in words.items() if text
    ]


def _turn(message: Mapping[str, Any]) -> dict[str, Any]:
    calls = [f"{call.get('name', '')}({call.get('arguments', '')})" for call in message.get("tool_calls", ())]
    turn = {
        "who": message.get("role", ""),
        "text": _cut(message.get("content")),
        "thinks": _cut(message.get("reasoning")),
        "calls": [_cut(call) for call in calls],
        "untrained": message.get("train") is False,
    }
    return {key: value for key, value in turn.items() if value}


def _plain(prompt: str | None, response: str | None, system: str | None = None) -> list[dict[str, Any]]:
    said = (("system", system), ("user", prompt), ("assistant", response))
    return [{"who": who, "text": _cut(text)} for who, text in said if text]


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= _TEXT:
        return text
    return f"{text[:_TEXT]}… ({len(text) - _TEXT:,} more characters)"
