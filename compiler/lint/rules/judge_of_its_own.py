"""A model that judges what it wrote itself.

Models prefer their own answers: in pairwise comparisons GPT-4 favours itself by about a tenth, Claude by a quarter.
Rows that such a judge keeps are those that sound like the writer, not those that are right. Let another model judge.

Source: Zheng et al., Judging LLM-as-a-Judge with MT-Bench (arXiv 2306.05685), section 3.3, self-enhancement bias;
Panickssery et al., LLM Evaluators Recognize and Favor Their Own Generations (arXiv 2404.13076).

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model writer = openai("writer-32b", base_url: "http://localhost:8000/v1")

    generate answered from tasks { respond(writer) }

    dataset rows from answered {
        filter { keep judge(writer, rubric: "Is the answer right?", scale: 1..5) >= 4 }
        dedup { exact(prompt) }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    model writer = openai("writer-32b", base_url: "http://localhost:8000/v1")
    model referee = openai("referee-70b", base_url: "http://localhost:8001/v1")

    generate answered from tasks { respond(writer) }

    dataset rows from answered {
        filter { keep judge(referee, rubric: "Is the answer right?", scale: 1..5) >= 4 }
        dedup { exact(prompt) }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import Node
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View, argument
from tunec.compiler.lint.writers import generations, judges, method_of, same, writers
from tunec.dsl.source import Span

CODE = "T607"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Judges of methods, of the stages of a generation, and of data sets."""
    for generation in view.declared("generate"):
        node = view.nodes[generation.entity.node]
        call = generation.stage(method_of(node).operator.split(".")[-1])
        said = argument(call, "judge")
        where = said.span if said is not None else call.span if call is not None else generation.item.name_span
        yield from _own(view, judges(view, node.params["method"]), node, where)
        filtering = generation.stage("filter")
        where = filtering.name_span if filtering is not None else generation.item.name_span
        yield from _own(view, judges(view, node.params["stages"]), node, where)
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            found = judges(view, tuple(stage.node.params.values()))
            for source in generations(view, stage.node.id) if found else ():
                yield from _own(view, found, source, stage.head)


def _own(view: View, found: list[Node], generation: Node, where: Span) -> Iterator[Finding]:
    for judge in found:
        if any(same(judge, writer) for writer in writers(view, generation)):
            name, rows = view.names.get(judge.id, str(judge.params.get("id"))), view.names.get(generation.id, "")
            yield Finding(
                f"`{name}` judges rows of `{rows}`, which it wrote itself", where, help="let another model judge"
            )
            return
