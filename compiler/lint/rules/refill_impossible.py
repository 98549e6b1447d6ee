"""A `refill` that nothing can fill: no one generation above it can make more rows for it.

New rows have to come through the stages in between beside those that are there. So there must be one generation above,
reached in one way, with a bound on its rows that leaves something to ask for, and no stage in between that chooses
among all rows. Otherwise a build would silently drop rows where the spec asks for new ones.

Source: `docs/semantics.md`, stages, `balance(refill: n)`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        dedup { exact(prompt) }
        balance(refill: 3) { share(lang(prompt)) <= 60% }
    }

Instead:
    seeds few = jsonl("seeds.jsonl", format: self_instruct)
    model base = bundled("smollm2-135m-instruct")

    generate fresh from few {
        self_instruct(base)
        until(rows: 100, requests: 500)
    }

    dataset rows from fresh {
        dedup { exact(prompt) }
        balance(refill: 3) { share(lang(prompt)) <= 60% }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lowered import Call, expect, expect_entries
from tunec.compiler.planning.refill import way_of

CODE = "T605"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """Every `balance` that asks for rounds of a generation that there is not."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name != "balance" or not stage.node.params.get("refill"):
                continue
            way = way_of(view.nodes, stage.node, view.catalogue)
            reason = way if isinstance(way, str) else _ends(view, way.generation.id)
            if reason:
                said = argument(stage.call, "refill")
                yield Finding(
                    f"`refill` cannot make more rows: {reason}",
                    said.span if said is not None else stage.head,
                    help="leave it out, or balance the rows of one generation with `until(rows: …, requests: …)`",
                )


def _ends(view: View, generation: str) -> str:
    """Why a generation has nothing left to make."""
    params = view.nodes[generation].params
    method, bounds = expect(Call, params["method"]), expect_entries(params["until"])
    if bounds.get("rows") is None:
        operator = view.catalogue.at(method.operator)
        return "the generation above has no `until(rows: …)`" + (
            "" if operator.endless else f", so that `{operator.name}` does all of its work anyway"
        )
    return ""
