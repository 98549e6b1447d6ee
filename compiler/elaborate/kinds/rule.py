"""`rule`: an expression with a name, stated or fitted."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.fits import fitted
from tunec.compiler.elaborate.kind import Kind
from tunec.compiler.elaborate.walk import names
from tunec.compiler.names import closest
from tunec.dsl.tree import Declaration, Name


def _rule(builder: Builder, name: str, item: Declaration) -> Entity | None:
    if item.value is None:
        return fitted(builder, item)
    fine = all(_is_parameter(builder, item, index) for index in range(len(item.parameters)))
    parameters = tuple(parameter.text for parameter in item.parameters)
    return Entity("rule", item.name_span, "rule", expression=item.value, parameters=parameters) if fine else None


def _is_parameter(builder: Builder, item: Declaration, index: int) -> bool:
    """Whether a parameter has a name of its own, and the rule says something of it."""
    parameter = item.parameters[index]
    name = parameter.text
    if any(other.text == name for other in item.parameters[:index]):
        builder.report("T102", f"`{item.name}` has two parameters that are called `{name}`", parameter.span)
    elif builder.program.resolve(name, item.span.file) is not None:
        message = f"`{name}` would hide a declaration: choose a different name"
        builder.report("T104", message, parameter.span)
    elif all(other.text != name for other in names(item.value)):
        _unused(builder, item, parameter)
    else:
        return True
    return False


def _unused(builder: Builder, item: Declaration, parameter: Name) -> None:
    """Report a parameter that the rule says nothing of, or the name in it that was probably meant for it."""
    own, file = {other.text for other in item.parameters}, item.span.file
    for other in names(item.value):
        known = other.text in own or builder.program.resolve(other.parts[0], file) is not None
        if not known and closest(other.text, [parameter.text]) is not None:
            builder.unknown("name", other.text, [parameter.text], other.span)
            return
    builder.report("T205", f"the parameter `{parameter.text}` is not used in the rule `{item.name}`", parameter.span)


KIND = Kind(("rule",), _rule, "rule", target=True, block=("fitting",))
