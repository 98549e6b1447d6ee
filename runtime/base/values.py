"""The words that operator signatures are written in.

Operator modules use `from __future__ import annotations` and import these under `TYPE_CHECKING`, so that reading a
signature costs nothing: the catalogue (`tunec.compiler.signature`) maps the *names* of the annotations to types of the
language, and Polars is loaded only when something runs.

Arguments over a row: an `…Expr` arrives as a Polars expression and an operator that takes it returns one; an `…Column`
arrives as a Series, one value a row, and a function that takes columns returns a column. An `…Parts` is a column that
is not in memory as a whole where rows are many (`tunec.runtime.rows.portions.Texts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tunec.dsl.record import record

if TYPE_CHECKING:
    import polars as pl

    TextExpr: TypeAlias = pl.Expr
    TextsExpr: TypeAlias = pl.Expr
    IntExpr: TypeAlias = pl.Expr
    FloatExpr: TypeAlias = pl.Expr
    BoolExpr: TypeAlias = pl.Expr
    AnyExpr: TypeAlias = pl.Expr
    BoolsExpr: TypeAlias = pl.Expr
    ScalarExpr: TypeAlias = pl.Expr
    TextColumn: TypeAlias = pl.Series
    TextsColumn: TypeAlias = pl.Series
    IntColumn: TypeAlias = pl.Series
    FloatColumn: TypeAlias = pl.Series
    BoolColumn: TypeAlias = pl.Series
    AnyColumn: TypeAlias = pl.Series
    # The rows that a stage works on; never written in a spec.
    Frame: TypeAlias = pl.DataFrame
    # Likewise, where the stage reads them by the columns that it needs (`tunec.runtime.rows.portions`).
    from tunec.runtime.rows.portions import Portions as Portions
    from tunec.runtime.rows.texts import Texts

    # A column that is read in portions: a Series where it is in memory.
    TextParts: TypeAlias = pl.Series | Texts
    # Texts of rows and of benchmark items that a decontamination rule compares; never written in a spec.
    RowTexts: TypeAlias = pl.Series
    ItemTexts: TypeAlias = pl.Series
    # Pairs of them that a rule found, for one that confirms: `text`, `item`, `value`, `threshold`.
    Suspects: TypeAlias = pl.DataFrame
    # What a generation made of the same seeds as the rows, and dropped before: its `parents`; never written in a spec.
    Fallen: TypeAlias = pl.DataFrame
    # Rows of another declaration, loaded.
    Rows: TypeAlias = pl.DataFrame

Share: TypeAlias = float  # 0..1
Money: TypeAlias = float  # dollars
Seconds: TypeAlias = float
Bytes: TypeAlias = int
Path: TypeAlias = str  # starts in the folder of the main spec; in a spec, in that of the file that states it
Pattern: TypeAlias = str  # a regular expression
Character: TypeAlias = str  # one character, and no line break
Secret: TypeAlias = Mapping[str, str]  # {"env": the name of an environment variable}: never what it holds
Field: TypeAlias = str  # the name of a field of the row
Record: TypeAlias = dict[str, Any]
#: A number; a list of numbers over the layers; or records `{filter: part of a name, value: …}`, of which the first that
#: fits counts, and the last has no filter.
Schedule: TypeAlias = Any
#: `progress(done, total, what)`: tells the person who waits.
Progress: TypeAlias = Callable[[int, int, str], None]


@record
class Range:
    """A closed range; an open end is None."""

    low: float | None
    high: float | None


@record
class ModelSpec:
    """A language model, named but not loaded.

    `revision` identifies the weights (hash of the file, or a commit), `backend` the software and device that compute
    with it; both enter the fingerprint of every step that uses the model. `options` holds what the declaration said.
    """

    kind: str
    id: str
    revision: str
    backend: str
    options: tuple[tuple[str, Any], ...] = ()
    adapter: str = ""  # folder of a trained adapter or of whole weights, "" for the model as it is
    under: tuple[str, ...] = ()  # those that were trained before it, which it stands on
    tokenizer: str = ""  # folder of an extended tokenizer whose new pieces the weights below do not have yet
    folder: str = ""  # where the weights lie, which identifies nothing

    def option(self, name: str, default: Any) -> Any:
        """The value that the declaration gave for an option."""
        return dict(self.options).get(name, default)


@record
class EmbedderSpec:
    """A sentence embedder, named but not loaded; see `ModelSpec`. It lies in `folder`, wherever that is; where its
    weights are packed, that is their file (`tunec.runtime.models.weights`)."""

    kind: str
    id: str
    revision: str
    backend: str
    options: tuple[tuple[str, Any], ...] = ()
    folder: str = ""


@record
class FittedRule:
    """What a fit found: the weight of each indicator by its name, and `intercept`."""

    weights: Mapping[str, float]


@record
class Windows:
    """Texts as an embedder reads them: `parts` has for each text its windows, or itself where it is read whole.
    `longer` of the texts are not; of a text `reads` pieces are read."""

    parts: Sequence[Sequence[str]]
    longer: int
    reads: int


@record
class Bound:
    """A call of an operator inside a block or an argument, bound to its arguments.

    `call(rows, **more)` evaluates the call's row arguments on `rows` and runs the operator; `more` adds arguments that
    the spec does not write, such as `count` for a selector. `text` is the canonical text of the call, for reports.
    `screened`: a rule that matches only texts which have something in common with an item
    (`tunec.runtime.text.screening`).
    """

    name: str
    text: str
    call: Callable[..., Any]
    screened: bool = False


@record
class RowRule:
    """A `keep` or `drop` of a filter.

    `condition(rows)` is a column of true, false and missing; `measured(rows)` a column of texts that say what was
    measured; `threshold` says against what. `text` is the canonical text of the rule. `whole`: what the rule says of a
    row depends on the other rows, so that both have to see all of them.
    """

    verb: str
    text: str
    threshold: str
    condition: Callable[[pl.DataFrame], pl.Series]
    measured: Callable[[pl.DataFrame], pl.Series]
    whole: bool = False


@record
class Constraint:
    """One line of a `balance` block: `share(EXPR) <= 30%`, `count(EXPR) >= 500`.

    `column` holds the value of EXPR for every row. For `share` of a boolean the constraint speaks of the rows where it
    is true; for any other type it holds for every value there is. `bound` is 0..1 for shares, rows for counts; a range
    of them for `in`.
    """

    text: str
    measure: str  # "share" | "count"
    column: pl.Series
    operator: str  # "<=" | "<" | ">=" | ">" | "==" | "in"
    bound: float | Range

    @property
    def sides(self) -> tuple[tuple[str, float], ...]:
        """The bound as comparisons with one number each: two where it is a range."""
        if not isinstance(self.bound, Range):
            return ((self.operator, self.bound),)
        ends = ((">=", self.bound.low), ("<=", self.bound.high))
        return tuple((sign, end) for sign, end in ends if end is not None)


#: What a stage says of what it counted: notes, and findings.
Told: TypeAlias = tuple[tuple[str, ...], Mapping[str, Any] | None]


@record
class Outcome:
    """What a stage returns.

    `rows`: the rows that go on, in the order of the input; of rows in portions those that were `taken` of them.
    `drops`: one line for every input row that does not, with the columns of `DROPS`; `row` is the number of the row in
    the stage's input, counted from zero.
    `notes`: what a person should know, with the numbers; the engine shows them as warnings.
    `copies`: how many of the rows are there again, beside themselves.
    `findings`: what a report says beyond the rows that go, as JSON.
    `hides`: what the stage does to the texts of rows that were dropped before it, where it is to do so.
    `refill`: in how many rounds the generation above may make rows in place of those that were dropped.
    `tally`, of a stage that looks at one row at a time: what it counted, which adds up over portions of the rows;
    `told(tally)` gives the notes and the findings.
    """

    rows: Any  # a frame of a frame
    drops: pl.DataFrame
    notes: tuple[str, ...] = ()
    copies: int = 0
    findings: Mapping[str, Any] | None = None
    hides: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    refill: int = 0
    tally: Mapping[str, int] | None = None
    told: Callable[[Mapping[str, int]], Told] | None = None


@record
class Trial:
    """A fine-tune that was tried: on how many rows, and how many of them of each source, by origin; the loss, and of
    each held-out row by its id the nats and the tokens that it is the ratio of, summed."""

    rows: int
    loss: float
    sources: Mapping[str, int]
    items: Mapping[str, tuple[float, float]]


@record
class RowFormat:
    """How a record of a file becomes the content of a row, bound to its arguments.

    `content(record)` gives the content columns (`tunec.compiler.types.CONTENT`), or those of several rows, or raises
    `FormatError` with the reason. `rows` is the row type. `notes()` is what a person should know of what was read.
    `plain` names the column behind each content column where nothing else is done, so that whole tables can be taken
    over; none for one that is missing in every row, as an absent `optional` one is. A table with a `watched` column is
    read record by record nonetheless. `by_file`: all records of a file are one row (`tunec.runtime.sources.sessions`).
    """

    name: str
    rows: str
    content: Callable[[dict[str, Any]], dict[str, Any] | list[dict[str, Any]]]
    plain: Mapping[str, str | None] | None = None
    optional: tuple[str, ...] = ()
    watched: frozenset[str] = frozenset()
    notes: Callable[[], tuple[str, ...]] = tuple
    by_file: bool = False


class FormatError(Exception):
    """A record that is no row of its format. `column` names the column that is missing, if that is the reason."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(slots=True, repr=False, eq=False)
class Budget:
    """How many bytes of unpacked files may still be read, and whether that was too few."""

    left: int
    spent: bool = False


@record
class Files:
    """The files that a connector's path names, in order, and what the reader may leave out."""

    paths: tuple[str, ...]
    columns: tuple[str, ...]  # other columns to keep, as `meta.NAME`
    budget: Budget | None = None  # for a look into the files, which reads no more than that


# A bound operator of `keep/` or `select/`; a default is the name of one that takes no arguments.
Keeper: TypeAlias = Bound | str
Selector: TypeAlias = Bound | str
# A bound operator of `finders/`.
Finder: TypeAlias = Bound
# Supplied by the engine: how many rows a selector shall choose; texts that generated rows are compared with; the trials
# of a stage that searches, those that search before those beside them.
Count: TypeAlias = int
Trials: TypeAlias = Sequence[Trial]
Pool: TypeAlias = list[str]

#: The columns of `Outcome.drops`. `rule`: canonical text of the rule; `value`: what was measured, `threshold`: against
#: what, both as text; `partner`: id of the other row, or of the benchmark item; `partner_text`: its text.
DROPS: Sequence[str] = ("row", "rule", "value", "threshold", "partner", "partner_text")


def no_drops() -> pl.DataFrame:
    """An empty frame of drops."""
    import polars as pl

    kinds = {"row": pl.UInt32, **dict.fromkeys(DROPS[1:], pl.String)}
    return pl.DataFrame(schema=kinds)


def drops_of(row: pl.Series, rule: str, value: pl.Series, threshold: str) -> pl.DataFrame:
    """The drops of one rule that compares a row with nothing but a threshold."""
    import polars as pl

    return pl.DataFrame(
        {
            "row": row.cast(pl.UInt32),
            "rule": pl.repeat(rule, len(row), dtype=pl.String, eager=True),
            "value": value.cast(pl.String),
            "threshold": pl.repeat(threshold, len(row), dtype=pl.String, eager=True),
            "partner": pl.repeat(None, len(row), dtype=pl.String, eager=True),
            "partner_text": pl.repeat(None, len(row), dtype=pl.String, eager=True),
        }
    )


def measured(constraint: Constraint, rows: int) -> list[tuple[Any, float]]:
    """What a constraint measures: for each value that it speaks of, the share or count. Value None for a boolean."""
    import polars as pl

    column = constraint.column
    whole = max(rows, 1) if constraint.measure == "share" else 1
    if column.dtype == pl.Boolean:
        return [(None, float(column.fill_null(False).sum()) / whole)]
    counts = column.drop_nulls().value_counts(sort=True)
    return [(value, count / whole) for value, count in counts.iter_rows()]
