"""Binds lowered calls to operators: resolves what the spec says, and supplies what the engine knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tunec.compiler import lowered
from tunec.compiler.catalogue import Catalogue, Operator
from tunec.compiler.lowered import Call, Lowered, Ref, Rule, expect, expect_all, expect_entries, shares_of
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.planning.order import of_all_rows
from tunec.compiler.types import ANY, BOOL, FIELDS, TEXT, RowType
from tunec.compiler.wording import text_of
from tunec.runtime.base.context import Context
from tunec.runtime.base.values import Bound, Constraint, Files, Range, RowRule
from tunec.runtime.catalogue import function_of
from tunec.runtime.engine.constants import constant
from tunec.runtime.engine.expressions import Evaluator, threshold_of
from tunec.runtime.rows.dropped import nothing_dropped
from tunec.runtime.rows.frame import among
from tunec.runtime.text.readable import as_text

if TYPE_CHECKING:
    import polars as pl

#: The column that holds the origins of rows while a stage runs that knows them by other names.
_ORIGIN = "__origin"


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

    def stage(self, path: str, params: Mapping[str, Lowered], frame: pl.DataFrame) -> Any:
        """Run a stage on the rows of a frame."""
        return self._by_origin(params, frame, lambda rows: self.run(self.catalogue.at(path), params, rows, {}))

    def named_origins(self, params: Mapping[str, Lowered], frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with what the shares of a stage name as their origin, where that is a data set or a part of a source."""
        import polars as pl

        refs = [key.node for key, _ in shares_of(params) if isinstance(key, Ref)] if "shares" in params else []
        members = [(self.origin(node), rows) for node in refs if (rows := self.members(node)) is not None]
        named = frame
        for origin, rows in reversed(members):
            named = named.with_columns(
                pl.when(among(frame, rows)).then(pl.lit(origin)).otherwise(pl.col("origin")).alias("origin")
            )
        return named

    def _by_origin(self, params: Mapping[str, Lowered], frame: pl.DataFrame, run: Callable[[pl.DataFrame], Any]) -> Any:
        """Run a stage whose shares name data sets or parts of sources: while it runs, the rows of each have that as
        their origin; of one that is in several, the first that is named."""
        import polars as pl

        named = self.named_origins(params, frame)
        if named is frame:
            return run(frame)
        outcome = run(named.with_columns(frame["origin"].alias(_ORIGIN)))
        return replace(outcome, rows=outcome.rows.with_columns(pl.col(_ORIGIN).alias("origin")).drop(_ORIGIN))

    def run(
        self, operator: Operator, args: Mapping[str, Lowered], frame: pl.DataFrame | None, more: Mapping[str, Any]
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
                given[name] = self.evaluator.argument(frame, value, parameter.type)
            else:
                raise TypeError(f"{operator.path} takes an expression outside of a row expression")
        for name, annotation in operator.supplied:
            if name not in more:
                given[name] = self._supplied(operator, annotation, args, frame)
        return function_of(operator)(**given, **more)

    def _python_name(self, operator: Operator, name: str) -> str:
        return name + "_" if name in ("with", "from", "if", "in") else name

    def _value(self, value: Lowered) -> Any:
        return self.bound(value) if isinstance(value, Call) else self.constant(value)

    def bound(self, value: Call) -> Bound:
        """A call, ready to be made on rows."""
        operator = self.catalogue.at(value.operator)

        def call(rows: pl.DataFrame | None = None, **more: Any) -> Any:
            return self.run(operator, value.args, rows, more)

        return Bound(operator.name, text_of(value, self.catalogue), call)

    def _supplied(
        self, operator: Operator, annotation: str, args: Mapping[str, Lowered], frame: pl.DataFrame | None
    ) -> Any:
        if annotation == "Frame":
            return frame
        if annotation == "Context":
            return self.context(seed_of(operator.path, {**args, "seed": self.seed}))
        if annotation == "list[Bound]":
            return [self.bound(rule) for rule in expect_all(Call, args["rules"])]
        if annotation == "list[RowRule]":
            return [self._row_rule(rule) for rule in expect_all(Rule, args["rules"])]
        if annotation == "list[Constraint]":
            return [self.constraint(rule, frame) for rule in expect_all(lowered.Constraint, args["rules"])]
        if annotation == "Constraint":
            return self.constraint(expect(lowered.Constraint, args["promise"]), frame)
        if annotation == "dict[str, Share]":
            return {self.origin(k.node) if isinstance(k, Ref) else k: share for k, share in shares_of(args)}
        if annotation == "dict[str, AnyColumn]":
            assert frame is not None
            fields = expect_entries(args["fields"])
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

    def _row_rule(self, rule: Rule) -> RowRule:
        evaluator, condition = self.evaluator, rule.when
        return RowRule(
            rule.verb,
            text_of(rule, self.catalogue),
            threshold_of(condition, self.catalogue),
            lambda rows: evaluator.argument(rows, condition, BOOL),
            lambda rows: evaluator.measured(rows, condition),
            bool(of_all_rows(condition, self.catalogue)),
        )

    def constraint(self, rule: lowered.Constraint, frame: pl.DataFrame | None) -> Constraint:
        """A constraint with the values of its expression for the rows of a frame."""
        import polars as pl

        assert frame is not None
        column = self.evaluator.column(frame, rule.of)
        if column.dtype.is_nested() or column.dtype.is_temporal() or column.dtype == pl.Binary:
            column = as_text(column)  # all that matters is which values are equal
        bound = rule.bound if isinstance(rule.bound, int | float) else Range(rule.bound.low, rule.bound.high)
        return Constraint(text_of(rule, self.catalogue), rule.measure, column, rule.operator, bound)

    def _function(self, path: str, arguments: Mapping[str, Any]) -> Any:
        operator = self.catalogue.at(path)
        more = {
            name: self.context(seed_of(path, {"seed": self.seed}))
            for name, annotation in operator.supplied
            if annotation == "Context"
        }
        given = {self._python_name(operator, k): v for k, v in arguments.items()}
        return function_of(operator)(**given, **more)
