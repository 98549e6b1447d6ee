"""The catalogue as the compiler sees it: operators with typed parameters, and how a Python signature becomes one."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin

from tunec.compiler.graph import Node
from tunec.compiler.limits import USUAL, Limits, limits
from tunec.compiler.lowered import Lowered
from tunec.compiler.sample import ModelSeen, Sample
from tunec.compiler.types import (
    ANY,
    BOOL,
    CHARACTER,
    DURATION,
    EMBEDDER,
    FITTED,
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
    SCHEDULE,
    SECRET,
    SHARE,
    SIZE,
    TEXT,
    Type,
)
from tunec.dsl.record import record

#: How an argument reaches the function: a constant, a Polars expression over the row, a column of values, or one
#: that is read in portions.
Form = Literal["value", "expr", "column", "parts"]

#: Gives the texts that a parameter or a function knows. It is asked where a spec states one, and imports what it needs.
Words: TypeAlias = Callable[[], Collection[str]]

_ROW_TYPES = {"Text": TEXT, "Int": INT, "Float": FLOAT, "Bool": BOOL, "Any": ANY, "Texts": Type("list", TEXT)}
_ROW_TYPES |= {"Bools": Type("list", BOOL), "Scalar": SCALAR}
_VALUES = {
    "str": TEXT, "int": INT, "float": FLOAT, "bool": BOOL, "Share": SHARE, "Money": MONEY, "Seconds": DURATION,
    "Bytes": SIZE, "Path": PATH, "Pattern": REGEX, "Character": CHARACTER, "Range": RANGE, "Record": RECORD,
    "Secret": SECRET, "FittedRule": FITTED,
    "ModelSpec": MODEL, "EmbedderSpec": EMBEDDER, "Rows": ROWS, "Any": ANY, "Keeper": Type("operator", words=("keep",)),
    "Field": Type("field"), "Schedule": SCHEDULE, "Selector": Type("operator", words=("select",)),
    "Format": Type("operator", words=("formats",)), "Finder": Type("operator", words=("finders",)),
}  # fmt: skip
#: Parameters that the engine supplies; a spec never writes them.
SUPPLIED = (
    "Frame", "Portions", "Context", "RowTexts", "ItemTexts", "Suspects", "Count", "Files", "list[Bound]",
    "list[Constraint]", "dict[str, Share]", "Pool", "Fallen", "Trials", "list[RowRule]", "Constraint",
    "dict[str, AnyColumn]",
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
    limits: Limits | None = None  # what its number may be, or how many items its list may have
    words: Words | None = None  # what its text may be

    def __str__(self) -> str:
        stated = self.limits if self.limits is not None and self.limits != USUAL.get(self.type.name) else None
        head = f"{self.name}: {self.type}" + (f" {stated}" if stated is not None else "")
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
    only: Mapping[str, tuple[str, ...]]  # arguments that need another to have one of certain values
    models: str  # how many models a way of merging takes
    docstring: str  # as it stands in the module
    gives: Words | None = None  # the only texts that a function gives
    needs: Callable[[], str | None] | None = None  # what this machine lacks for it, or None
    adds: tuple[tuple[str, Type], ...] = ()  # the columns that a stage adds, as `let` does
    screened: Mapping[str, int] | None = None  # a rule that matches suspects alone, where these arguments are so large
    weights: tuple[str, ...] = ()  # arguments that are models whose weights have to be here
    templates: tuple[str, ...] = ()  # arguments whose texts name columns of the rows
    #: The name of an argument that others rule out, and why.
    conflicts: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None
    asks: Callable[[Mapping[str, Any]], int] | None = None  # the most requests of a unit of a method
    against: str = ""  # the argument of a measure that is a model which others are compared with

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

    @property
    def takes_row_rules(self) -> bool:
        """Whether its block holds `keep` and `drop`."""
        return any(annotation == "list[RowRule]" for _, annotation in self.supplied)

    @property
    def of_generation(self) -> bool:
        """Whether a generation supplies it with what it knows of earlier rows, so that it may see them in groups."""
        return any(annotation in ("Pool", "Fallen") for _, annotation in self.supplied)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((p for p in self.parameters if p.name == name), None)


def _unseen(node: Node, folder: Path) -> Sample | None:
    """Nothing is known of files."""
    return None


def _unseen_model(node: Node, folder: Path) -> ModelSeen | None:
    """Nothing is known of models."""
    return None


@record
class Catalogue:
    """All operators by kind and name."""

    operators: Mapping[tuple[str, str], Operator]
    #: Looks into the files that a node reads, as seen from the spec's folder, for a moment only.
    look: Callable[[Node, Path], Sample | None] = _unseen
    #: The same for the settings of a model that is loaded here.
    look_at_model: Callable[[Node, Path], ModelSeen | None] = _unseen_model

    def find(self, kind: str, name: str) -> Operator | None:
        """The operator, or None."""
        return self.operators.get((kind, name))

    def at(self, path: str) -> Operator:
        """The operator at `KIND.NAME`; a KeyError for a name that is not in the catalogue."""
        kind, name = path.split(".", 1)
        return self.operators[kind, name]

    def every(self) -> list[Operator]:
        """All operators that can be loaded."""
        return [operator for key in self.operators if (operator := self.find(*key)) is not None]

    def names(self, *kinds: str) -> list[str]:
        """The sorted names of all operators of these kinds."""
        return sorted(name for kind, name in self.operators if kind in kinds)

    def kinds_of(self, name: str) -> list[str]:
        """The kinds that have an operator of this name."""
        return sorted(kind for kind, other in self.operators if other == name)


def describe(kind: str, name: str, function: Callable[..., object], promise: Any) -> Operator:
    """Read an operator out of a marked function; a TypeError for an annotation that the language has no type for."""
    parameters, supplied = [], []
    known = _literals(function)
    for parameter in inspect.signature(function).parameters.values():
        annotation = _spelled(str(parameter.annotation), known)
        if annotation in SUPPLIED:
            supplied.append((parameter.name, annotation))
            continue
        try:
            read = _annotation(annotation)
        except (KeyError, SyntaxError) as error:
            raise TypeError(f"{kind}.{name}: no type of the language for `{parameter}`") from error
        parameters.append(
            Parameter(
                parameter.name.removesuffix("_"),
                read.type,
                read.form,
                parameter.default is inspect.Parameter.empty,
                None if parameter.default is inspect.Parameter.empty else _constant(parameter.default),
                parameter.kind is inspect.Parameter.KEYWORD_ONLY,
                read.optional,
                read.limits or (USUAL.get(read.type.name) if read.form == "value" else None),
                promise.words.get(parameter.name),
            )
        )
    annotation = str(function.__annotations__.get("return", "Any"))
    result = _annotation(annotation) if kind == "functions" else _Read(ANY, "value")
    return Operator(
        kind,
        name,
        function.__module__,
        tuple(parameters),
        tuple(supplied),
        result.type,
        result.form,
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
        promise.only,
        promise.models,
        function.__doc__ or "",
        promise.words.get("return"),
        promise.needs,
        tuple((name, Type(kind)) for name, kind in promise.adds.items()),
        promise.screened,
        promise.weights,
        promise.templates,
        promise.conflicts,
        promise.asks,
        promise.against,
    )


class _Spelled(ast.NodeTransformer):
    """Puts the words in the place of the name that an operator's module knows a `Literal` by."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name, or the literal that it stands for."""
        named = self.known.get(node.id)
        if get_origin(named) is not Literal:
            return node
        return ast.parse(f"Literal[{', '.join(map(repr, get_args(named)))}]", mode="eval").body


def _literals(function: Callable[..., object]) -> dict[str, object]:
    """The names that an operator's module knows a `Literal` by."""
    return {name: value for name, value in inspect.unwrap(function).__globals__.items() if get_origin(value) is Literal}


def _spelled(annotation: str, known: Mapping[str, object]) -> str:
    return ast.unparse(_Spelled(known).visit(ast.parse(annotation, mode="eval"))) if known else annotation


def _constant(default: object) -> Lowered:
    """A default as a lowered value."""
    if default is None or isinstance(default, bool | int | float | str):
        return default
    if isinstance(default, list | tuple):
        return tuple(_constant(item) for item in default)
    raise TypeError(f"a spec cannot write the default {default!r}")


@record
class _Read:
    """What an annotation says: type, form, whether `none` is allowed, and the range of a number."""

    type: Type
    form: Form
    optional: bool = False
    limits: Limits | None = None


@cache
def _annotation(text: str) -> _Read:
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.BinOp):  # X | None
        sides = [s for s in (node.left, node.right) if not (isinstance(s, ast.Constant) and s.value is None)]
        read = _read(sides[0])
        if len(sides) == 2:
            other = _read(sides[1])
            return _Read(read.type if read.type == other.type else ANY, read.form)
        return _Read(read.type, read.form, True, read.limits)
    return _read(node)


def _read(node: ast.expr) -> _Read:
    if isinstance(node, ast.BinOp):
        return _annotation(ast.unparse(node))
    if isinstance(node, ast.Subscript):
        return _subscript(ast.unparse(node.value), node.slice)
    name = ast.unparse(node)
    for suffix, form in (("Expr", "expr"), ("Column", "column"), ("Parts", "parts")):
        if name.endswith(suffix):
            return _Read(_ROW_TYPES[name.removesuffix(suffix)], form)  # type: ignore[arg-type]
    return _Read(_VALUES[name], "value")


def _subscript(head: str, inside: ast.expr) -> _Read:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if head == "Literal":
        return _Read(Type("enum", words=tuple(ast.literal_eval(word) for word in parts)), "value")
    if head == "Annotated":
        read = _read(parts[0])
        return _Read(read.type, read.form, read.optional, limits(ast.literal_eval(parts[1])))
    if head in ("list", "Sequence"):
        return _Read(Type("list", _read(parts[0]).type), "value")
    if head == "dict":
        return _Read(RECORD, "value")
    raise KeyError(head)
