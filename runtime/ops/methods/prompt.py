'''`prompt(teacher, """…{{ instruction }}…""")` in a `generate` block: a prompt of one's own.'''

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import OperatorError, at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Answer, Draft, Method, Rejection, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec, Record

_NAME = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
#: The content columns of the rows that are made.
_COLUMNS = ("instruction", "input", "response", "system")


@operator(
    version=2, cost="model", packages=("jsonschema",), rows=("instruction", "text"), makes="instruction",
    templates=("text",), asks=lambda given: int(given["samples"]),
)  # fmt: skip
def prompt(
    model: ModelSpec,
    text: str,
    *,
    output: Record | None = None,
    system: str = "",
    samples: Annotated[int, "1.."] = 1,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    '''Asks a model, about each row, whatever the spec says.

    Without `output` the answer becomes the response, and the rest of the row stays. With `output` the model answers
    with JSON of these names and types, which is checked; its texts take the place of the row's.

    Args:
        model: the model that is asked.
        text: the prompt; `{{ instruction }}` stands for a content column of the row, `{{ meta.topic }}` for another.
        output: what is to be answered, such as `{instruction: "text", response: "text"}`; types are text, int, float
            and bool. What is not called `instruction`, `input`, `response` or `system` is checked, and not kept.
        system: what the model is told first.
        samples: how many answers for each row, each a row of its own.
        temperature: sampling temperature; by default the model's own.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own.

    Example:
        generate simpler from tasks {
            prompt(teacher, """Explain to a child: {{ instruction }}""")
        }
    '''
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("prompt", samples=samples)
    sampling = sampling_of(model, temperature, top_p, max_tokens)
    return EachRow((model,), samples, partial(_work, model, sampling, text, system, samples, _schema(output)))


def _schema(output: Record | None) -> str:
    """The JSON schema of an output."""
    if not output:
        return ""
    from tunec.runtime.text.structured import TYPES, object_schema

    try:
        schema = object_schema(output)
    except ValueError as error:
        raise OperatorError(f"prompt: `{error}` in `output`; types are {', '.join(TYPES)}") from error
    if not set(output) & set(_COLUMNS):
        raise OperatorError(f"prompt: `output` names none of the fields of a row: {', '.join(_COLUMNS)}")
    return json.dumps(schema, separators=(",", ":"))


def _work(model: ModelSpec, sampling: Sampling, text: str, system: str, samples: int, schema: str, unit: Unit) -> Work:
    from tunec.runtime.base.method import Ask, Message, Request

    row = unit.row
    filled = _NAME.sub(lambda found: _value(row, found[1]), text)
    asked = (*((Message("system", system),) if system else ()), Message("user", filled))
    answers = yield Ask(model, sampling, tuple(Request(asked, schema, number) for number in range(samples)))
    return [_part(answer, row, schema) for answer in answers]


def _value(row: dict[str, Any], name: str) -> str:
    column = name if name in row else f"meta.{name}"
    if column not in row:
        known = ", ".join(name for name in row if name not in ("id", "origin", "position", "parents"))
        raise OperatorError(f"prompt: the rows have no `{name}`; they have {known}")
    value = row[column]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _part(answer: Answer, row: dict[str, Any], schema: str) -> Draft | Rejection:
    from tunec.runtime.base.method import Draft, Rejection
    from tunec.runtime.text.structured import BadJson, read_json

    parents = (str(row["id"]),)
    if answer.finish != "stop":
        reason = ("answer", answer.reason) if answer.finish == "failed" else ("complete", "cut at max_tokens")
        return Rejection(*reason, answer.text[:500], parents)
    kept = {name: row.get(name) or "" for name in _COLUMNS}
    kept["instruction"] = kept["instruction"] or row.get("text") or ""
    if not schema:
        said = answer.text.strip()
        return Draft({**kept, "response": said}, parents) if said else Rejection("answer", "empty", "", parents)
    try:
        made = read_json(answer.text, schema)
    except BadJson as error:
        return Rejection("output as JSON", str(error), answer.text[:500], parents)
    texts = {name: str(made[name]).strip() for name in _COLUMNS if name in made}
    empty = next((name for name in ("instruction", "response") if texts.get(name) == ""), None)
    if empty is not None:
        return Rejection("answer", f"an empty `{empty}`", answer.text[:500], parents)
    return Draft({**kept, **texts}, parents)
