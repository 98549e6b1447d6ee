"""A generation that ends only when it has enough rows.

A model that repeats itself makes no new rows, and such a generation then asks, and pays, forever: rows dropped by
`novel` or a filter do not count. Add a bound on requests or cost, which ends it whatever the model does.

Source: Wang et al., Self-Instruct (arXiv 2212.10560), figure 4: the share of new tasks falls as the pool grows.

Example:
    seeds few = jsonl("seeds.jsonl", format: self_instruct)
    model base = bundled("smollm2-135m-instruct")

    generate fresh from few {
        self_instruct(base)
        until(rows: 100)
    }

    dataset rows from fresh { dedup { exact(prompt) } }

Instead:
    seeds few = jsonl("seeds.jsonl", format: self_instruct)
    model base = bundled("smollm2-135m-instruct")

    generate fresh from few {
        self_instruct(base)
        until(rows: 100, requests: 500)
    }

    dataset rows from fresh { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Call, expect, expect_entries

CODE = "T604"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Generations without a bound on what is spent."""
    for generation in view.declared("generate"):
        params = view.nodes[generation.entity.node].params
        bounds, method = expect_entries(params["until"]), expect(Call, params["method"])
        endless = view.catalogue.at(method.operator).endless
        if endless and bounds.get("requests") is None and bounds.get("cost") is None:
            call = generation.stage("until")
            where = call.span if call is not None else generation.item.name_span
            message = f"`{generation.name}` ends only when it has enough rows"
            yield Finding(message, where, help="add `requests:` or `cost:`; the first bound that is reached ends it")
