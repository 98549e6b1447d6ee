"""Binds lowered calls to operators: resolves what the spec says, and supplies what the engine knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from tunec.compiler import lowered
from tunec.compiler.catalogue import Catalogue, Operator
from tunec.compiler.lowered import Call, Lowered, Ref, Rule, expect, expect_all, expect_entries, shares_of
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.planning.order import of_all_rows
from tunec.compiler.types import ANY, BOOL, CONTENT, FIELDS, TEXT, RowType, Type
from tunec.compiler.wording import text_of, told_apart
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import Bound, Constraint, Files, Range, RowRule
from tunec.runtime.catalogue import function_of
from tunec.runtime.engine.constants import constant
from tunec.runtime.engine.expressions import Evaluator, columns_read, row_by_row, threshold_of
from tunec.runtime.rows.dropped import nothing_dropped
from tunec.runtime.rows.frame import among
from tunec.runtime.text.readable import as_text

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions, Rows
    from tunec.runtime.rows.texts import Texts


def joined(parts: Iterable[pl.Series]) -> pl.Series:
    """A column of its portions, of the type that holds all their values."""
    import polars as pl

    return pl.concat([part.alias("values").to_frame() for part in parts], how="vertical_relaxed").to_series()


#: The column that holds the origins of rows while a stage runs that knows them by other names.
_ORIGIN = "__origin"
Said = TypeVar("Said", Call, Rule, lowered.Constraint)


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds the calls of one node. `seed` is the spec's; `context(seed)` makes what operators may use."""

    rows: RowType
    catalogue: Catalogue
    seed: int
    resolve: Callable[[str], object]
    origin: Callable[[str], str]
    context: Callable[[int], Context]
    mixed: Mapping[str, str] = field(default_factory=dict)  # columns that are JSON text, and what they held
    members: Callable[[str], pl.DataFrame | None] = lambda node: None  # the rows of data sets and parts of sources

    @property
    def evaluator(self) -> Evaluator:
        """Evaluates row expressions with this binder's references."""
        return Evaluator(
            self.rows, self.catalogue, self.origin, self.constant, self._function, self.mixed, members=self.members
        )

    def constant(self, value: Lowered) -> Any:
        """The Python value of a constant or reference."""
        return constant(value, self.resolve)

    def stage(self, path: str, params: Mapping[str, Lowered], frame: Portions) -> Any:
        """Run a stage on rows."""
        return self._by_origin(params, frame, lambda rows: self.run(self.catalogue.at(path), params, rows, {}))

    def _members_of(self, params: Mapping[str, Lowered]) -> list[tuple[str, pl.DataFrame]]:
        """The data sets and parts of sources that the shares of a stage name: origin and rows."""
        refs = [key.node for key, _ in shares_of(params) if isinstance(key, Ref)] if "shares" in params else []
        return [(self.origin(node), rows) for node in refs if (rows := self.members(node)) is not None]

    def named_origins(self, params: Mapping[str, Lowered], frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with what the shares of a stage name as their origin, where that is a data set or a part of a source."""
        import polars as pl

        named, members = frame, self._members_of(params)
        for origin, rows in reversed(members):
            named = named.with_columns(
                pl.when(among(frame, rows)).then(pl.lit(origin)).otherwise(pl.col("origin")).alias("origin")
            )
        return named

    def _by_origin(self, params: Mapping[str, Lowered], rows: Portions, run: Callable[[Portions], Any]) -> Any:
        """Run a stage whose shares name data sets or parts of sources: while it runs, the rows of each have that as
        their origin; of one that is in several, the first that is named."""
        import polars as pl

        if not self._members_of(params):
            return run(rows)
        frame = rows if isinstance(rows, pl.DataFrame) else rows.whole()
        named = self.named_origins(params, frame)
        outcome = run(named.with_columns(frame["origin"].alias(_ORIGIN)))
        return replace(outcome, rows=outcome.rows.with_columns(pl.col(_ORIGIN).alias("origin")).drop(_ORIGIN))

    def run(
        self, operator: Operator, args: Mapping[str, Lowered], frame: Portions | None, more: Mapping[str, Any]
    ) -> Any:
        """Run an operator. `frame` is what its row arguments are evaluated on; `more` are arguments no spec writes."""
        given: dict[str, Any] = {}
        for parameter in operator.parameters:
            value = args.get(parameter.name)
            name = self._python_name(operator, parameter.name)
            if parameter.form == "value":
                given[name] = self._value(value)
            elif frame is None or (value is None and not parameter.required):
                given[name] = None
            elif parameter.form == "column":
                given[name] = self._column(frame, value, parameter.type)
            elif parameter.form == "parts":
                given[name] = self._parts(frame, value, parameter.type)
            else:
                raise TypeError(f"{operator.path} takes an expression outside of a row expression")
        for name, annotation in operator.supplied:
            if name not in more:
                given[name] = self._supplied(operator, annotation, args, frame)
        return function_of(operator)(**given, **more)

    def _column(self, rows: Portions, value: Lowered, kind: Type) -> pl.Series:
        """The values of an expression, all of them in memory."""
        import polars as pl

        if isinstance(rows, pl.DataFrame):
            return self.evaluator.argument(rows, value, kind)
        return joined(self._values(rows, value, kind))

    def _parts(self, rows: Portions, value: Lowered, kind: Type) -> pl.Series | Texts:
        """The values of an expression, not all of them in memory where rows are not."""
        import polars as pl

        from tunec.runtime.rows.texts import Texts

        if isinstance(rows, pl.DataFrame):
            return self.evaluator.argument(rows, value, kind)
        wanted = self._read(rows, value)
        return Texts(
            rows.height,
            lambda: self._values(rows, value, kind),
            lambda numbers: self.evaluator.argument(rows.at(numbers, *wanted), value, kind),
            rows.scratch,
            workers=rows.workers,
        )

    def _values(self, rows: Rows, value: Lowered, kind: Type) -> Iterator[pl.Series]:
        wanted = self._read(rows, value)
        if row_by_row(value, self.catalogue):
            for part in rows.parts(*wanted):
                yield self.evaluator.argument(part, value, kind)
        else:
            yield self.evaluator.argument(rows.select(*wanted), value, kind)

    def _read(self, rows: Rows, value: Lowered) -> list[str]:
        """The columns that an expression is computed from; those of the content besides, which say what rows these are
        where it is computed from none."""
        found = columns_read(self.rows, value) & set(rows.columns)
        return sorted(found) or list(CONTENT[self.rows])

    def _python_name(self, operator: Operator, name: str) -> str:
        return name + "_" if name in ("with", "from", "if", "in") else name

    def _value(self, value: Lowered) -> Any:
        return self.bound(value) if isinstance(value, Call) else self.constant(value)

    def _rules(self, kind: type[Said], args: Mapping[str, Lowered]) -> Iterator[tuple[Said, Said]]:
        """The rules of a block, each with what its canonical text says."""
        rules = expect_all(kind, args["rules"])
        return zip(rules, expect_all(kind, told_apart(rules, self.catalogue)), strict=True)

    def bound(self, value: Call, told: Call | None = None) -> Bound:
        """A call, ready to be made on rows, with the text of what is `told` of it."""
        operator = self.catalogue.at(value.operator)

        def call(rows: Portions | None = None, **more: Any) -> Any:
            return self.run(operator, value.args, rows, more)

        return Bound(operator.name, text_of(told or value, self.catalogue), call, self._screened(operator, value.args))

    def _screened(self, operator: Operator, args: Mapping[str, Lowered]) -> bool:
        """Whether a rule matches suspects alone, with these arguments."""
        defaults = {parameter.name: parameter.default for parameter in operator.parameters}
        bounds = (operator.screened or {}).items()
        enough = all(self.constant(args.get(name, defaults[name])) >= least for name, least in bounds)
        return operator.screened is not None and enough

    def _supplied(self, operator: Operator, annotation: str, args: Mapping[str, Lowered], rows: Portions | None) -> Any:
        import polars as pl

        if annotation == "Portions":
            return rows
        if annotation == "Frame":
            return rows if rows is None or isinstance(rows, pl.DataFrame) else rows.whole()
        if annotation == "Context":
            return self.context(seed_of(operator.path, {**args, "seed": self.seed}))
        if annotation == "list[Bound]":
            return [self.bound(rule, told) for rule, told in self._rules(Call, args)]
        if annotation == "list[RowRule]":
            return [self._row_rule(rule, told) for rule, told in self._rules(Rule, args)]
        if annotation == "list[Constraint]":
            return [self.constraint(rule, rows, told) for rule, told in self._rules(lowered.Constraint, args)]
        if annotation == "Constraint":
            return self.constraint(expect(lowered.Constraint, args["promise"]), rows)
        if annotation == "dict[str, Share]":
            return {self.origin(k.node) if isinstance(k, Ref) else k: share for k, share in shares_of(args)}
        if annotation == "dict[str, AnyColumn]":
            assert isinstance(rows, pl.DataFrame)
            frame, fields = rows, expect_entries(args["fields"])
            return {name: self._entered(frame, name, value) for name, value in fields.items()}
        if annotation == "Trials":
            return [self.resolve(trial.node) for trial in expect_all(Ref, args.get("tried", ()))]
        if annotation == "Pool":
            return []  # outside of a generation nothing was accepted before
        if annotation == "Fallen":
            return nothing_dropped()
        if annotation == "Files":
            return Files((), expect_all(str, args.get("columns", ())))
        raise TypeError(f"{operator.path}: nothing to supply for {annotation}")

    def _entered(self, frame: pl.DataFrame, name: str, value: Lowered) -> pl.Series:
        """What `set` writes into a field."""
        stated = FIELDS[self.rows].get(name)
        return self.evaluator.argument(frame, value, TEXT if stated == "text" else ANY)

    def _row_rule(self, rule: Rule, told: Rule) -> RowRule:
        evaluator, condition = self.evaluator, rule.when
        return RowRule(
            rule.verb,
            text_of(told, self.catalogue),
            threshold_of(told.when, self.catalogue),
            lambda rows: evaluator.argument(rows, condition, BOOL),
            lambda rows: evaluator.measured(rows, condition),
            bool(of_all_rows(condition, self.catalogue)),
        )

    def constraint(
        self, rule: lowered.Constraint, rows: Portions | None, told: lowered.Constraint | None = None
    ) -> Constraint:
        """A constraint with the values of its expression for some rows, and the text of what is `told` of it."""
        import polars as pl

        assert rows is not None
        if isinstance(rows, pl.DataFrame):
            column = self.evaluator.column(rows, rule.of)
        else:
            parts = rows.parts(*self._read(rows, rule.of)) if row_by_row(rule.of, self.catalogue) else [rows.whole()]
            column = joined(self.evaluator.column(part, rule.of) for part in parts)
        if column.dtype.is_nested() or column.dtype.is_temporal() or column.dtype == pl.Binary:
            column = as_text(column)  # all that matters is which values are equal
        bound = rule.bound if isinstance(rule.bound, int | float) else Range(rule.bound.low, rule.bound.high)
        return Constraint(text_of(told or rule, self.catalogue), rule.measure, column, rule.operator, bound)

    def _function(self, path: str, arguments: Mapping[str, Any]) -> Any:
        operator = self.catalogue.at(path)
        more = {
            name: self.context(seed_of(path, {"seed": self.seed}))
            for name, annotation in operator.supplied
            if annotation == "Context"
        }
        given = {self._python_name(operator, k): v for k, v in arguments.items()}
        return function_of(operator)(**given, **more)
