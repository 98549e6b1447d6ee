"""Lowered expressions to Polars: what a spec computes of a row.

Functions over expressions become part of one Polars expression. Functions over columns (language identification, scores
of models) are computed first, each distinct call once, and take part as temporary columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tunec.compiler import lowered
from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import canonical
from tunec.compiler.lowered import (
    Binary,
    Call,
    Conditional,
    Field,
    Let,
    Lowered,
    Ref,
    Unary,
    calls,
    parts,
    to_json,
    walk,
)
from tunec.compiler.typed import Typed
from tunec.compiler.types import ANY, BOOL, FIELDS, FLOAT, TEXT, RowType, Type, accepts
from tunec.runtime.base.parallel import side_by_side, workers
from tunec.runtime.engine.typing import check, failed, mismatched, polars_of, typed
from tunec.runtime.rows.frame import IDENTITY, among, derived
from tunec.runtime.text.readable import as_text

if TYPE_CHECKING:
    import polars as pl

#: Rows of a part at least: of 52,002 rows parts of 10,000 cost a tenth more processor time than halves, parts of 3,250
#: half as much again.
_LEAST = 10_000
#: Rows of a part at most: the words of that many texts are in memory at once, for each processor.
_PART = 65_536
#: The column by which a stage numbers its rows, in rising order, so that what is costly is computed once for each.
NUMBER = "__row"
#: The operations that ask how a value compares with another.
COMPARISONS = ("in", "==", "!=", "<", "<=", ">", ">=")
#: Calls an operator at a path with bound arguments.
Caller = Callable[[str, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates lowered expressions over frames of one row type.

    `origin` gives the origin that a reference to rows stands for, `constant` the Python value of a lowered constant or
    reference, `call` runs an operator, `members` gives the rows of a
    reference whose rows carry origins of their own. `mixed` are the columns that hold values of several types as JSON
    text; `alone` is false of one that computes a part of the rows, beside others.

    Where rows have a `NUMBER`, the results of calls that ask models or look at other rows are kept in `known`: frames
    that come later hold some of the rows of the first.
    """

    rows: RowType
    catalogue: Catalogue
    origin: Callable[[str], str]
    constant: Callable[[Lowered], Any]
    call: Caller
    mixed: Mapping[str, str] = field(default_factory=dict)
    alone: bool = True
    known: dict[str, tuple[pl.Series, pl.Series]] = field(default_factory=dict, compare=False)
    members: Callable[[str], pl.DataFrame | None] = lambda node: None

    def column(self, frame: pl.DataFrame, value: Lowered) -> pl.Series:
        """The value of an expression for every row, computed on all processors where rows do not need each other."""
        import polars as pl

        check(self.types(frame), value, self.catalogue)
        many = workers()
        size = min(max(-(-frame.height // many), _LEAST), _PART)
        if not self.alone or many == 1 or frame.height <= size or not row_by_row(value, self.catalogue):
            return self._column(frame, value)
        slices = (frame.slice(start, size) for start in range(0, frame.height, size))
        beside = replace(self, alone=False)
        found = side_by_side(lambda part: beside._column(part, value).to_frame(), slices)
        return pl.concat(list(found), how="vertical_relaxed").to_series()

    def argument(self, frame: pl.DataFrame, value: Lowered, kind: Type) -> pl.Series:
        """The values of an expression where an operator wants a column of a type.

        Texts that are numbers are numbers where those are wanted. Raises OperatorError where it is of another type.
        """
        import polars as pl

        column = self.column(frame, value)
        if column.dtype == pl.Null:
            dtype = polars_of(kind)
            return column if dtype is None else column.cast(dtype)
        found = self.types(frame).of(value)
        if kind == FLOAT and column.dtype == pl.String and found == TEXT:
            return self._numbers(column, value)
        if not accepts(kind, found):
            raise mismatched(value, kind, found, self.catalogue)
        return column

    def _numbers(self, column: pl.Series, value: Lowered) -> pl.Series:
        import polars as pl

        numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
        wrong = column.filter(numbers.is_null() & column.is_not_null())
        if len(wrong):
            raise mismatched(value, FLOAT, TEXT, self.catalogue, f"first {wrong[0][:60]!r}")
        return numbers.fill_nan(None)

    def types(self, frame: pl.DataFrame) -> Typed:
        """Types expressions over the columns of a frame."""
        return typed(frame, self.rows, self.catalogue, self.mixed)

    def _column(self, frame: pl.DataFrame, value: Lowered) -> pl.Series:
        import polars as pl

        try:
            return self._computed(frame, value)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise failed(error, value, frame, self.catalogue) from error

    def _computed(self, frame: pl.DataFrame, value: Lowered) -> pl.Series:
        # Texts that one expression needs twice are temporary columns too, so they are computed once.
        temporary: dict[str, pl.Series] = {}
        expr = self._expr(frame, value, temporary)
        # A column that Polars holds as one value for all rows makes `false or column > 0` one value too (Polars 2.1).
        read = [frame[name] for name in columns_read(self.rows, value)]
        frame = frame.with_columns([*read, *(s.alias(name) for name, s in temporary.items())])
        # `select` gives a constant once for each chunk of the frame (Polars 2.1), `with_columns` once for each row.
        return frame.with_columns(expr.alias("__value"))["__value"]

    def _expr(self, frame: pl.DataFrame, value: Lowered, temporary: dict[str, pl.Series]) -> pl.Expr:
        import polars as pl

        match value:
            case Field():
                return self._field(value.name)
            case Let():
                return pl.col(value.name)
            case Ref():
                return self._origin(frame, value, temporary)
            case Call():
                return self._call(frame, value, temporary)
            case Conditional():
                sides = (value.condition, value.then, value.otherwise)
                condition = self._as(frame, value.condition, BOOL, temporary)
                then, otherwise = (self._expr(frame, side, temporary) for side in sides[1:])
                return pl.when(condition).then(then).otherwise(otherwise)
            case Unary():
                operand = self._as(frame, value.operand, BOOL if value.op == "not" else FLOAT, temporary)
                return ~operand if value.op == "not" else -operand
            case Binary():
                return self._operation(frame, value, temporary)
            case tuple() if value:
                return pl.concat_list([self._expr(frame, item, temporary) for item in value])
            case _:
                return pl.lit(self.constant(value))

    def _origin(self, frame: pl.DataFrame, value: Ref, temporary: dict[str, pl.Series]) -> pl.Expr:
        """What `origin` is compared with. Rows come from a data set, or from a part of a source, where they are among
        its rows, whatever source they began in."""
        import polars as pl

        members = self.members(value.node)
        if members is None:
            return pl.lit(self.origin(value.node))
        name, named = f"__of_{value.node}", pl.lit(self.origin(value.node))
        origin = frame.with_columns(among=among(frame, members)).select(
            pl.when("among").then(pl.col("origin")).otherwise(named)
        )
        temporary[name] = origin.to_series()
        return pl.col(name)

    def _as(self, frame: pl.DataFrame, value: Lowered, kind: Type, temporary: dict[str, pl.Series]) -> pl.Expr:
        """An expression where values of a type are wanted: a column without any value is one of that type."""
        import polars as pl

        found = self._expr(frame, value, temporary)
        given = frame.schema.get(value.name) if isinstance(value, Field | Let) else None
        decimal = kind == FLOAT and isinstance(given, pl.Decimal)
        dtype = polars_of(kind) if decimal or given == pl.Null else None
        return found if dtype is None else found.cast(dtype)

    def _field(self, name: str) -> pl.Expr:
        import polars as pl

        return derived(self.rows, name) if name in FIELDS[self.rows] else pl.col(name)

    def _operation(self, frame: pl.DataFrame, value: Binary, temporary: dict[str, pl.Series]) -> pl.Expr:
        import polars as pl

        wanted = {"and": BOOL, "or": BOOL, "+": FLOAT, "-": FLOAT, "*": FLOAT, "/": FLOAT}.get(value.op, ANY)
        left = self._as(frame, value.left, wanted, temporary)
        if value.op == "in":
            return self._within(frame, left, value, temporary)
        right = self._as(frame, value.right, wanted, temporary)
        if value.right is None or value.left is None:  # `== none` asks whether a value is missing
            operand = left if value.right is None else right
            return operand.is_null() if value.op == "==" else operand.is_not_null()
        # Polars divides by a constant through its reciprocal, which makes 3 / 5 more than 0.6; by a column it divides.
        divisor = pl.int_range(pl.len()) * 0 + float(value.right) if isinstance(value.right, int | float) else right
        operations: dict[str, Callable[[], pl.Expr]] = {
            "and": lambda: left & right,
            "or": lambda: left | right,
            "==": lambda: left == right,
            "!=": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            # Division by zero has no value: missing, not infinite.
            "/": lambda: pl.when(right == 0).then(None).otherwise(left / divisor),
        }
        found = operations[value.op]()
        # What is not a number, such as infinity less infinity, is missing.
        return found.fill_nan(None) if value.op in "+-*/" else found

    def _is_float(self, frame: pl.DataFrame, value: Lowered) -> bool:
        return self.types(frame).of(value) == FLOAT

    def _within(self, frame: pl.DataFrame, left: pl.Expr, value: Binary, temporary: dict[str, pl.Series]) -> pl.Expr:
        """`left in right`: a range, a list, or a column of lists."""
        import polars as pl

        right = value.right
        if isinstance(right, lowered.Range):
            bounds = [left >= right.low] if right.low is not None else []
            bounds += [left <= right.high] if right.high is not None else []
            return pl.all_horizontal(bounds) if bounds else left.is_not_null()
        if isinstance(right, tuple) and any(_of_row(item) for item in right):
            each = [(left == self._expr(frame, item, temporary)).fill_null(False) for item in right]
            return pl.when(left.is_null()).then(None).otherwise(pl.any_horizontal(each))
        if isinstance(right, tuple):
            items = self.constant(right)
            if any(isinstance(item, float) for item in items) or self._is_float(frame, value.left):
                left, items = left.cast(pl.Float64), [float(item) for item in items]
            return pl.when(left.is_null()).then(None).otherwise(left.is_in(items))
        return self._as(frame, right, Type("list", TEXT), temporary).list.contains(left)

    def _call(self, frame: pl.DataFrame, value: Call, temporary: dict[str, pl.Series]) -> pl.Expr:
        import polars as pl

        operator = self.catalogue.at(value.operator)
        name = f"__{canonical(to_json(value))}"
        if name in self.known:
            numbers, results = self.known[name]
            temporary[name] = results.gather(numbers.search_sorted(frame[NUMBER]))
        if name in temporary:
            return pl.col(name)
        arguments: dict[str, Any] = {}
        for parameter in operator.parameters:
            given = value.args.get(parameter.name)
            if parameter.form == "expr":
                wanted = parameter.type if parameter.name != value.each else Type("list", TEXT)
                arguments[parameter.name] = None if given is None else self._as(frame, given, wanted, temporary)
            elif parameter.form == "column":
                arguments[parameter.name] = None if given is None else self.argument(frame, given, parameter.type)
            else:
                arguments[parameter.name] = self.constant(given)
        if value.each is not None:  # a function of a text, given the texts of all turns
            texts, arguments[value.each] = arguments[value.each], pl.element()
            return texts.list.eval(self.call(value.operator, arguments))  # type: ignore[no-any-return]
        result = self.call(value.operator, arguments)
        if operator.form == "expr":
            return result  # type: ignore[no-any-return]
        temporary[name] = result
        if NUMBER in frame.columns and not row_by_row(value, self.catalogue):
            self.known[name] = frame[NUMBER], result
        return pl.col(name)

    def measured(self, frame: pl.DataFrame, value: Lowered) -> pl.Series:
        """What a rule measured, as text: the values of the calls and fields that it compares."""
        import polars as pl

        compared = _measures(value)
        if not compared:
            return as_text(self.column(frame, value)).fill_null("missing")
        columns = [self._text(frame, part) for part in compared]
        if len(columns) == 1:
            return columns[0]
        from tunec.compiler.wording import text_of

        named = [pl.lit(f"{text_of(p, self.catalogue)} = ") + c for p, c in zip(compared, columns, strict=True)]
        return frame.select(pl.concat_str(named, separator=", ").alias("value")).to_series()

    def _text(self, frame: pl.DataFrame, part: Lowered) -> pl.Series:
        import polars as pl

        column = self.column(frame, part)
        if column.dtype in (pl.Float32, pl.Float64):
            column = column.round(6)
        if isinstance(column.dtype, pl.List):
            column = column.list.len()
        return as_text(column).str.slice(0, 200).fill_null("missing")


def row_by_row(value: Lowered, catalogue: Catalogue) -> bool:
    """Whether an expression calls nothing that looks at other rows, or asks a model, which has its own batches."""
    called = (catalogue.at(path) for path in calls(value))
    return all(operator.row_wise and operator.cost not in ("embed", "model") for operator in called)


def columns_read(rows: RowType, value: Lowered) -> set[str]:
    """The columns that an expression is computed from."""
    found: set[str] = set()
    for part in walk(value):
        if isinstance(part, Field):
            found |= set(derived(rows, part.name).meta.root_names()) if part.name in FIELDS[rows] else {part.name}
        elif isinstance(part, Let):
            found.add(part.name)
        elif isinstance(part, Ref):
            found |= set(IDENTITY)
    return found


def _of_row(value: Lowered) -> bool:
    return any(isinstance(part, Field | Let | Call | Ref) for part in walk(value))


def _measures(value: Lowered) -> list[Lowered]:
    """The calls and columns that an expression compares, each once."""
    if isinstance(value, Call | Field | Let):
        return [value]
    measured: list[Lowered] = []
    for part in parts(value) if isinstance(value, Unary | Binary | Conditional) else ():
        measured += [m for m in _measures(part) if m not in measured]
    return measured


def threshold_of(value: Lowered, catalogue: Catalogue) -> str:
    """What a rule compares with, as text: `in 3..150`, `== "en"`, or the whole condition."""
    from tunec.compiler.wording import text_of

    if isinstance(value, Binary) and value.op in COMPARISONS and not _measures(value.right):
        return f"{value.op} {text_of(value.right, catalogue)}"
    return "true" if isinstance(value, Call) else text_of(value, catalogue)
