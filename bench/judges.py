"""Holds the bundled model's verdicts on pairs of answers against those of people.

    python -m bench.judges FOLDER [--rows 120] [--write docs/results.md]

`bench/specs/judge.tune` has SmolLM2-135M rate both answers of each pair by itself; the better rating is its verdict.
All 100 pairs of LLMBar Natural are judged, and a sample of PandaLM, of which the pairs count that most of three people
decided. Beside it stands who always takes the longer answer. The folder keeps the store: a run that is stopped goes on.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.functions import tell, wilson

SPEC = Path(__file__).parent / "specs/judge.tune"
JUDGES = {"SmolLM2-135M, `judge(…, method: expected)`": "meta.verdict", "the longer answer": "meta.longer"}


def people(row: dict[str, Any]) -> str | None:
    """The answer that people prefer, "1" or "2"; None where most call it a tie, or each says something else."""
    said = [
        str(row[name]) for name in ("meta.human", "meta.one", "meta.two", "meta.three") if row.get(name) is not None
    ]
    (first, votes), *_ = Counter(said).most_common(1)
    return first if first in ("1", "2") and votes * 2 > len(said) else None


def line(name: str, judge: str, verdicts: Sequence[tuple[str, str]]) -> str:
    """A row of the table: how often a judge says what people say, with the interval."""
    right = sum(own == human for own, human in verdicts)
    low, high = wilson(right, len(verdicts))
    said = "better than chance" if low > 0.5 else "worse than chance" if high < 0.5 else "no better than chance"
    ones = sum(own == "1" for own, _ in verdicts) / len(verdicts)
    share = f"{right / len(verdicts):.1%} ({low:.1%}–{high:.1%})"
    return f"| {name} | {judge} | {len(verdicts)} | {share} | {said} | {ones:.0%} |"


def table(folder: Path, rows: int) -> Iterator[str]:
    """The lines of the table."""
    from tunec.facade import build

    os.environ["TUNEC_ALLOW_OUTSIDE"] = "1"  # the shared data lie beside the repository
    found = build(SPEC, store=folder / "store", out=folder / "build", quiet=False, pandalm_rows=rows)
    yield "| pairs of | judge | pairs | as people say (95 %) | | the first is better |"
    yield "| --- | --- | ---: | --- | --- | ---: |"
    for title, dataset in (("LLMBar Natural", "llmbar"), ("PandaLM", "pandalm")):
        judged = [row for split in found.dataset(dataset).values() for row in split]
        for judge, column in JUDGES.items():
            verdicts = [(str(row[column]), human) for row in judged if (human := people(row)) is not None]
            yield line(title, judge, verdicts)


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=120, help="pairs of PandaLM")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tell(table(given.folder, given.rows), "judges", given.write)


if __name__ == "__main__":
    main()
