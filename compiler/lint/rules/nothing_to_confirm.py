"""A `confirm` in a `decontaminate` without `cosine` has nothing to confirm.

The judge is asked about the matches that `cosine` finds: texts with nearly the same meaning as an item, some of which
are different questions. What `exact`, `ngram` and `tokens` find is verbatim the item's and needs no confirmation.
Without `cosine` the model is never asked, and rephrased items stay in. Add a `cosine(…)`, or remove `confirm`.

Source: Yang et al., Rethinking Benchmark and Contamination (arXiv 2311.04850), section 4.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])
    model judge_model = bundled("smollm2-135m-instruct")

    dataset rows from tasks {
        decontaminate(against: [quiz]) {
            exact()
            confirm(judge_model)
        }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = rows([{question: "How much is 2 + 2?", answer: "4"}])
    model judge_model = bundled("smollm2-135m-instruct")
    embedder minilm = bundled("all-minilm-l6-v2")

    dataset rows from tasks {
        decontaminate(against: [quiz]) {
            exact()
            cosine(0.70, using: minilm)
            confirm(judge_model)
        }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import calls

CODE = "T407"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Every `decontaminate` with a `confirm` and no `cosine`."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            used = set(calls(stage.node.params["rules"])) if stage.name == "decontaminate" else ()
            if "decontaminate.confirm" in used and "decontaminate.cosine" not in used:
                yield Finding(
                    "`confirm` judges the matches of `cosine`, but this block has no `cosine`",
                    stage.head,
                    help="add `cosine(0.70, using: EMBEDDER)` to the block",
                )
