"""Several samples at temperature 0, which are the same answer several times.

At temperature 0 a model always takes the likeliest token, so every sample costs the same and says the same. A server
may round differently from time to time, but what differs then is noise. Raise the temperature, or take one sample.

Source: Wang et al., Self-Consistency (arXiv 2203.11171), section 3.1: samples are drawn at temperatures of 0.5 to 0.7.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks { respond(teacher, samples: 4, temperature: 0) }

    dataset rows from answered { dedup { exact(text) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks { respond(teacher, samples: 4, temperature: 0.7) }

    dataset rows from answered { dedup { exact(text) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lint.writers import method_of, writers

CODE = "T609"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Methods that take several samples of a model."""
    for generation in view.declared("generate"):
        node = view.nodes[generation.entity.node]
        method = method_of(node)
        samples = method.args.get("samples")
        if not isinstance(samples, int) or samples < 2:
            continue
        own = method.args.get("temperature")
        greedy = [m for m in writers(view, node) if (m.params.get("temperature") if own is None else own) == 0]
        if greedy:
            call = generation.stage(method.operator.split(".")[-1])
            said = argument(call, "samples")
            where = said.span if said is not None else call.span if call is not None else generation.item.name_span
            name = view.names.get(greedy[0].id, str(greedy[0].params.get("id")))
            yield Finding(
                f"`{name}` answers at temperature 0, so its {samples} samples are the same",
                where,
                help="raise `temperature`, or take one sample",
            )
