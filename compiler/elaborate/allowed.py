"""Whether a value of the right type is one that its parameter takes: ranges of numbers, lists of words, patterns."""

from __future__ import annotations

from collections.abc import Iterable

from tunec.compiler.catalogue import Operator, Parameter, Words
from tunec.compiler.elaborate.builder import Builder, Value
from tunec.compiler.limits import Limits
from tunec.compiler.lowered import Call, Lowered, Record
from tunec.compiler.names import suggestion
from tunec.compiler.types import REGEX, SCHEDULE
from tunec.dsl.source import Span
from tunec.dsl.tree import Expression, ListOf, Literal

#: How many words of a list a message names.
_SHOWN = 8


def is_allowed(builder: Builder, operator: Operator, parameter: Parameter, value: Value, node: Expression) -> bool:
    """Whether a parameter takes a value of its type. What it does not take is reported."""
    named, given = f"`{parameter.name}` of `{operator.name}`", value.lowered
    if parameter.limits is not None and (said := _outside(parameter.limits, parameter.type.name, given)):
        builder.report("T201", f"{named} must {said}", node.span, _value(value, node))
        return False
    if parameter.type.name == "character" and isinstance(given, str) and (len(given) != 1 or given in '"\r\n'):
        message = f"{named} is one character, and neither a quote nor a line break"
        builder.report("T201", message, node.span, _value(value, node))
        return False
    if parameter.type == REGEX and isinstance(given, str):
        return _is_pattern(builder, given, node)
    if parameter.type == SCHEDULE:
        return _is_schedule(builder, named, parameter.limits or Limits(), given, node.span)
    if parameter.words is not None:
        return knows(builder, parameter.words, f"{named} does not know", given, node)
    return True


def _is_schedule(builder: Builder, named: str, limits: Limits, given: Lowered, span: Span) -> bool:
    """Whether a value is a number, a list of numbers over the layers, or a record of those."""
    if isinstance(given, Record):
        if "default" not in given.entries:
            known = "a record has an entry `default`, for the weights that no other entry names"
            builder.report("T201", f"{named}: {known}", span)
            return False
        return all(_is_schedule(builder, named, limits, entry, span) for entry in given.entries.values())
    numbers = given if isinstance(given, tuple) else (given,)
    plain = [n for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)]
    if not numbers or len(plain) < len(numbers):
        message = "expected a number, a list of numbers over the layers, or a record of those"
        builder.report("T201", f"{named}: {message}", span)
        return False
    said = next((said for n in plain if (said := _outside(limits, "float", n))), "")
    if said:
        builder.report("T201", f"{named} must {said}", span)
    return not said


def _outside(limits: Limits, kind: str, given: Lowered) -> str:
    """What a number, or the number of items of a list, would have to be; empty where it is."""
    if kind == "list":
        few = isinstance(given, tuple) and not limits.hold(len(given))
        return "not be empty" if few and not given else f"have {limits.words} items" if few else ""
    if isinstance(given, bool) or not isinstance(given, int | float) or limits.hold(given):
        return ""
    if kind == "share" and not 0 <= given <= 1:
        return "be a share from 0 to 1, or 0% to 100%"
    return f"be {limits.words}"


def _value(value: Value, node: Expression) -> str:
    """What an expression came to, where the text does not say so itself."""
    plain = isinstance(node, Literal) or not isinstance(value.lowered, int | float | str)
    return "" if plain else f"this is {value.lowered!r}"


def _is_pattern(builder: Builder, pattern: str, node: Expression) -> bool:
    from tunec.compiler.regexes import fault

    said = fault(pattern)
    if said:
        builder.report("T211", f"this is not a valid regular expression: {said}", node.span)
    return not said


def knows(builder: Builder, words: Words, unknown: str, given: Lowered, node: Expression) -> bool:
    """Whether all texts of a value are among the words; the first that is not is reported as `unknown`."""
    known: Iterable[str] | None = None
    for text, where in _texts(given, node):
        known = words() if known is None else known
        if text in known:
            continue
        span = Span(where.file, where.start + 1, where.end - 1) if _quoted(node, text) else where
        help_, fixes = suggestion(text, known, span)
        listed = sorted(known)
        shown = ", ".join(f"`{word}`" for word in listed[:_SHOWN])
        said = f"known: {shown}" + (f", … ({len(listed)} in all)" if len(listed) > _SHOWN else "")
        builder.report("T201", f"{unknown} `{text}`", where, help=help_ or said, fixes=fixes)
        return False
    return True


def _quoted(node: Expression, text: str) -> bool:
    items = node.items if isinstance(node, ListOf) else (node,)
    return any(isinstance(item, Literal) and item.value == text for item in items)


def _texts(given: Lowered, node: Expression) -> list[tuple[str, Span]]:
    """The texts of a constant, each with its place as far as that is known."""
    if isinstance(given, str):
        return [(given, node.span)]
    if not isinstance(given, tuple):
        return []
    spans = [item.span for item in node.items] if isinstance(node, ListOf) else [node.span] * len(given)
    return [(item, span) for item, span in zip(given, spans, strict=True) if isinstance(item, str)]


def compared(builder: Builder, left: Value, right: Value, node: Expression) -> bool:
    """Whether a function can give the texts that it is compared with: `lang(prompt) == "english"` never holds."""
    call = left.lowered
    if not isinstance(call, Call):
        return True
    operator = builder.catalogue.at(call.operator)
    if operator.gives is None:
        return True
    return knows(builder, operator.gives, f"`{operator.name}` never gives", right.lowered, node)
