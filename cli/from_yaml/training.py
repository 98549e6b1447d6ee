"""The `model` and `train` of a spec, and whether this version of tunec can build them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tunec.compiler.catalogue import Catalogue, Operator, Parameter
from tunec.dsl.print import print_text
from tunec.from_yaml.start import Asked, Training

#: Models that a package ships, by the names under which other tools load the same weights.
_BUNDLED = {"huggingfacetb/smollm2-135m-instruct": "smollm2-135m-instruct"}


def training_text(training: Training, rows: str, held_out: str, catalogue: Catalogue) -> tuple[str, bool]:
    """The declarations of a training on the rows of that name, and whether they can be built: if not, they are still
    what is meant, to stand in a comment."""
    said = str(training.model.value).strip()
    bundled = _BUNDLED.get(said.lower())
    model = f"bundled({print_text(bundled)})" if bundled else f"local({print_text(said)})"
    missing = [] if bundled or catalogue.find("models", "local") else ["a model that is not bundled"]
    calls = []
    for kind, name, arguments in (
        ("adapters", training.adapter, training.adapter_arguments),
        ("objectives", training.objective, training.objective_arguments),
    ):
        operator = catalogue.find(kind, name)
        missing += [] if operator else [f"`{name}`"]
        near = catalogue.find(kind, "lora" if kind == "adapters" else "sft")
        calls.append(_call(name, operator, operator or near, arguments))
    if missing or not rows:
        reason = f"not carried: training with {' and '.join(missing)} is not supported yet"
        reason = reason if missing else "not carried: there are no rows for this training"
        training.model.leave(f"{reason}; it is kept in the spec as a comment")
    lines = [f"model base = {model}", "", f"train tuned from base on {rows or 'data'} {{", *calls, "}"]
    if held_out and training.objective in ("sft", "pretrain"):
        lines += ["", f"evaluate scores of [base, tuned] {{ perplexity(on: {held_out}) }}"]
    return "\n".join(lines), bool(rows) and not missing


def _call(name: str, operator: Operator | None, near: Operator | None, arguments: Mapping[str, Asked]) -> str:
    """A call of an operator; of one that does not exist yet, with literals like those of the operator nearest to it."""
    written = []
    for argument, given in arguments.items():
        if operator is not None and operator.parameter(argument) is None:
            given.leave(f"not carried: `{name}` has no argument `{argument}`")
            continue
        text = literal(given.value, near.parameter(argument) if near else None)
        if text is None:
            given.leave(f"not carried: `{name}` does not take this for `{argument}`")
        elif text:
            written.append(f"{argument}: {text}")
    return f"{name}({', '.join(written)})"


def literal(value: Any, parameter: Parameter | None) -> str | None:
    """A value as a spec writes it; "" where the default says the same; None where the parameter does not take it."""
    type_ = parameter.type if parameter else None
    item = type_.item if type_ and type_.name == "list" else None
    if item is not None and item.name == "enum":
        if value == "all":
            return "[" + ", ".join(item.words) + "]"
        if not isinstance(value, list) or not set(value) <= set(item.words):
            return None
        return "[" + ", ".join(value) + "]"
    if type_ is not None and type_.name == "enum":
        return value if value in type_.words else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if parameter is not None and parameter.limits is not None and not parameter.limits.hold(value):
            return None
        if type_ is not None and type_.name == "int" and value != int(value):
            return None
        if type_ is not None and type_.name == "share":
            return share(value) if 0 <= value <= 1 else None
        return str(value) if isinstance(value, int) else repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(print_text(str(item)) for item in value) + "]"
    return str(value) if str(value).isidentifier() else print_text(str(value))


def share(value: float) -> str:
    """A share in per cent, without what binary fractions add."""
    return f"{Decimal(repr(value)).scaleb(2).normalize():f}%"
