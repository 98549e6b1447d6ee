"""Constants and params: values that are known before anything runs."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder, Value
from tunec.compiler.elaborate.expressions import lower
from tunec.compiler.types import ANY, SECRET, Type, accepts
from tunec.dsl.parser import parse_value
from tunec.dsl.source import Source
from tunec.dsl.tree import Call, Expression, Param

PARAM_TYPES = ("int", "float", "text", "bool", "path", "share", "money")


def constant(builder: Builder, node: Expression) -> Value | None:
    """The value of a constant expression; None where it is none (and has been reported)."""
    # A constant may be a secret, which is then checked where it is named.
    value = lower(builder, node, None, SECRET if isinstance(node, Call) and node.name == "env" else ANY)
    if value is None:
        return None
    if value.row or value.type.name in ("rows", "model", "embedder"):
        builder.report("T209", "expected a constant value", node.span)
        return None
    return value


def param_value(builder: Builder, name: str, item: Param) -> Value | None:
    """The value of a param: what `--set` gives, else its default."""
    if item.type not in PARAM_TYPES:
        builder.unknown("type", item.type, PARAM_TYPES, item.type_span or item.span, "T211")
        return None
    wanted = Type("text") if item.type == "path" else Type(item.type)
    given = builder.overrides.get(name)
    if given is not None:
        return _from_command_line(builder, name, item, wanted, given)
    if item.default is None:
        help_ = f"set it with `--set {name}=…`"
        builder.report("T108", f"param `{name}` is not set and has no default", item.name_span, help=help_)
        return None
    value = constant(builder, item.default)
    if value is not None and not accepts(wanted, value.type):
        builder.report(
            "T211", f"param `{name}` is declared as {item.type}, but its default is {value.type}", item.default.span
        )
        return None
    return value


def _from_command_line(builder: Builder, name: str, item: Param, wanted: Type, given: str) -> Value | None:
    if wanted.name == "text":
        return Value(wanted, given, folder=".")
    node = parse_value(Source(f"--set {name}", given))
    before = len(builder.diagnostics)
    value = lower(builder, node, None) if node is not None else None
    del builder.diagnostics[before:]  # they point into the command line; the one below says it in the spec's terms
    if value is None or not accepts(wanted, value.type):
        builder.report("T211", f"`--set {name}={given}`: expected {item.type}", item.name_span, "declared here")
        return None
    return value
