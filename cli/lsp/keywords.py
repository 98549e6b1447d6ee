"""What the words of the language mean, in a sentence, with an example: for hovers."""

from __future__ import annotations

#: Each keyword with what it does and how it is written.
MEANINGS: dict[str, tuple[str, str]] = {
    "spec": ("Names the spec and gives its version, seed and licence.", 'spec chat(version: "1.0.0", seed: 7)'),
    "import": ("Reads the declarations of another file.", 'import "common.tune" as common'),
    "param": ("A value that `--set NAME=…` can change.", "param rows: int = 500"),
    "vary": ("One variant of the spec for each item of a list.", "vary size in [1k, 2k, 4k]"),
    "const": ("A named constant.", 'const stem = ["math", "physics"]'),
    "source": ("Rows that are read from outside.", 'source tasks = jsonl("tasks.jsonl", format: alpaca)'),
    "seeds": ("Rows that generation starts from.", 'seeds tasks = jsonl("seeds.jsonl", format: self_instruct)'),
    "benchmark": ("Items that must never be trained on.", 'benchmark gsm8k = jsonl("gsm8k.jsonl", format: choice)'),
    "model": ("A language model.", 'model base = openai("gpt-4o-mini", temperature: 0.7)'),
    "embedder": ("A sentence embedder.", 'embedder minilm = bundled("all-minilm-l6-v2")'),
    "generate": ("Rows that a model makes from others.", "generate fresh from tasks { respond(base) }"),
    "dataset": ("Rows, brought together and worked over stage by stage.", "dataset chat from [tasks, fresh] { … }"),
    "rule": ("A named expression over a row, called like a function.", "rule short = words(response) < 50"),
    "tokenizer": ("An extended tokenizer.", "tokenizer wide from base on corpus { extend() }"),
    "train": ("A model that is trained on rows.", "train tuned from base on chat { lora() sft() }"),
    "merge": ("A model that is made of others.", "merge blend from [a, b] { slerp(t: 0.5) }"),
    "evaluate": ("A report with the scores of models.", "evaluate scores of [base, tuned] { … }"),
    "keep": ("Keeps the rows for which a condition is true.", "keep words(prompt) in 3..150"),
    "drop": ("Drops the rows for which a condition is true.", "drop refusal(response) as refusals"),
    "let": ("Computes a value of each row and keeps it as a column.", "let size = words(response)"),
    "check": ("A promise about the result; the build fails where it does not hold.", "check count(train) >= 10k"),
    "from": ("The rows or models that a declaration starts from.", "dataset chat from [tasks, fresh] { … }"),
    "on": ("The rows that a model is trained on.", "train tuned from base on chat { … }"),
    "of": ("The models that are evaluated.", "evaluate scores of [base, tuned] { … }"),
    "with": ("The tokenizer that a model is trained with.", "train zh from base on corpus with wide { … }"),
    "as": ("Gives an import, the rows after a stage, or a rule of a report its name.", "shuffle() as mixed"),
    "and": ("True where both sides are.", "keep a and b"),
    "or": ("True where a side is.", "keep a or b"),
    "not": ("True where its operand is not.", 'keep not contains(response, "TODO")'),
    "in": ("Whether a value is in a list or a range; both ends of a range count.", 'keep lang(prompt) in ["en", "zh"]'),
    "if": ("One value or another, by a condition.", "if words(response) > 50 then 1 else 0"),
    "then": ("The value where the condition of `if` is true.", "if words(response) > 50 then 1 else 0"),
    "else": ("The value where the condition of `if` is not true.", "if words(response) > 50 then 1 else 0"),
    "true": ("The truth value.", "packing: true"),
    "false": ("The truth value.", "packing: false"),
    "none": ("No value: `system == none` finds the rows without a system prompt.", "keep system == none"),
}

#: The same for words that are called and no operators of the catalogue.
CALLED: dict[str, tuple[str, str]] = {
    "share": ("The share of the rows for which a condition is true.", 'share(lang(prompt) == "en") <= 80%'),
    "count": ("The number of rows for which a condition is true, or that a split has.", "count(train) >= 10k"),
    "between": ("Whether a value lies between two others, both included.", "between(words(prompt), 3, most)"),
    "env": ("The value of an environment variable, for arguments that take a secret.", 'key: env("API_KEY")'),
}
