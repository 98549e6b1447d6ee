"""Writes docs/diagnostics.md out of the pages: `python -m tunec.compiler.lint.pages > docs/diagnostics.md`."""

from __future__ import annotations

from difflib import SequenceMatcher

from tunec.compiler.docstrings import body, sections
from tunec.compiler.lint.rule import all_codes, load_rules
from tunec.dsl.codes import Code
from tunec.dsl.examples import EXAMPLES

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
#: Practices that a later version will check, with what they need.
PENDING = (
    "rows that the tokenizer truncates at `max_length`: needs the model's tokenizer (until then, T505 counts words)",
    "a chat template that never trains its end token: needs the chat templates of models",
    "adapters with less than 0.1% of the parameters: needs the shapes of models",
    "more memory than the device has: needs the memory of models and devices",
    "parents of a merge whose training data is unknown: needs models from outside of the spec",
    "`pretrain` without a share of general data: needs `pretrain`",
)
_HEAD = """# Diagnostics

All diagnostics of `tunec`, by code; `tunec explain CODE` prints the same pages. An *error* stops a build, a *warning*
does not; with `--strict` every warning is an error. Diagnostics of the linter, and all warnings, can be suppressed
where they do not apply, with a reason, on the same line or the line above:

```{.tune .fragment}
# tunec: allow T313 because "only the tone is to be learned"
train tuned from base on rows {
    lora()
    sft()
}
```

This file is generated from these pages: `python -m tunec.compiler.lint.pages > docs/diagnostics.md`.

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
    parts.append(f"## Pending\n\nPractices listed in `language.md` that no rule checks yet:\n\n{pending}")
    return "\n".join(parts)


def page_of(key: str) -> str:
    """The page of a code as plain text: what is wrong, why, an example, what to write instead. A `>` stands before the
    lines that differ between the two."""
    code = all_codes()[key]
    parts = [body(code.page)]
    for name, text in _examples(key, code).items():
        lines = text.splitlines()
        changed = _changed(key, code)[name]
        shown = [f"{'  > ' if number in changed else '    '}{line}".rstrip() for number, line in enumerate(lines)]
        parts.append("\n".join([f"{name}:", *shown]))
    return "\n\n".join(parts)


def _examples(key: str, code: Code) -> dict[str, str]:
    """The specs of a page by what stands above them. A rule has them in its docstring."""
    if key in EXAMPLES:
        return dict(zip(("Example", "Instead"), EXAMPLES[key], strict=True))
    return sections(code.page)


def _changed(key: str, code: Code) -> dict[str, set[int]]:
    """The lines, counted from zero, in which the specs of a page differ."""
    found = _examples(key, code)
    if {*found} < {"Example", "Instead"}:
        return {name: set() for name in found}
    example, instead = (found[name].splitlines() for name in ("Example", "Instead"))
    before, after = set[int](), set[int]()
    for tag, a, b, c, d in SequenceMatcher(None, example, instead, False).get_opcodes():
        if tag != "equal":
            before.update(n for n in range(a, b) if example[n])
            after.update(n for n in range(c, d) if instead[n])
    return {"Example": before, "Instead": after}


def _page(key: str, code: Code, is_rule: bool) -> str:
    blocks = ""
    for name, text in _examples(key, code).items():
        marked = " ".join(str(number + 1) for number in sorted(_changed(key, code)[name]))
        info = f'{{.tune hl_lines="{marked}"}}' if marked else "tune"
        blocks += f"\n{name}:\n\n```{info}\n{text}```\n"
    kind = "linter" if is_rule else "compiler"
    return f"### {key} {code.name}\n\n*{code.severity}, {kind}*\n\n{body(code.page)}\n{blocks}"


if __name__ == "__main__":
    print(document(), end="")
