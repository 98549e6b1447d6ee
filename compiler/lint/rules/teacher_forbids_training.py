"""A teacher whose terms forbid to train other models on what it writes.

Whoever publishes the rows, or a model that learned from them, may break a contract. The table is short and dated, and
it is no legal advice. Use a teacher under an open licence, or suppress the warning with the reason why it does not
apply, such as a model of your own under that licence.

What the table holds, as of 2026-11-29:

- Google, Gemini API Additional Terms of Service (2025-05-20), Use Restrictions: read in a copy that others keep
- Llama 2 Community License (2023-07-18), 1.b.v: read in a copy that others keep
- Meta Llama 3 Community License (2024-04-18), 1.b.v: read
- OpenAI, Services Agreement (2026-01-01), 3.3(e): not read, known as others quote it
- Anthropic, Usage Policy (2025-09-15), Do Not Abuse our Platform; Commercial Terms (2025-06-17), D.4: not read,
  known as others quote it

Terms change, and there are later texts of some of these: read those that you have agreed to.

Source: the terms that the message names.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("gpt-4.1-mini", key: env("OPENAI_API_KEY"))

    generate answered from tasks { respond(teacher) }

    dataset rows from answered { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model teacher = openai("qwen3-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks { respond(teacher) }

    dataset rows from answered { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lint.writers import method_of, writers
from tunec.compiler.teachers import terms_of

CODE = "T608"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Models that write rows."""
    for generation in view.declared("generate"):
        node = view.nodes[generation.entity.node]
        call = generation.stage(method_of(node).operator.split(".")[-1])
        for model in writers(view, node):
            terms = terms_of(str(model.params.get("id", "")), str(model.params.get("base_url") or ""))
            if terms is not None:
                name = view.names.get(model.id, str(model.params.get("id")))
                yield Finding(
                    f"`{name}` writes rows to train on, and falls under terms of {terms.owner}: {terms.forbid}",
                    call.span if call is not None else generation.item.name_span,
                    help="use a teacher under an open licence, or say why this does not apply",
                    notes=(terms.known,),
                )
