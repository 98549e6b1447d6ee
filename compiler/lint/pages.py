"""Writes docs/diagnostics.md out of the pages: `python -m tunec.compiler.lint.pages > docs/diagnostics.md`."""

from __future__ import annotations

from tunec.compiler.docstrings import body, sections
from tunec.compiler.lint.rule import all_codes, load_rules
from tunec.dsl.codes import Code

#: What the first digits of a code say.
GROUPS = {
    "T0": "Syntax",
    "T1": "Names",
    "T2": "Types",
    "T3": "Data",
    "T4": "Contamination",
    "T5": "Training",
    "T6": "Cost and plan",
    "T9": "Run time",
}
#: Practices that a later version will judge, with what they wait for.
PENDING = (
    "rows that the tokenizer cuts at `max_length`: waits for the tokenizer of the model (T505 counts words until then)",
    "a chat template that never trains its end token: waits for the templates of models",
    "adapters with under 0.1 % of the parameters: waits for the shapes of models",
    "more memory than the device has: waits for the memory of models and devices",
    "parents of a merge whose training data is unknown: waits for `merge`",
    "models of a merge with different tokenizers or shapes: waits for `merge`",
    "`pretrain` without a share of general data: waits for `pretrain`",
    "a source that `repeat` shows over four times: waits for `repeat` (T306 counts epochs and `unimax` until then)",
    "a run over `--max-cost`: waits for prices in the plan",
)
_HEAD = """# Diagnostics

What `tunec` says about a spec, by code; `tunec explain CODE` prints the same pages. An *error* stops a build, a
*warning* does not; with `--strict` every warning is an error. The codes of the linter, and all warnings, can be allowed
where they do not fit, with a reason, on the line or above it:

```{.tune .fragment}
# tunec: allow T313 because "a tone is all that is to be learned"
train tuned from base on rows {
    lora()
    sft()
}
```

This file is made of the pages: `python -m tunec.compiler.lint.pages > docs/diagnostics.md`.

![A diagnostic in the terminal](diagnostic.svg)
"""


def document() -> str:
    """The whole file."""
    rules = {rule.code for rule in load_rules()}
    parts = [_HEAD]
    group = ""
    for key, code in all_codes().items():
        if key[:2] != group:
            group = key[:2]
            parts.append(f"## {GROUPS[group]}\n")
        parts.append(_page(key, code, key in rules))
    pending = "".join(f"- {line}\n" for line in PENDING)
    parts.append(f"## Pending\n\nPractices of the list in `language.md` that no rule judges yet:\n\n{pending}")
    return "\n".join(parts)


def _page(key: str, code: Code, is_rule: bool) -> str:
    blocks = "".join(f"\n{name}:\n\n```tune\n{text}```\n" for name, text in sections(code.page).items())
    kind = "a rule of the linter" if is_rule else "the compiler"
    return f"### {key} {code.name}\n\n*{code.severity}, {kind}*\n\n{body(code.page)}\n{blocks}"


if __name__ == "__main__":
    print(document(), end="")
