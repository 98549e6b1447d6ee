"""Measures row functions on texts that people have labelled, and how long each takes.

    python bench/functions.py [--write docs/functions-measured.md] [--no-times]

Refusals: completions of two models on XSTest, labelled by people; patterns were written with the answers of `gpt4` at
hand, and the classifier is trained without the model that it is tested on (`bench/refusals/train.py`). Beside them a
Chinese set of this repository, half of which was held out. Personal data: sentences whose
places are known because they were filled in. Times: once over the answers of Alpaca's 52,002 rows, for verb and noun
over the instructions.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import math
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parents[1]
DATA = ROOT / "../shared/data"
CHINESE = ROOT / "tests/ops/functions/refusals_zh_halves.jsonl"
PERSONAL = DATA / "pii/presidio_generated_2109.json.gz"
ALPACA = DATA / "instruct/alpaca_52k.parquet"

#: The kinds of `pii` by the names that the labelled sentences have for them.
KINDS = {
    "EMAIL_ADDRESS": "email", "CREDIT_CARD": "credit_card", "PHONE_NUMBER": "phone", "IBAN_CODE": "iban",
    "DOMAIN_NAME": "url", "US_SSN": "ssn", "IP_ADDRESS": "ip",
}  # fmt: skip
#: Classes with fewer than fifty places are taken together.
CLASSES = {
    "e-mail": ("email",), "credit card": ("credit_card",), "phone": ("phone",), "IBAN and URL": ("iban", "url"),
    "US SSN and IP": ("ssn", "ip"),
}  # fmt: skip
TIMED = (
    "chars", "words", "tokens", "sentences", "alnum_ratio", "special_ratio", "repetition", "mtld", "code", "json_valid",
    "urls", "refusal", "pii", "lang", "verb", "noun",
)  # fmt: skip


@dataclass(frozen=True)
class Score:
    """What was found of what was there: places (or rows) found, of those right, and all that are there."""

    name: str
    found: int
    right: int
    there: int

    @property
    def precision(self) -> float:
        """The share of what was found that is right."""
        return self.right / self.found

    @property
    def recall(self) -> float:
        """The share of what is there that was found."""
        return self.right / self.there

    def line(self) -> str:
        """A row of the table."""
        parts = [(self.precision, self.right, self.found), (self.recall, self.right, self.there)]
        said = [f"{share:.3f} ({low:.3f}–{high:.3f})" for share, k, n in parts for low, high in [wilson(k, n)]]
        return f"| {self.name} | {self.there:,} | {self.found:,} | {' | '.join(said)} |"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson."""
    z = 1.959964
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return middle - half, middle + half


def refusals() -> list[Score]:
    """Full refusals among full refusals and full answers; partial ones are left out."""
    from refusals.train import MODELS, labelled, left_out

    from tunec.runtime.text.refusals import refuses

    rows = labelled()
    rows = rows.with_columns(found=refuses(rows["text"]), true=pl.col("refuses"))
    by_patterns = [_refusals(f"English, patterns: {name}", rows.filter(pl.col("model") == name)) for name in MODELS]
    by_both = [
        _refusals(f"English, with `using`: {name}", pl.DataFrame({"found": found, "true": true}))
        for name, true, found in left_out()[0]
    ]
    return [*by_patterns, *by_both, *chinese()]


def chinese() -> list[Score]:
    """The same for this repository's Chinese answers, by half and script."""
    from tunec.runtime.text.refusals import refuses

    rows = pl.DataFrame([json.loads(line) for line in CHINESE.read_text(encoding="utf-8").splitlines()])
    rows = rows.with_columns(found=refuses(rows["text"]), true=pl.col("refusal"))
    parts = rows.group_by("half", "script", maintain_order=True)
    return [_refusals(f"Chinese, {script}: {half}", part) for (half, script), part in parts]


def _refusals(name: str, rows: pl.DataFrame) -> Score:
    both = rows.filter(pl.col("found") & pl.col("true")).height
    return Score(name, int(rows["found"].sum()), both, int(rows["true"].sum()))


def personal() -> list[Score]:
    """Places of personal data, right where both ends are."""
    from tunec.runtime.text.personal import KINDS as ALL
    from tunec.runtime.text.personal import found

    with gzip.open(PERSONAL, "rt", encoding="utf-8") as file:
        sentences: list[dict[str, Any]] = json.load(file)
    there: set[tuple[int, int, int, str]] = {
        (n, span["start_position"], span["end_position"], KINDS[span["entity_type"]])
        for n, sentence in enumerate(sentences)
        for span in sentence["spans"]
        if span["entity_type"] in KINDS
    }
    places = set(found(pl.Series([s["full_text"] for s in sentences]), ALL, "possible").iter_rows())
    return [_class(name, kinds, places, there) for name, kinds in CLASSES.items()]


def _class(name: str, kinds: Iterable[str], found: set[Any], there: set[tuple[int, int, int, str]]) -> Score:
    ours = {place for place in found if place[3] in kinds}
    theirs = {place for place in there if place[3] in kinds}
    return Score(name, len(ours), len(ours & theirs), len(theirs))


def times() -> Mapping[str, float]:
    """Seconds for one pass of each function, models loaded with it."""
    from tunec.runtime.catalogue import load_catalogue

    rows = pl.read_parquet(ALPACA)
    catalogue = load_catalogue()
    seconds = {}
    for name in TIMED:
        function = getattr(importlib.import_module(f"tunec.runtime.ops.functions.{name}"), name)
        column = "instruction" if name in ("verb", "noun") else "output"
        began = time.perf_counter()
        if catalogue.at(f"functions.{name}").parameters[0].form == "column":
            function(rows[column])
        else:
            rows.select(function(pl.col(column)))
        seconds[name] = time.perf_counter() - began
    return seconds


def table(scores: Iterable[Score]) -> list[str]:
    """Scores as a table; 95 % intervals after Wilson."""
    head = ["| | there | found | precision | recall |", "| --- | ---: | ---: | --- | --- |"]
    return [*head, *(score.line() for score in scores)]


def main() -> int:
    """Measure, print, and write where asked."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--write", type=Path, help="Put the tables into this file, between its two marks.")
    reader.add_argument("--no-times", action="store_true", help="Leave the times out, and as they are in the file.")
    given = reader.parse_args()
    parts = {"refusals": table(refusals()), "pii": table(personal())}
    if not given.no_times:
        lines = [f"| `{name}` | {seconds:.2f} |" for name, seconds in times().items()]
        parts["times"] = ["| function | seconds |", "| --- | ---: |", *lines]
    for name, lines in parts.items():
        print(f"{name}\n" + "\n".join(lines) + "\n")
        if given.write:
            write(given.write, name, lines)
    return 0


def write(path: Path, name: str, lines: list[str]) -> None:
    """Replace what stands between the marks of a page."""
    start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(start)
    tail = rest.partition(end)[2]
    path.write_text(f"{head}{start}" + "\n".join(lines) + f"\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
