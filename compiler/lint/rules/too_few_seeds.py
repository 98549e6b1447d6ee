"""A generation shows more demonstrations than there are seeds, or than its list is long.

Each request shows `demonstrations` different seeds and asks the model to continue the list up to `count`. With fewer
seeds the build fails at the first request; with as many demonstrations as the list is long, the model has nothing left
to write. Lower `demonstrations`, or add seeds.

Source: the page of `self_instruct`, in `tunec ops self_instruct`.

Example:
    seeds few = rows([
        {instruction: "Say hello.", response: "Hello!"},
        {instruction: "Say goodbye.", response: "Goodbye!"},
    ])
    model base = bundled("smollm2-135m-instruct")

    generate fresh from few {
        self_instruct(base, demonstrations: 3)
        until(rows: 100, requests: 200)
    }

    dataset rows from fresh { dedup { exact(prompt) } }

Instead:
    seeds few = rows([
        {instruction: "Say hello.", response: "Hello!"},
        {instruction: "Say goodbye.", response: "Goodbye!"},
    ])
    model base = bundled("smollm2-135m-instruct")

    generate fresh from few {
        self_instruct(base, demonstrations: 2)
        until(rows: 100, requests: 200)
    }

    dataset rows from fresh { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect
from tunec.dsl.diagnostics import Label

CODE = "T327"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """The `demonstrations` of every generation, against its seeds and its `count`."""
    for generation in view.declared("generate"):
        node = view.nodes[generation.entity.node]
        method = expect(Call, node.params["method"])
        shown, count = method.args.get("demonstrations"), method.args.get("count")
        most = most_rows(view)[node.inputs[0]]
        if not isinstance(shown, int):
            continue
        call = generation.stage(method.name)
        written = argument(call, "demonstrations")
        where = written.span if written else call.name_span if call else generation.item.name_span
        if most is not None and shown > most:
            seeds = view.referred(generation.item.source)
            labels = tuple(Label(d.item.name_span, f"at most {most} rows") for _, d in seeds)
            yield Finding(f"each request shows {shown} seeds, but there are at most {most}", where, "", labels)
        elif isinstance(count, int) and shown >= count:
            yield Finding(f"{shown} demonstrations fill a list of {count}: the model has nothing left to write", where)
