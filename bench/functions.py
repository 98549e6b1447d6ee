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
import re
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

ROOT = Path(__file__).parents[1]
DATA = ROOT / "../shared/data"
CHINESE = ROOT / "tests/ops/functions/refusals_zh_halves.jsonl"
PLAIN = ROOT / "tests/ops/functions/refusals_plain.jsonl"
ALPACA_ZH = DATA / "instruct/alpaca_zh_edited_0_3252_3247.jsonl.zst"
CODE = DATA / "benchmarks/humaneval.jsonl.gz"
PERSONAL = DATA / "pii/presidio_generated_2109.json.gz"
ALPACA = DATA / "instruct/alpaca_52k.parquet"
DIALOGUES = DATA / "multiturn/kdconv_zh_dev_450.jsonl.zst"

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


def patterns() -> list[Score]:
    """Full refusals among full refusals and full answers by set phrases alone; partial ones are left out."""
    from refusals.train import MODELS, labelled

    from tunec.runtime.text.refusals import refuses

    rows = labelled()
    rows = rows.with_columns(found=refuses(rows["text"]), true=pl.col("refuses"))
    return [_refusals(f"English, patterns: {name}", rows.filter(pl.col("model") == name)) for name in MODELS]


def refusals() -> list[Score]:
    """The same by set phrases alone, by the classifier with the model left out, and in Chinese."""
    from refusals.train import left_out

    by_both = [
        _refusals(f"English, with `using`: {name}", pl.DataFrame({"found": found, "true": true}))
        for name, true, found in left_out()[0]
    ]
    return [*patterns(), *by_both, *chinese(), *plain()]


def chinese() -> list[Score]:
    """The same for this repository's Chinese answers, by half and script."""
    from tunec.runtime.text.refusals import refuses

    rows = pl.DataFrame([json.loads(line) for line in CHINESE.read_text(encoding="utf-8").splitlines()])
    rows = rows.with_columns(found=refuses(rows["text"]), true=pl.col("refusal"))
    parts = rows.group_by("half", "script", maintain_order=True)
    return [_refusals(f"Chinese, {script}: {half}", part) for (half, script), part in parts]


def plain() -> list[Score]:
    """The same for this repository's refusals in plain words, by half and script."""
    from tunec.runtime.text.refusals import refuses

    rows = pl.DataFrame([json.loads(line) for line in PLAIN.read_text(encoding="utf-8").splitlines()])
    rows = rows.with_columns(found=refuses(rows["text"]), true=pl.col("refusal"))
    parts = rows.group_by("half", "script", maintain_order=True)
    return [_refusals(f"in plain words, {script}: {half}", part) for (half, script), part in parts]


def _refusals(name: str, rows: pl.DataFrame) -> Score:
    both = rows.filter(pl.col("found") & pl.col("true")).height
    return Score(name, int(rows["found"].sum()), both, int(rows["true"].sum()))


def languages() -> list[str]:
    """A table: the share of texts whose language is right."""
    from tunec.runtime.ops.functions.lang import lang

    head = ["| | texts | right |", "| --- | ---: | --- |"]
    lines = []
    for name, wanted, texts in _spoken():
        named = lang(pl.Series(texts, dtype=pl.String))
        right = int((named.is_null() if wanted is None else named == wanted).sum())
        low, high = wilson(right, len(texts))
        lines.append(f"| {name} | {len(texts):,} | {right / len(texts):.3f} ({low:.3f}–{high:.3f}) |")
    return [*head, *lines]


def _spoken() -> Iterator[tuple[str, str | None, list[str]]]:
    """Texts by what they are, with their language."""
    import rjieba

    rows = pl.read_parquet(ALPACA)
    english = rows["output"].sample(3000, seed=4).to_list()
    with zstandard.open(ALPACA_ZH, "rt", encoding="utf-8") as lines:
        translated = [json.loads(line) for line in lines]
    chinese = [row["output"] for row in translated if re.search(r"[\u4e00-\u9fff]{8}", row["output"])]
    words = {
        "en": [re.findall(r"[A-Za-z']{2,}", text) for text in english],
        "zh": [[word for word in rjieba.cut(text) if re.fullmatch(r"[\u4e00-\u9fff]+", word)] for text in chinese],
    }
    for language, name, space in (("en", "English", " "), ("zh", "Chinese", "")):
        for count in (1, 2, 3):
            # From the middle, where no capital says that a sentence begins.
            parts = [space.join(w[len(w) // 2 :][:count]) for w in words[language] if len(w) >= 2 * count]
            yield f"{name}, {count} word{'s' * (count > 1)}", language, parts
    yield "English, instructions", "en", rows["instruction"].sample(5000, seed=1).to_list()
    plain = [text for text in english if len(text.split()) >= 20 and not re.search(r"[{};=]", text)]
    yield "English, answers of 20 words or more without code", "en", plain
    yield "Chinese, answers", "zh", chinese
    pairs = list(zip(words["zh"], words["en"], strict=False))
    for language, (ours, theirs) in {"zh": (24, 12), "en": (12, 24)}.items():
        mixed = [f"{''.join(zh[:ours])} {' '.join(en[:theirs])}" for zh, en in pairs if len(zh) > 24 and len(en) > 24]
        yield f"mixed, two words in three {'Chinese' if language == 'zh' else 'English'}", language, mixed
    with gzip.open(CODE, "rt", encoding="utf-8") as lines:
        yield "code: solutions of HumanEval", None, [json.loads(line)["canonical_solution"] for line in lines]


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


def elsewhere() -> list[Score]:
    """Telephone numbers in Chinese dialogues, whose annotations hold them; nothing was written with these at hand."""
    from tunec.runtime.text.personal import found

    texts, numbers = [], []
    with zstandard.open(DIALOGUES, "rt", encoding="utf-8") as lines:
        for message in (message for line in lines for message in json.loads(line)["messages"]):
            noted = [a["attrvalue"] for a in message.get("attrs") or [] if "电话" in a["attrname"]]
            called = {number for value in noted for number in re.split(r"[;,，；、/ ]+", value)}
            texts.append(message["message"])
            numbers.append({n for n in called if re.search(r"\d{5}", n) and n in message["message"]})
    places = {
        (n, texts[n][start:end]) for n, start, end, _ in found(pl.Series(texts), ["phone"], "possible").iter_rows()
    }
    there = {(n, number) for n, said in enumerate(numbers) for number in said}
    return [Score("phone, Chinese dialogues (KdConv)", len(places), len(places & there), len(there))]


def entities() -> list[str]:
    """A table: persons and addresses by halves of the templates that the sentences were made from."""
    from tunec.runtime.text.personal import found

    with gzip.open(PERSONAL, "rt", encoding="utf-8") as file:
        sentences: list[dict[str, Any]] = json.load(file)
    lines = ["| | actual | touched | covered whole | precision |", "| --- | ---: | ---: | ---: | ---: |"]
    for kind, label in (("person", "PERSON"), ("address", "ADDRESS")):
        for half, name in enumerate(("development", "held out")):
            chosen = [s for s in sentences if zlib.crc32(str(s["template_id"]).encode()) % 2 == half]
            places = found(pl.Series([s["full_text"] for s in chosen]), ["person", "address"], "possible")
            ours = list(places.filter(kind=kind).drop("kind").iter_rows())
            spans = [
                (s["entity_type"], (n, s["start_position"], s["end_position"]))
                for n, sentence in enumerate(chosen)
                for s in sentence["spans"]
            ]
            theirs = [span for what, span in spans if what == label]
            # A part of an address may be labelled as a town.
            right = theirs if kind == "person" else [span for _, span in spans]
            touched = sum(any(_over(span, place) for place in ours) for span in theirs)
            whole = sum(any(p[0] == s[0] and p[1] <= s[1] and s[2] <= p[2] for p in ours) for s in theirs)
            hits = sum(any(_over(s, p) for s in right) for p in ours)
            shares = (touched / len(theirs), whole / len(theirs), hits / len(ours))
            said = " | ".join(f"{share:.2f}" for share in shares)
            lines.append(f"| {kind}, {name} | {len(theirs):,} | {said} |")
    return lines


def _over(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


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
    head = ["| | actual | found | precision | recall |", "| --- | ---: | ---: | --- | --- |"]
    return [*head, *(score.line() for score in scores)]


def main() -> int:
    """Measure, print, and write where asked."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--write", type=Path, help="Put the tables into this file, between its two marks.")
    reader.add_argument("--no-times", action="store_true", help="Leave the times out, and as they are in the file.")
    given = reader.parse_args()
    pii = table([*personal(), *elsewhere()])
    parts = {"refusals": table(refusals()), "pii": pii, "entities": entities(), "languages": languages()}
    if not given.no_times:
        lines = [f"| `{name}` | {seconds:.2f} |" for name, seconds in times().items()]
        parts["times"] = ["| function | seconds |", "| --- | ---: |", *lines]
    for name, lines in parts.items():
        print(f"{name}\n" + "\n".join(lines) + "\n")
        if given.write:
            write(given.write, name, lines)
    return 0


def tell(lines: Iterable[str], name: str, path: Path | None) -> None:
    """Print lines, or write them between the marks of a page."""
    if path is None:
        print("\n".join(lines))
    else:
        write(path, name, list(lines))


def first_instances(path: Path) -> list[dict[str, str]]:
    """Tasks that people wrote for Self-Instruct, each with its first instance."""
    with path.open(encoding="utf-8") as file:
        read = [json.loads(line) for line in file]
    return [{"instruction": task["instruction"], **task["instances"][0]} for task in read]


def write(path: Path, name: str, lines: list[str]) -> None:
    """Replace what stands between the marks of a page."""
    start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(start)
    tail = rest.partition(end)[2]
    path.write_text(f"{head}{start}" + "\n".join(lines) + f"\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
