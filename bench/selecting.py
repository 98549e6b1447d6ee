"""Selectors against random rows: 1,000 of 5,000 rows of Alpaca, the same training, the loss on human-written tasks.

    python -m bench.selecting FOLDER [--write docs/results.md]

The model is a small Llama of this bench, trained first on a fixed corpus of articles and web pages: on one core a
fine-tune of the bundled model on 1,000 such rows takes about forty minutes, and there are twenty-one. The pool are
short rows of Alpaca, drawn with a fixed seed. Two specs are written into the folder: `base.tune` trains the base,
`selectors.tune` selects from the pool in several ways, each with three seeds, and trains the base on every choice. The
folder keeps the store, so that a run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import polars as pl

from bench.functions import first_instances, tell

if TYPE_CHECKING:
    from tunec.facade import Build

DATA = Path(__file__).parents[1] / "../shared/data"
DRAWN = 5_200  # more than the pool: some rows fall to `decontaminate`
EXAMPLES = 75  # tasks that `like` may see
VOCABULARY, WIDTH, LAYERS, HEADS = 4096, 128, 4, 4
#: The held-out sets in the order of the spec, and what the table calls the ways to choose, by their labels in it.
SETS = ("seed tasks", "user tasks")
NAMES = {
    "random": "random()",
    "top_words_response": "top(words(response))",
    "top_0_-_perplexity_response_using_base": "top(0 - perplexity(response, using: base))",
    "top_ifd_using_base": "top(ifd(using: base))",
    "like_examples_using_minilm": "like(examples, using: minilm)",
    "k_center_prompt_using_minilm": "k_center(prompt, using: minilm)",
    "top_similarity_prompt_response_using_minilm": "top(similarity(prompt, response, using: minilm))",
}
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
BASE = """
spec base(version: "0.1.0-dev", seed: 7, license: "CC-BY-SA-4.0")
source pages = jsonl("corpus.jsonl", format: text, license: "CC-BY-SA-4.0")
model drawn = local("drawn")
dataset corpus from pages { normalize() }
train base from drawn on corpus {
    full()
    pretrain(epochs: 2, learning_rate: 2e-3, batch_size: 8, max_length: 256)
}
"""
SPEC = """
spec selectors(version: "0.1.0-dev", seed: seed, license: "CC-BY-NC-4.0")
vary pick in [
    random(),
    top(words(response)),
    top(0 - perplexity(response, using: base)),
    top(ifd(using: base)),
    like(examples, using: minilm),
    k_center(prompt, using: minilm),
    top(similarity(prompt, response, using: minilm)),
]
vary seed in [1, 2, 3]

source pool = jsonl("pool.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
source examples = jsonl("examples.jsonl", format: alpaca, license: "Apache-2.0")
benchmark seed_tasks = jsonl("seed_tasks.jsonl", format: alpaca, license: "Apache-2.0")
benchmark user_tasks = jsonl("user_tasks.jsonl", format: alpaca, license: "Apache-2.0")
model base = local("base")
embedder minilm = bundled("all-minilm-l6-v2")

dataset chosen from pool {
    decontaminate(against: [seed_tasks, user_tasks]) { exact()  ngram(8) }
    limit(5k)
    select(1k, by: pick)
}
train tuned from base on chosen {
    full()
    sft(epochs: 1, learning_rate: 1e-3, batch_size: 16, max_length: 256)
}
evaluate scores of [base, tuned] {
    perplexity(on: seed_tasks, batch_size: 16)
    perplexity(on: user_tasks, batch_size: 16)
}
"""


def size(task: dict[str, str]) -> tuple[int, int, int]:
    """The words of prompt and answer, those of the answer, and the characters of both."""
    texts = [task["instruction"], task["input"], task["output"]]
    words = [len(text.split()) for text in texts]
    return sum(words), words[2], sum(map(len, texts))


def lay(folder: Path) -> None:
    """Write the corpus, the pool, the examples for `like`, the sets that are held out, and a model drawn at random."""
    folder.mkdir(parents=True, exist_ok=True)
    articles = gzip.decompress((DATA / "docs/wiki_demo.txt.gz").read_bytes()).decode().splitlines()
    pages = gzip.decompress((DATA / "docs/c4_demo_300.jsonl.gz").read_bytes()).decode().splitlines()
    corpus = [text for text in [*articles, *(json.loads(page)["text"] for page in pages)] if text.strip()]
    pl.DataFrame({"text": corpus}).write_ndjson(folder / "corpus.jsonl")
    alpaca = pl.read_parquet(DATA / "instruct/alpaca_52k.parquet").select("instruction", "input", "output")
    short = [row for row in alpaca.to_dicts() if fits(row, 25, 160)]
    pl.DataFrame(short).sample(DRAWN, seed=17).write_ndjson(folder / "pool.jsonl")
    seeds = pl.DataFrame(first_instances(DATA / "instruct/alpaca_seed_tasks_175.jsonl")).sample(
        fraction=1, shuffle=True, seed=17
    )
    seeds[:EXAMPLES].write_ndjson(folder / "examples.jsonl")
    held = {
        "seed_tasks": seeds[EXAMPLES:].to_dicts(),
        "user_tasks": first_instances(DATA / "benchmarks/user_oriented_252.jsonl"),
    }
    for name, rows in held.items():
        pl.DataFrame([row for row in rows if fits(row, 100, 700)]).write_ndjson(folder / f"{name}.jsonl")
    if not (folder / "drawn").exists():
        draw(corpus, folder / "drawn")


def fits(task: dict[str, str], words: int, characters: int) -> bool:
    """Whether prompt and answer together are short enough, and the answer is more than a word or two."""
    both, answer, letters = size(task)
    return both <= words and answer >= 3 and letters <= characters


def draw(corpus: list[str], folder: Path) -> None:
    """A small Llama with weights drawn at random, and a tokenizer of its own from the corpus."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    marks = ["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"]
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    pieces.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=marks, initial_alphabet=alphabet, show_progress=False
        ),
    )
    PreTrainedTokenizerFast(
        tokenizer_object=pieces, eos_token="<|end|>", pad_token="<|pad|>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=WIDTH * 8 // 3, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=0, pad_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def built(folder: Path, name: str, spec: str) -> Build:
    """What a spec makes in the folder."""
    from tunec.facade import build

    (folder / f"{name}.tune").write_text(spec, encoding="utf-8")
    return build(folder / f"{name}.tune", out=folder / "build" / name, quiet=False)


def study(folder: Path) -> Build:
    """Train the base, select, train and measure."""
    lay(folder)
    if not (folder / "base").exists():
        version = built(folder, "base", BASE).folder
        assert version is not None
        shutil.copytree(version / "models/base", folder / "base")
    return built(folder, "selectors", SPEC)


def table(folder: Path, found: Build) -> Iterator[str]:
    """The lines of the table: each choice with its loss on both sets, beside random rows."""
    assert found.folder is not None
    variants = json.loads((found.folder / "run.json").read_text(encoding="utf-8"))["variants"]
    words = lengths(folder, found)
    yield (
        "| choice | words of a response | "
        + " | ".join(f"{name}: loss | against random (95 %) | single seeds" for name in SETS)
        + " |"
    )
    yield "| --- | ---: |" + " ---: | --- | --- |" * len(SETS)
    of_sets = [{row["variant"].get("pick"): row for row in measure["rows"] if told(row)} for measure in variants]
    for pick in of_sets[0]:
        cells = [cell for rows in of_sets for cell in against(rows[pick])]
        name, mean = ("none: the base", "") if pick is None else (f"`{NAMES[pick]}`", f"{words[pick]:.1f}")
        yield f"| {name} | {mean} | {' | '.join(cells)} |"


def told(row: dict[str, Any]) -> bool:
    """Whether a row is of the base, or of all seeds of a choice."""
    return not row["variant"] or (row["model"] == "tuned" and "runs" in row)


def against(row: dict[str, Any]) -> tuple[str, str, str]:
    """The loss, the difference from random rows with its interval and what it says, and the single seeds."""
    loss = f"{row['value']:.3f}"
    apart = row.get("difference")
    if apart is None:
        return loss, "", ""
    better, worse = apart["high"] < 0, apart["low"] > 0
    said = "**better**" if better else "**worse**" if worse else "no better"
    single = " to ".join(f"{one:+.3f}" for one in row["apart"])
    return loss, f"{apart['difference']:+.3f} ({apart['low']:+.3f} to {apart['high']:+.3f}) {said}", single


def lengths(folder: Path, found: Build) -> dict[str, float]:
    """The mean number of words of a response, by choice; of a choice that was drawn, over the seeds."""
    from tunec.runtime.exchange.data import data_of

    assert found.folder is not None
    manifest = json.loads((found.folder / "manifest.json").read_text(encoding="utf-8"))
    means: dict[str, list[float]] = {}
    for data in data_of(found.folder):
        pick = manifest["targets"][data.name]["variant"]["pick"]
        rows = pl.concat([pl.read_parquet(file) for part in data.splits for file in part.files])
        means.setdefault(pick, []).append(rows["response"].str.split(" ").list.len().mean())
    return {pick: fmean(of) for pick, of in means.items()}


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tell(table(given.folder, study(given.folder)), "selectors", given.write)


if __name__ == "__main__":
    main()
