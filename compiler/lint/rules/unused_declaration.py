"""A declaration that nothing uses.

Either it was forgotten (a benchmark that nothing is checked against), or what used it is gone. Use it, or remove it.
Data sets, trainings and evaluations are results and need no user; a file without any of them is a library for others to
import, and is not checked.

Source: the same rule in every compiler, for the same reason.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = jsonl("quiz.jsonl", format: choice)
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    benchmark quiz = jsonl("quiz.jsonl", format: choice)

    dataset rows from tasks {
        dedup { exact(prompt) }
        decontaminate(against: [quiz]) { exact() }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.elaborate.kinds import target_kinds
from tunec.compiler.elaborate.walk import mentioned
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.dsl.tree import Declaration, Import, Spec

CODE = "T323"
SEVERITY = "warning"
WHOLE = True


def check(view: View) -> Iterator[Finding]:
    """The declarations of the main file whose names stand nowhere else."""
    program = view.builder.program
    file = next(iter(program.files), "")
    own = [(name, d) for name, d in program.declared.items() if d.span.file == file]
    if not any(isinstance(d, Declaration) and _is_target(d) for _, d in own):
        return
    used = _used(view)
    for name, declared in own:
        kind = declared.kind if isinstance(declared, Declaration) else type(declared).__name__.lower()
        if name not in used and not (isinstance(declared, Declaration) and _is_target(declared)):
            yield Finding(f"unused {kind} `{name}`", declared.name_span)


def _is_target(declared: Declaration) -> bool:
    """Whether a build makes it: of rules those that are fitted."""
    return declared.kind in target_kinds() and not (declared.kind == "rule" and declared.block is None)


def _used(view: View) -> set[str]:
    program, mentions = view.builder.program, view.builder.mentions
    used = {name for names in mentions.values() for name in names}
    for file, tree in program.files.items():
        for item in tree.declarations:
            name = None if isinstance(item, Spec | Import) else program.resolve(item.name, file)
            if name is None or program.declared[name] is not item:  # the `spec` line, and what is declared again
                used.update(mentioned(program, item, file))
    return used
