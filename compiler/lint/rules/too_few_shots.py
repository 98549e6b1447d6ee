"""A measure shows more solved questions than there are.

Demonstrations come from `shots_from`, or else from the scored set itself, and never include the question that is asked.
A set of n items can therefore show n - 1 of its own, and another set all of its items. Lower `shots`, or take them from
a larger set.

Source: `docs/semantics.md`, multiple choice.

Example:
    benchmark quiz = rows([
        {question: "How much is 2 + 2?", choices: ["3", "4"], answer: "4"},
        {question: "How much is 3 + 3?", choices: ["6", "7"], answer: "6"},
    ])
    model base = bundled("smollm2-135m-instruct")

    evaluate scores of base { multiple_choice(on: quiz, shots: 5) }

Instead:
    benchmark quiz = rows([
        {question: "How much is 2 + 2?", choices: ["3", "4"], answer: "4"},
        {question: "How much is 3 + 3?", choices: ["6", "7"], answer: "6"},
    ])
    model base = bundled("smollm2-135m-instruct")

    evaluate scores of base { multiple_choice(on: quiz, shots: 1) }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument, call_of
from tunec.compiler.lowered import Call, Ref, expect_all

CODE = "T328"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """The `shots` of every measure, against the most that its demonstrations can be."""
    for evaluation in view.declared("evaluate"):
        statements = evaluation.statements
        measures = expect_all(Call, view.nodes[evaluation.entity.node].params["measures"])
        for statement, measure in zip(statements, measures, strict=False):
            args = measure.args
            shots, own = args.get("shots"), not args.get("shots_from")
            pool = args.get("on") if own else args["shots_from"]
            most = most_rows(view).get(pool.node) if isinstance(pool, Ref) else None
            if isinstance(shots, int) and most is not None and shots > most - own:
                written = argument(call_of(statement), "shots")
                where = written.span if written is not None else statement.span
                left = max(0, most - own)
                message = f"`shots: {shots}` asks for {shots} solved questions, but only {left} can be shown"
                yield Finding(message, where)
