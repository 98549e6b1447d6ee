"""A training with fewer than fifty rows.

A hundred examples can already change the tone of a model; a few dozen mostly teach it those very sentences, and a
validation split of them measures nothing. The number is computed from limits, `select`, `until` and the local files, as
the most that can arrive. Add rows, or raise the limits.

Source: Meta AI, How to fine-tune: focus on effective datasets (2024): 50 to 100 examples can make a difference.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 20)
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT", limit: 20)
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT", limit: 200)
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT", limit: 200)
    model base = bundled("smollm2-135m-instruct")

    dataset rows from [tasks, talks] {
        normalize()
        filter { drop refusal(response) }
        dedup { exact(prompt) }
        split { train: 90%, validation: 10% }
    }

    train tuned from base on rows {
        lora()
        sft(epochs: 2)
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.bounds import most_rows, split_share
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View

CODE = "T313"
SEVERITY = "warning"
FEWEST = 50


def check(view: View) -> Iterator[Finding]:
    """Trainings whose rows have a known bound that is too low."""
    for rows, trainings in view.trained_on().items():
        most = most_rows(view)[rows]
        if most is None:
            continue
        most = round(most * split_share(view, view.nodes[rows]))
        for training in trainings if most < FEWEST else ():
            message = f"`{training.name}` is trained on at most {most} row{'s' * (most != 1)}"
            where = training.item.on.span if training.item.on is not None else training.item.name_span
            yield Finding(message, where, help=f"with fewer than {FEWEST} rows, a model mostly memorizes them")
