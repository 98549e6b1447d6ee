'''A `max_tokens` that is below what the answer needs for its names alone.

An answer that is cut off is not valid JSON: it is asked for again, paid again, and dropped in the end. The names,
quotes and braces of `output` take about a token for four characters, and each value at least one.

Source: the documentation of structured outputs: an answer that reaches `max_tokens` is incomplete, and does not fit the
schema.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks {
        prompt(teacher, """{{ instruction }}""", output: {response: "text", confidence: "float"}, max_tokens: 8)
    }

    dataset rows from answered { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks {
        prompt(teacher, """{{ instruction }}""", output: {response: "text", confidence: "float"}, max_tokens: 512)
    }

    dataset rows from answered { dedup { exact(prompt) } }
'''

from __future__ import annotations

import json
from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lint.writers import method_of, writers
from tunec.compiler.lowered import Record

CODE = "T610"
SEVERITY = "warning"

#: Characters of JSON in a token, at most.
_CHARACTERS = 4


def check(view: View) -> Iterator[Finding]:
    """Methods that say what JSON is to be answered."""
    for generation in view.declared("generate"):
        node = view.nodes[generation.entity.node]
        method = method_of(node)
        output = method.args.get("output")
        if not isinstance(output, Record) or not output.entries:
            continue
        frame = json.dumps(dict.fromkeys(output.entries, ""), ensure_ascii=False)
        needed = -(-len(frame) // _CHARACTERS) + len(output.entries)
        for model in writers(view, node):
            own = method.args.get("max_tokens")
            most = model.params.get("max_tokens") if own is None else own
            if isinstance(most, int) and most < needed:
                call = generation.stage(method.operator.split(".")[-1])
                said = argument(call, "max_tokens")
                where = said.span if said is not None else call.span if call is not None else generation.item.name_span
                yield Finding(
                    f"an answer has at most {most} tokens, but the names of `output` alone take about {needed}",
                    where,
                    help="raise `max_tokens`",
                )
