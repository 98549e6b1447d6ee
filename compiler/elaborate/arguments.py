"""Checks the arguments of a call against an operator's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tunec.compiler.catalogue import Operator, Parameter
from tunec.compiler.elaborate.allowed import is_allowed
from tunec.compiler.elaborate.builder import Builder, Flow, Value
from tunec.compiler.elaborate.columns import holds_numerals
from tunec.compiler.elaborate.weights import has_weights
from tunec.compiler.lowered import Field, Let, Lowered, Record, Ref, is_plain
from tunec.compiler.typed import is_condition, way_out
from tunec.compiler.types import ANY, AT_HAND, FIELDS, FLOAT, NUMBERS, PATH, ROWS, TEXT, Type, accepts
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Call, Expression, Literal

#: Types and lowers an argument as what its parameter wants; None where something was wrong, and has been reported.
LowerAs: TypeAlias = Callable[[Expression, Type], Value | None]

_FORMS = {
    "list": "a list",
    "text": "text",
    "path": "a path",
    "int": "an integer",
    "bool": "true or false",
    "secret": '`env("NAME")`',
}


def bind(
    builder: Builder,
    operator: Operator,
    call: Call,
    flow: Flow | None,
    lower: LowerAs,
    lifted: list[str] | None = None,
) -> dict[str, Lowered] | None:
    """The lowered arguments of a call, defaults filled in; None where something was wrong (and has been reported).

    The names of parameters that are given a list where the function takes one of its items are added to `lifted`.
    """
    positional = [p for p in operator.parameters if not p.keyword_only]
    bound: dict[str, Lowered] = {}
    fine = named = True
    for index, argument in enumerate(call.arguments):
        parameter = _parameter(builder, operator, positional, index, argument)
        if parameter is None:
            fine = named = False
            continue
        if parameter.name in bound:
            builder.report("T205", f"`{parameter.name}` of `{operator.name}` is given twice", argument.span)
            fine = False
            continue
        value = lower(argument.value, parameter.type)
        if value is None:
            fine = False
            bound[parameter.name] = None
            continue
        fine &= _fits(builder, operator, parameter, value, argument, flow)
        if fine and parameter.name in operator.weights and isinstance(value.lowered, Ref):
            what = f"weights are not here, which `{operator.name}` reads"
            fine &= has_weights(builder, value.lowered.node, argument.value.span, what)
        if lifted is not None and _lifts(operator, parameter, value):
            lifted.append(parameter.name)
        bound[parameter.name] = value.lowered
    for parameter in operator.parameters:
        if parameter.name in bound:
            continue
        if parameter.required and not named:
            continue  # the one with the unknown name is probably meant for it
        if parameter.required:
            name, kind = parameter.name, parameter.type
            builder.report(
                "T202",
                f"`{operator.name}` needs the argument `{name}: {kind}`",
                call.name_span,
                notes=(_signature(operator),),
            )
            fine = False
        elif parameter.form != "value" and isinstance(parameter.default, str):
            fine &= _has(builder, operator, parameter, call.name_span, flow)
            bound[parameter.name] = Field(parameter.default)
        else:
            bound[parameter.name] = parameter.default
    fine = fine and _matter(builder, operator, call, bound) and _agree(builder, operator, call, bound, flow)
    return {p.name: bound[p.name] for p in operator.parameters if p.name in bound} if fine else None


def _matter(builder: Builder, operator: Operator, call: Call, bound: dict[str, Lowered]) -> bool:
    """Whether the arguments that are given have an effect beside the others."""
    for argument in call.arguments:
        other, *values = operator.only.get(argument.name or "", ("",))
        if other and (bound.get(other) not in values if values else not bound.get(other)):
            needed = " or ".join(f"`{other}: {value}`" for value in values) or f"`{other}`"
            message = f"`{argument.name}` of `{operator.name}` has no effect without {needed}"
            builder.report("T201", message, argument.span, help=f"add {needed}, or remove it")
            return False
    return True


def given(builder: Builder, bound: Mapping[str, Lowered]) -> dict[str, Any]:
    """The arguments of a call as an operator looks at them: records as mappings, declarations as their nodes."""

    def plain(value: Lowered) -> Any:
        if isinstance(value, Ref):
            return builder.nodes.get(value.node)
        if isinstance(value, Record):
            return {name: plain(entry) for name, entry in value.entries.items()}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    return {name: plain(value) for name, value in bound.items()}


def _agree(builder: Builder, operator: Operator, call: Call, bound: dict[str, Lowered], flow: Flow | None) -> bool:
    """Whether the arguments can be beside each other, and with the rows, as the operator itself says it."""
    if operator.conflicts is None:
        return True
    conflict = operator.conflicts({**given(builder, bound), AT_HAND: flow.rows if flow is not None else None})
    if conflict is None:
        return True
    name, why = conflict
    places = [p.name for p in operator.parameters if not p.keyword_only]
    named = {a.name or places[n]: a.value.span for n, a in enumerate(call.arguments) if a.name or n < len(places)}
    builder.report("T201", why, named.get(name, call.name_span), notes=(_signature(operator),))
    return False


def _has(builder: Builder, operator: Operator, parameter: Parameter, span: Span, flow: Flow | None) -> bool:
    """Whether the row has the field that a parameter means where nothing is said."""
    if flow is None or parameter.default in builder.field_types(flow):
        return True
    needed = f"`{operator.name}` needs the argument `{parameter.name}: {parameter.type}`"
    message = f"{needed} ({flow.rows} rows have no `{parameter.default}`)"
    builder.report("T202", message, span, notes=(_signature(operator),))
    return False


def _parameter(
    builder: Builder, operator: Operator, positional: list[Parameter], index: int, argument: Argument
) -> Parameter | None:
    if argument.name is None:
        if index < len(positional):
            return positional[index]
        most = len(positional)
        if most == 0 and operator.parameters:
            message = f"the arguments of `{operator.name}` must be named"
        else:
            message = f"`{operator.name}` takes {most} positional argument{'s' * (most != 1)}"
        builder.report("T205", message, argument.span, notes=(_signature(operator),))
        return None
    parameter = operator.parameter(argument.name)
    if parameter is None:
        where = argument.name_span or argument.span
        names = [p.name for p in operator.parameters]
        notes = (_signature(operator),)
        builder.unknown(f"argument of `{operator.name}`:", argument.name, names, where, "T204", notes)
    return parameter


def _signature(operator: Operator) -> str:
    return f"signature: {operator.signature}"


def _fits(
    builder: Builder, operator: Operator, parameter: Parameter, value: Value, argument: Argument, flow: Flow | None
) -> bool:
    where = argument.value.span
    if parameter.form == "value" and value.row:
        message = f"`{parameter.name}` of `{operator.name}` must be the same for all rows, but this depends on the row"
        builder.report("T209", message, where)
        return False
    if parameter.form == "value" and not is_plain(value.lowered):
        message = f"`{parameter.name}` of `{operator.name}` needs a plain value; only arithmetic is computed beforehand"
        builder.report("T209", message, where)
        return False
    if value.type.name == "none" and parameter.optional:
        return True
    if operator.kind == "stages" and parameter.form == "column" and not _tells_rows_apart(operator, parameter, value):
        wants = "a source or a condition on the row" if operator.name == "repeat" else "a value that depends on the row"
        message = f"`{parameter.name}` of `{operator.name}`: expected {wants}, found {value.type}"
        builder.report("T201", message, where, f"this is {value.type}", notes=(_signature(operator),))
        return False
    wanted = parameter.type
    if parameter.form != "value" and flow is not None and _quoted(builder, operator, parameter, argument, flow):
        return False
    if _lifts(operator, parameter, value):
        return True
    if wanted == PATH and operator.source == "files" and value.type == Type("list", TEXT) and value.lowered:
        return True  # several files are read as those of a pattern
    mapped = wanted.name == "operator" and "formats" in wanted.words and value.type.name == "record"
    if mapped or (wanted.name == "enum" and value.lowered in wanted.words) or accepts(wanted, value.type):
        return is_allowed(builder, operator, parameter, value, argument.value)
    if (
        parameter.form in ("column", "parts")
        and wanted == FLOAT
        and value.type == TEXT
        and _numerals(builder, flow, value)
    ):
        return True
    several = " or a list of paths" if wanted == PATH and operator.source == "files" else ""
    lists = wanted.name == value.type.name == "list"  # then only what they hold differs
    plain = str(wanted) if lists else _FORMS.get(wanted.name, str(wanted))
    expected = f"one of {wanted}" if wanted.name == "enum" else plain + several
    message = f"`{parameter.name}` of `{operator.name}`: expected {expected}, found {value.type}"
    help_ = way_out(value.type) if wanted.name in NUMBERS and isinstance(value.lowered, Field | Let) else ""
    notes = (_signature(operator),)
    builder.report("T201", message, where, f"this is {value.type}", help=help_, notes=notes)
    return False


def _tells_rows_apart(operator: Operator, parameter: Parameter, value: Value) -> bool:
    """Whether a stage that asks for a column is given one: `repeat` takes the rows of a source, or those that a
    condition holds for."""
    if operator.name == "repeat":
        return value.type == ROWS or (value.row and is_condition(value.type))
    return value.row or parameter.type != ANY


def _quoted(builder: Builder, operator: Operator, parameter: Parameter, argument: Argument, flow: Flow) -> bool:
    """Whether the name of a field stands in quotes where a field is meant: `words("response")`."""
    value = argument.value
    first = parameter.required and parameter == operator.parameters[0]
    if not first or not isinstance(value, Literal) or not isinstance(value.value, str):
        return False
    message = f"`{operator.name}` would look at the word {value.value!r}, not at the field `{value.value}`"
    if value.value not in builder.field_types(flow):
        if not any(value.value in fields for fields in FIELDS.values()):
            return False
        # The name of a field that rows of other types have.
        builder.report("T201", f"{message}, which {flow.rows.value} rows do not have", value.span)
        return True
    fix = Fix(f"write `{value.value}`", (Edit(value.span, str(value.value)),), safe=False)
    builder.report("T201", message, value.span, help="fields are written without quotes", fixes=(fix,))
    return True


def _numerals(builder: Builder, flow: Flow | None, value: Value) -> bool:
    """Whether a column of texts holds numbers alone; they are read as such where numbers are wanted."""
    name = value.lowered.name if isinstance(value.lowered, Field) else ""
    return flow is not None and name.startswith("meta.") and holds_numerals(builder, flow.node, name[5:])


def _lifts(operator: Operator, parameter: Parameter, value: Value) -> bool:
    """Whether a function of a text is given a list of texts, of each of which it is then computed.

    So `any(refusal(responses))` asks of every answer of a chat.
    """
    if isinstance(value.lowered, Field) and value.lowered.name.startswith("meta."):
        return False  # what a spec means does not depend on its files
    both = parameter.type == TEXT and value.type == Type("list", TEXT)
    return both and parameter.form == "expr" and operator.form == "expr"
