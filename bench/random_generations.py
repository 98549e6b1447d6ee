"""Random generations for `random_builds.py`: every method, asked of a server on this machine that says anything."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from random_rows import WORDS

Random = random.Random
#: What is named wherever a model is asked for.
MODEL = "m"
#: Methods by the rows that they start from, with the rows that they make.
METHODS = {
    "instruction": (
        ("respond({m})", "instruction"),
        ("evolve({m}, rounds: 2)", "instruction"),
        ("paraphrase({m}, variants: 2)", "instruction"),
        ("self_instruct({m}, demonstrations: 1)", "instruction"),
        ('magpie({m}, opening: "user: ")', "instruction"),
        ('prompt({m}, "Say it: " + instruction)', "instruction"),
        ("pairs([{m}, {m}], {m})", "preference"),
    ),
    "chat": (("respond({m})", "chat"),),
    "text": (("extract({m}, per_document: 1)", "instruction"), ("backtranslate({m})", "instruction")),
}
_UNBOUNDED = ("self_instruct", "magpie")


def declared(url: str) -> str:
    """The model, behind a server."""
    return f'model {MODEL} = openai("any", base_url: "{url}", max_tokens: 40, concurrency: 4)'


def generation(r: Random, rows: str, name: str, seeds: str) -> tuple[str, str] | None:
    """A generation from rows of a type, and the type of what it makes; None where no method starts from such rows."""
    if rows not in METHODS:
        return None
    method, made = r.choice(METHODS[rows])
    field = {"instruction": "instruction", "chat": "prompt"}.get(made)
    stages = [method.format(m=MODEL)]
    if field is not None and r.random() < 0.5:
        stages.append(f"novel({field}, {r.choice(['rouge_l: 0.7', 'bm25: 2.0', 'rouge_l: 20%'])})")
    if r.random() < 0.3:
        stages.append(f"filter {{ {r.choice(['keep', 'drop'])} words(response) {r.choice(['>=', '<'])} 3 }}")
    if method.startswith(_UNBOUNDED) or r.random() < 0.2:
        stages.append(f"until(rows: {r.randrange(1, 6)}, requests: {r.randrange(2, 9)})")
    return f"generate {name} from {seeds} {{\n    " + "\n    ".join(stages) + "\n}", made


def says(body: dict[str, Any]) -> str:
    """An answer that depends on the request alone: what was asked for, something of another form, or nothing."""
    asked = json.dumps(body, sort_keys=True)
    r = Random(hashlib.sha256(asked.encode()).hexdigest())
    words = " ".join(r.choices(WORDS, k=r.randrange(1, 8)))
    kind = r.random()
    if "response_format" in body and kind < 0.8:
        return json.dumps({"instruction": words, "input": "", "response": words, "question": words, "answer": words})
    if kind < 0.2:
        return r.choice(["True", "False", "7", "A", "B", "[[A]]", "Rating: 3", ""])
    if kind < 0.4:
        return f"###\n9. Instruction: {words}\n9. Input:\n<noinput>\n9. Output:\n{words}\n###"
    if kind < 0.5:
        return f"Question: {words}\nAnswer: {words}\nQuote: {words}"
    return words
