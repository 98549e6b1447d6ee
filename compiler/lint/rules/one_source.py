"""A model for general use is trained on rows from a single source.

One source has one style, one set of topics and one kind of mistake, and the model adopts all of them. Open-Platypus
draws on eleven sources for science alone, LIMA on six for a thousand rows. Mix in a second source. A model for one task
or topic is different: where a filter or a constraint selects by topic, task or words, this rule reports nothing.

Source: Zhou et al., LIMA (arXiv 2305.11206); Lee et al., Platypus (arXiv 2308.07317).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model base = bundled("smollm2-135m-instruct")

    dataset rows from tasks {
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
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    source talks = jsonl("talks.jsonl", format: alpaca, license: "MIT")
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

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import calls

CODE = "T314"
SEVERITY = "warning"
WHOLE = True
_NARROWING = {f"functions.{name}" for name in ("topic", "task", "matches", "contains", "starts_with", "similarity")}


def check(view: View) -> Iterator[Finding]:
    """Rows with one origin that nothing narrows to a purpose."""
    for rows, trainings in view.trained_on().items():
        leaves = view.leaves(rows)
        asked = {path for n in view.upstream(rows) for path in calls(view.nodes[n].params)}
        if len(leaves) == 1 and not asked & _NARROWING:
            name = view.names.get(leaves[0], "one source")
            for training in trainings:
                if "adapters.full" in calls(view.nodes[training.entity.node].params["adapter"]):
                    continue  # `full-without-general-data` says more
                where = training.item.on.span if training.item.on is not None else training.item.name_span
                message = f"all rows of `{training.name}` come from `{name}`"
                yield Finding(message, where, help="mix in a second source, or filter the rows by topic or task")
