"""What the language has and no build can make yet, with what to use instead. `docs/language.md` lists the same."""

from __future__ import annotations

from collections.abc import Mapping

_OTHER_TRAINER = "publish the rows, export them with `tunec export`, and train with another program"

#: Operators, by what they would be called as and their names.
OPERATORS: Mapping[tuple[str, str], str] = {
    ("training stage", "qlora"): "use `lora(…)`",
    ("training stage", "dpo"): _OTHER_TRAINER,
    ("training stage", "pretrain"): _OTHER_TRAINER,
    (
        "model",
        "local",
    ): 'serve the model behind an OpenAI-compatible server, and use `openai(ID, base_url: "http://…")`',
    ("model", "replay"): "every answer is recorded in the store: run again with `--offline`",
    ("way to select", "search"): "use `deita(…)`, `facility_location(…)` or `top(…)`",
}

#: Kinds of declarations.
DECLARATIONS: Mapping[str, str] = {
    "rule": "write the rule as an expression: `rule NAME = EXPR`",
}
