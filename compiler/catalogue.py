"""The catalogue as the compiler sees it: operators with typed parameters, and how a Python signature becomes one."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Lowered
from tunec.compiler.sample import Sample
from tunec.compiler.types import (
    ANY,
    BOOL,
    CHARACTER,
    DURATION,
    EMBEDDER,
    FLOAT,
    INT,
    MODEL,
    MONEY,
    PATH,
    RANGE,
    RECORD,
    REGEX,
    ROWS,
    SCALAR,
    SECRET,
    SHARE,
    SIZE,
    TEXT,
    Type,
)
from tunec.dsl.record import record

#: How an argument reaches the function: a constant, a Polars expression over the row, or a column of values.
Form = Literal["value", "expr", "column"]

_ROW_TYPES = {"Text": TEXT, "Int": INT, "Float": FLOAT, "Bool": BOOL, "Any": ANY, "Texts": Type("list", TEXT)}
_ROW_TYPES |= {"Bools": Type("list", BOOL), "Scalar": SCALAR}
_VALUES = {
    "str": TEXT, "int": INT, "float": FLOAT, "bool": BOOL, "Share": SHARE, "Money": MONEY, "Seconds": DURATION,
    "Bytes": SIZE, "Path": PATH, "Pattern": REGEX, "Character": CHARACTER, "Range": RANGE, "Record": RECORD,
    "Secret": SECRET,
    "ModelSpec": MODEL, "EmbedderSpec": EMBEDDER, "Rows": ROWS, "Any": ANY, "Keeper": Type("operator", words=("keep",)),
    "Field": Type("field"), "Selector": Type("operator", words=("select",)),
    "Format": Type("operator", words=("formats",)), "Finder": Type("operator", words=("finders",)),
}  # fmt: skip
#: Parameters that the engine supplies; a spec never writes them.
SUPPLIED = (
    "Frame", "Context", "RowTexts", "ItemTexts", "Suspects", "Count", "Files", "list[Bound]", "list[Constraint]",
    "dict[str, Share]", "Pool", "list[RowRule]", "Constraint", "dict[str, AnyColumn]",
)  # fmt: skip


@record
class Parameter:
    """One parameter of an operator, as a spec may write it."""

    name: str
    type: Type
    form: Form
    required: bool
    default: Lowered  # where it is not required
    keyword_only: bool
    optional: bool  # `none` is a value

    def __str__(self) -> str:
        head = f"{self.name}: {self.type}"
        if self.required:
            return head
        return f"{head} = {_shown(self.default)}"


def _shown(default: Lowered) -> str:
    if default is None or isinstance(default, bool):
        return {None: "none", True: "true", False: "false"}[default]
    if isinstance(default, tuple):
        return "[" + ", ".join(_shown(item) for item in default) + "]"
    return repr(default).replace("'", '"') if isinstance(default, str) and not default.isidentifier() else str(default)


@record
class Operator:
    """An operator of the catalogue: what a spec may write, and what the planner must know of it."""

    kind: str
    name: str
    module: str
    parameters: tuple[Parameter, ...]
    supplied: tuple[tuple[str, str], ...]  # (parameter, annotation)
    returns: Type
    form: Form
    version: int
    cost: str
    block: str
    neutral: tuple[str, ...]
    row_wise: bool
    changes_text: bool
    random: bool
    rows: tuple[str, ...]
    packages: tuple[str, ...]  # whose versions change its result
    reads: tuple[str, ...]  # files beside its code that do
    source: str  # what a connector reads: "files", "hub", "version"
    decisions: str  # the parameter that is a file of decisions
    makes: str  # the row type of what a method makes, "" for that of its seeds
    endless: bool  # a method that needs a bound
    docstring: str  # as it stands in the module

    @property
    def doc(self) -> str:
        """Its documentation."""
        return inspect.cleandoc(self.docstring)

    @property
    def path(self) -> str:
        """`KIND.NAME`, the name of the operator in a graph."""
        return f"{self.kind}.{self.name}"

    @property
    def signature(self) -> str:
        """The typed signature as documentation shows it."""
        parts = [str(p) for p in self.parameters if not p.keyword_only]
        parts += [str(p) for p in self.parameters if p.keyword_only]
        result = f" -> {self.returns}" if self.kind == "functions" else ""
        return f"{self.name}({', '.join(parts)}){result}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the parameters that are paths."""
        return tuple(p.name for p in self.parameters if PATH in (p.type, p.type.item))

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((p for p in self.parameters if p.name == name), None)


def _unseen(node: Node, folder: Path) -> Sample | None:
    """Nothing is known of files."""
    return None


@record
class Catalogue:
    """All operators by kind and name."""

    operators: Mapping[tuple[str, str], Operator]
    #: Looks into the files that a node reads, as seen from the spec's folder, for a moment only.
    look: Callable[[Node, Path], Sample | None] = _unseen

    def find(self, kind: str, name: str) -> Operator | None:
        """The operator, or None."""
        return self.operators.get((kind, name))

    def at(self, path: str) -> Operator:
        """The operator at `KIND.NAME`; a KeyError for a name that is not in the catalogue."""
        kind, name = path.split(".", 1)
        return self.operators[kind, name]

    def names(self, *kinds: str) -> list[str]:
        """The sorted names of all operators of these kinds."""
        return sorted(name for kind, name in self.operators if kind in kinds)

    def kinds_of(self, name: str) -> list[str]:
        """The kinds that have an operator of this name."""
        return sorted(kind for kind, other in self.operators if other == name)


def describe(kind: str, name: str, function: Callable[..., object], promise: Any) -> Operator:
    """Read an operator out of a marked function; a TypeError for an annotation that the language has no type for."""
    parameters, supplied = [], []
    for parameter in inspect.signature(function).parameters.values():
        annotation = str(parameter.annotation)
        if annotation in SUPPLIED:
            supplied.append((parameter.name, annotation))
            continue
        try:
            type_, form, optional = _annotation(annotation)
        except (KeyError, SyntaxError) as error:
            raise TypeError(f"{kind}.{name}: no type of the language for `{parameter}`") from error
        parameters.append(
            Parameter(
                parameter.name.removesuffix("_"),
                type_,
                form,
                parameter.default is inspect.Parameter.empty,
                None if parameter.default is inspect.Parameter.empty else _constant(parameter.default),
                parameter.kind is inspect.Parameter.KEYWORD_ONLY,
                optional,
            )
        )
    returns, form = ANY, "value"
    annotation = str(function.__annotations__.get("return", "Any"))
    if kind == "functions":
        returns, form, _ = _annotation(annotation)
    return Operator(
        kind,
        name,
        function.__module__,
        tuple(parameters),
        tuple(supplied),
        returns,
        form,
        promise.version,
        promise.cost,
        promise.block,
        promise.neutral,
        promise.row_wise,
        promise.changes_text,
        promise.random,
        promise.rows,
        promise.packages,
        promise.reads,
        promise.source,
        promise.decisions,
        promise.makes,
        promise.endless,
        function.__doc__ or "",
    )


def _constant(default: object) -> Lowered:
    """A default as a lowered value."""
    if default is None or isinstance(default, bool | int | float | str):
        return default
    if isinstance(default, list | tuple):
        return tuple(_constant(item) for item in default)
    raise TypeError(f"a spec cannot write the default {default!r}")


@cache
def _annotation(text: str) -> tuple[Type, Form, bool]:
    """Type, form, and whether `none` is allowed."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.BinOp):  # X | None
        sides = [s for s in (node.left, node.right) if not (isinstance(s, ast.Constant) and s.value is None)]
        if len(sides) == 2:
            (left, form, _), (right, _, _) = (_read(side) for side in sides)
            return (left if left == right else ANY), form, False
        type_, form, _ = _read(sides[0])
        return type_, form, True
    return _read(node)


def _read(node: ast.expr) -> tuple[Type, Form, bool]:
    if isinstance(node, ast.BinOp):
        return _annotation(ast.unparse(node))
    if isinstance(node, ast.Subscript):
        head = ast.unparse(node.value)
        if head == "Literal":
            words = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return Type("enum", words=tuple(ast.literal_eval(w) for w in words)), "value", False
        if head in ("list", "Sequence"):
            return Type("list", _read(node.slice)[0]), "value", False
        if head == "dict":
            return RECORD, "value", False
        raise KeyError(head)
    name = ast.unparse(node)
    for suffix, form in (("Expr", "expr"), ("Column", "column")):
        if name.endswith(suffix):
            return _ROW_TYPES[name.removesuffix(suffix)], form, False  # type: ignore[return-value]
    return _VALUES[name], "value", False
