"""Results as a page: one table for each workload and size, each with its day and commit."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from bench.workloads import WORKLOADS, Workload

Entry = dict[str, Any]
SIZES = {"52k": 52_002, "260k": 260_010, "520k": 520_020, "planted": 12_000, "sample": 4_000}

_HEAD = """# Measured beside others

Written by `python -m bench` and by nothing else; how it is measured stands in
[docs/performance.md](../docs/performance.md). Times are of whole processes, start-up included. The ratio says how many
times as long as tunec a side took, in the same run on the same machine: between machines only ratios can be compared.
"""


def page(results: Path) -> str:
    """All results of a folder as Markdown."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    parts = [_HEAD]
    for workload in WORKLOADS.values():
        measured = [found[f"{workload.name}-{size}"] for size in workload.peers if f"{workload.name}-{size}" in found]
        if measured:
            parts.append(_section(workload, measured))
    if growth := _growth(found):
        parts.append(growth)
    return "\n".join(parts)


def _section(workload: Workload, measured: list[Entry]) -> str:
    lines = [f"## {workload.title}", "", f"`bench/specs/{workload.spec}`. Aim: {workload.aim}.", ""]
    lines += [f"- {note}" for note in workload.notes]
    for result in measured:
        lines += ["", f"### {workload.name}, {SIZES[result['rows']]:,} rows", "", _origin(result), ""]
        lines += _table(result["entries"])
        if any("recall" in entry for entry in result["entries"]):
            lines += ["", *_recall(result["entries"])]
    return "\n".join([*lines, ""])


def _origin(result: Entry) -> str:
    machine = result["machine"]
    return (
        f"{result['date']}, commit {result['commit']}; {machine['processors']} processors ({machine['processor']}), "
        f"{machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}."
    )


def _table(entries: list[Entry]) -> list[str]:
    lines = [
        "| | version | median s | min–max s | runs | ratio | peak MB | rows kept |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    ours = next((seconds(e) for e in entries if e["peer"] == "tunec" and "error" not in e), None)
    for entry in entries:
        version = ", ".join(f"{name} {number}" for name, number in entry["versions"].items())
        if "error" in entry:
            error = " ".join(entry["error"].split()).replace("|", "\\|")
            lines.append(f"| {entry['peer']} | {version} | did not run: {error} | | | | | |")
            continue
        took, times = seconds(entry), entry["seconds"]
        about = "≈ " if "sample" in entry else ""
        ratio = f"{about}{took / ours:.2f}" if ours else ""
        spread = f"{min(times):.2f}–{max(times):.2f}" + (f" ({entry['sample']['rows']:,} rows)" if about else "")
        lines.append(
            f"| {entry['peer']} | {version} | {about}{took:.2f} | {spread} | {len(times)} | {ratio} | "
            f"{median(entry['peak_mb']):,.0f} | {entry['kept']:,} |"
        )
    return lines


def seconds(entry: Entry) -> float:
    """The median; of a side that ran on a sample, what all rows would take."""
    took = median(entry["seconds"])
    if "sample" not in entry:
        return took
    sample = entry["sample"]
    return took - sample["seconds"] + sample["seconds"] * (SIZES["52k"] / sample["rows"]) ** 2


def _recall(entries: list[Entry]) -> list[str]:
    entries = [entry for entry in entries if "recall" in entry]
    bands = list(entries[0]["recall"]["bands"])
    lines = [
        f"| | pairs | found | recall | {' | '.join(bands)} | wrong |",
        f"| --- | ---: | ---: | ---: | {' | '.join('---:' for _ in bands)} | ---: |",
    ]
    for entry in entries:
        told = entry["recall"]
        parts = [f"{found / of:.4f}" for of, found in told["bands"].values()]
        cells = [entry["peer"], f"{told['pairs']:,}", f"{told['found']:,}", f"{told['found'] / told['pairs']:.4f}"]
        lines.append(f"| {' | '.join([*cells, *parts])} | {told['wrong']:,} |")
    return lines


def _growth(found: dict[str, Entry]) -> str:
    """tunec's own times at three sizes."""
    lines = []
    for name in ("rules", "near", "ngram"):
        took = {}
        for size in ("52k", "260k", "520k"):
            entries = found.get(f"{name}-{size}", {}).get("entries", [])
            ours = [e for e in entries if e["peer"] == "tunec" and "error" not in e]
            if ours:
                took[size] = (seconds(ours[0]), median(ours[0]["peak_mb"]))
        if len(took) == 3:
            cells = " | ".join(f"{time:.2f} | {peak:,.0f}" for time, peak in took.values())
            lines.append(f"| {name} | {cells} | {took['520k'][0] / took['52k'][0]:.1f} |")
    if not lines:
        return ""
    head = [
        "## How tunec's times grow",
        "",
        "Ten times the rows; a ratio below ten is start-up that does not grow.",
        "",
        "| | 52k s | MB | 260k s | MB | 520k s | MB | 520k / 52k |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *lines, ""])
