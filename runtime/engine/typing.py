"""Types of the columns of a frame, as the language names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.lowered import Lowered
from tunec.compiler.typed import Mismatch, Typed, wanted_as, way_out
from tunec.compiler.types import ANY, BOOL, FIELDS, FLOAT, INT, NONE, TEXT, RowType, Type
from tunec.compiler.wording import text_of
from tunec.runtime.base.operator import OperatorError

if TYPE_CHECKING:
    import polars as pl


def type_of(dtype: pl.DataType) -> Type:
    """The type that the language has for a Polars type."""
    import polars as pl

    if isinstance(dtype, pl.List | pl.Array):
        return Type("list", type_of(dtype.inner))  # type: ignore[arg-type]
    if dtype.is_integer():
        return INT
    if dtype.is_numeric():
        return FLOAT
    known: tuple[tuple[Any, Type], ...] = (
        (pl.String, TEXT), (pl.Boolean, BOOL), (pl.Null, NONE), (pl.Categorical, TEXT), (pl.Enum, TEXT),
        (pl.Date, Type("date")), (pl.Datetime, Type("timestamp")), (pl.Time, Type("time")),
        (pl.Duration, Type("timespan")), (pl.Binary, Type("bytes")), (pl.Struct, Type("object")),
    )  # fmt: skip
    return next((kind for polars, kind in known if dtype == polars), ANY)


def polars_of(kind: Type) -> Any:
    """The Polars type for values of a type where none is there; None where any will do."""
    import polars as pl

    if kind.name == "list":
        return pl.List(polars_of(kind.item) or pl.String) if kind.item is not None else pl.List(pl.String)
    return {"text": pl.String, "scalar": pl.String, "float": pl.Float64, "int": pl.Int64, "bool": pl.Boolean}.get(
        kind.name
    )


def typed(frame: pl.DataFrame, rows: RowType, catalogue: Catalogue, mixed: Mapping[str, str]) -> Typed:
    """Types expressions over the columns of a frame. `mixed` columns are JSON text."""

    def let(name: str) -> Type:
        return type_of(frame.schema[name]) if name in frame.schema else ANY

    def field(name: str) -> Type:
        stated = FIELDS[rows].get(name)
        if name in mixed:
            return Type("mixed", words=(mixed[name],))
        if stated is None:
            return Type("origin") if name == "origin" else let(name)
        return Type("list", TEXT) if stated == "list[text]" else Type(stated)

    return Typed(catalogue, field, let)


def check(types: Typed, value: Lowered, catalogue: Catalogue) -> None:
    """Raise OperatorError where an expression cannot be computed of columns of these types."""
    try:
        types.of(value)
    except Mismatch as mismatch:
        raise OperatorError(_said(str(mismatch), mismatch.part, value, catalogue, mismatch.help)) from mismatch


def mismatched(value: Lowered, wanted: Type, found: Type, catalogue: Catalogue, seen: str = "") -> OperatorError:
    """What to say where an operator wants a column of another type."""
    way = way_out(found) if wanted == FLOAT else ""
    said = f"expected {wanted_as(wanted)}, found {found}" + (f" ({seen})" if seen else "")
    return OperatorError(f"`{text_of(value, catalogue)}`: {said}" + (f"\n  {way}" if way else ""))


def _said(message: str, part: Lowered, whole: Lowered, catalogue: Catalogue, help_: str = "") -> str:
    shown = text_of(part, catalogue)
    where = f"`{shown}`" if part == whole else f"`{shown}` in `{text_of(whole, catalogue)}`"
    return f"{where}: {message}" + (f"\n  {help_}" if help_ else "")


def failed(error: BaseException, value: Lowered, frame: pl.DataFrame, catalogue: Catalogue) -> OperatorError:
    """What to say where an expression that seemed right cannot be computed."""
    from tunec.compiler.lowered import Field, Let, walk

    names = dict.fromkeys(part.name for part in walk(value) if isinstance(part, Field | Let))
    columns = ", ".join(f"`{name}` is {type_of(frame.schema[name])}" for name in names if name in frame.schema)
    reason = str(error).strip().partition("\n")[0]
    return OperatorError(
        f"`{text_of(value, catalogue)}` cannot be computed: {reason}" + (f"; {columns}" * bool(columns))
    )
