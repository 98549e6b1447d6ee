"""Trains the classifier of `refusal(…, using:)` and measures it with what it was not trained on.

    python bench/refusals/train.py [--write]

Three kinds of texts. Written for this: `lectures_en.json`, sentences with gaps that are filled with acts, groups,
persons and things, a third of all combinations; half of them lecture and half answer. Labelled by people: completions
of two models on XSTest. Taken for answers: replies of OpenAssistant and Dolly in which no pattern finds a refusal.
Figures leave out the model that they are about; what is written (`--write`) is trained on all. The weights hold no
text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
DATA = ROOT / "../shared/data"
WRITTEN = Path(__file__).with_name("lectures_en.json")
XSTEST = DATA / "ratings/xstest_refusal_A_900.jsonl.gz"
WEIGHTS = ROOT / "runtime/text/weights/refusals.json"
EMBEDDER = "all-minilm-l6-v2"
MODELS = ("gpt4", "llama2orig")

#: How much a text taken for an answer counts beside a labelled one.
DOUBTFUL = 0.5
#: The strength of the penalty; vectors have length one, so they are penalised less than what the patterns found.
PENALTY = 3.3
SCALE = 4.0
F64 = NDArray[np.float64]


def written() -> list[tuple[str, bool]]:
    """The sentences of `lectures_en.json` with their gaps filled, and whether each lectures."""
    given: dict[str, Any] = json.loads(WRITTEN.read_text(encoding="utf-8"))
    found = [(text, False) for text in given["plain"]]
    for refuses in (True, False):
        for kind, patterns in given["refused" if refuses else "answered"].items():
            for number, pattern in enumerate(patterns):
                words = [filling for place, filling in enumerate(given[kind]) if (number * 7 + place) % 3 == 0]
                found += [(_filled(pattern, kind, word), refuses) for word in words]
    return found


def _filled(pattern: str, kind: str, words: str | list[str]) -> str:
    names = {"acts": ("do", "ing", "noun"), "groups": ("group", "may"), "persons": ("person",), "things": ("thing",)}[
        kind
    ]
    for name, word in zip(names, [words] if isinstance(words, str) else words, strict=True):
        pattern = pattern.replace(f"{{{name}}}", word).replace(f"{{{name.title()}}}", word[0].upper() + word[1:])
    return pattern


def labelled() -> pl.DataFrame:
    """Completions on XSTest: `model`, `text`, `refuses`; partial refusals are left out."""
    with gzip.open(XSTEST, "rt", encoding="utf-8") as lines:
        rows = pl.DataFrame([json.loads(line) for line in lines])
    rows = rows.filter(pl.col("final_label") != "3_partial_refusal")
    return rows.select("model", text="completion", refuses=pl.col("final_label") == "2_full_refusal")


def answers() -> list[str]:
    """Replies to ordinary tasks in which no pattern finds a refusal."""
    from tunec.runtime.text.refusals import refuses

    with gzip.open(DATA / "multiturn/oasst_en_100_trees.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [text for line in lines for text in _replies(json.loads(line)["prompt"])]
    with gzip.open(DATA / "instruct/dolly_hhrlhf_1k.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts += [json.loads(line)["response"] for line in lines]
    column = pl.Series(texts)
    return column.filter(~refuses(column)).to_list()


def _replies(message: dict[str, Any]) -> Iterator[str]:
    if message.get("role") == "assistant":
        yield message["text"]
    for reply in message.get("replies", []):
        yield from _replies(reply)


def described(texts: list[str]) -> F64:
    """What the classifier reads of each text."""
    from tunec.runtime.models.embed import encode
    from tunec.runtime.ops.embedders.bundled import bundled
    from tunec.runtime.text.lectures import features, opening

    column = pl.Series(texts)
    return features(column, encode(bundled(EMBEDDER), opening(column).to_list()).astype(np.float64))


def trained(given: F64, refuses: F64, weight: F64) -> tuple[F64, float]:
    """Weights and intercept of a logistic regression with a penalty on the squares of the weights."""
    from scipy.optimize import minimize

    scale = np.where(np.arange(given.shape[1]) < 384, SCALE, 1.0)
    x = given * scale

    def loss(w: F64) -> tuple[float, F64]:
        score = x @ w[:-1] + w[-1]
        value = weight @ (np.logaddexp(0, score) - refuses * score) + PENALTY / 2 * w[:-1] @ w[:-1]
        slope = weight * (1 / (1 + np.exp(-score)) - refuses)
        return float(value), np.append(x.T @ slope + PENALTY * w[:-1], slope.sum())

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    return found[:-1] * scale, float(found[-1])


def predicted(given: F64, weights: tuple[F64, float], threshold: float) -> NDArray[np.bool_]:
    """What the classifier and the patterns that decide alone say together."""
    from tunec.runtime.text.lectures import EVIDENCE

    stated = given[:, 384 + EVIDENCE.index("stated")] > 0
    probable = 1 / (1 + np.exp(-(given @ weights[0] + weights[1]))) >= threshold
    both: NDArray[np.bool_] = stated | probable
    return both


def left_out() -> tuple[list[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]], tuple[F64, float]]:
    """For each XSTest model, trained without it and then without either: a name, what is there, what is found.

    And the weights that are trained on all.
    """
    from tunec.runtime.text.lectures import THRESHOLD

    mine, plain, rows = written(), answers(), labelled()
    given = described([text for text, _ in mine] + plain + rows["text"].to_list())
    truth = np.concatenate([[y for _, y in mine], np.zeros(len(plain)), rows["refuses"].to_numpy()]).astype(np.float64)
    source = np.array(["written"] * len(mine) + ["answers"] * len(plain) + rows["model"].to_list())
    weight = np.where(source == "answers", DOUBTFUL, 1.0)
    results = []
    for model in MODELS:
        for others in (tuple(m for m in MODELS if m != model), ()):
            here = np.isin(source, ("written", "answers", *others))
            weights = trained(given[here], truth[here], weight[here])
            there = source == model
            name = f"{model}, trained on {', '.join(others) + ' and ' if others else ''}what is written for it"
            results.append((name, truth[there] > 0, predicted(given[there], weights, THRESHOLD)))
    return results, trained(given, truth, weight)


def main() -> int:
    """Measure, and write where asked."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--write", action="store_true", help=f"Write {WEIGHTS.name}.")
    results, (weights, intercept) = left_out()
    for name, there, found in results:
        right = (there & found).sum()
        print(f"{name}: recall {right / there.sum():.3f}, precision {right / found.sum():.3f} of {there.sum()}")
    if reader.parse_args().write:
        from tunec.runtime.text.lectures import EVIDENCE

        said = {
            "what": "logistic regression; see bench/refusals/train.py", "embedder": EMBEDDER,
            "evidence": list(EVIDENCE), "intercept": round(intercept, 4),
            "weights": [round(float(weight), 4) for weight in weights],
        }  # fmt: skip
        WEIGHTS.write_text(json.dumps(said, indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
