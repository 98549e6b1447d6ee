"""A sample of a published data set's rows, which its card, its report and its pictures look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.rows.messages import completed
from tunec.runtime.store.published import files_of

if TYPE_CHECKING:
    import polars as pl

#: Rows of a sample. Ids are hashes, so the first in their order are a fair sample, and the same in every build.
SIZE = 5_000
#: Those of them whose language is looked at.
_SPOKEN = 500
#: Share of them from which a language is named.
_COMMON = 0.05
#: The card and the report are written side by side, and want the same sample.
_ONCE = RLock()


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of a version in a folder. The version's id, which moves with the content, tells it from another that
    stood in the same folder."""

    folder: Path
    version: str
    name: str
    kind: RowType
    splits: tuple[str, ...]


def data_set(folder: Path, name: str, manifest: Mapping[str, Any]) -> DataSet:
    """A data set of a version, as its manifest has it."""
    kind = RowType(manifest["row_types"][name])
    return DataSet(folder, manifest["version"], name, kind, tuple(manifest["targets"][name]["splits"]))


def sampled(data: DataSet) -> pl.DataFrame:
    """The first rows of a data set in the order of their ids, at most `SIZE`, with their `split`."""
    with _ONCE:
        return _sampled(data)


def spoken(data: DataSet) -> pl.Series:
    """The ISO 639 code of the language of each row of a smaller sample; missing where a text has none."""
    with _ONCE:
        return _spoken(data)


@lru_cache(maxsize=2)
def _sampled(data: DataSet) -> pl.DataFrame:
    import polars as pl

    splits = _splits(data)
    last = pl.lit(pl.concat([split.select("id") for split in splits]).collect()["id"].bottom_k(SIZE).max(), pl.String)
    kept = pl.concat([split.filter(pl.col("id") <= last).collect() for split in splits], how="diagonal_relaxed")
    return completed(kept.sort("id", maintain_order=True).head(SIZE), data.kind)


def beside(data: DataSet) -> pl.DataFrame:
    """All rows of a data set without what they say and who they are: their origin, their split, and their other
    columns."""
    import polars as pl

    content = pl.selectors.by_name("id", "parents", *CONTENT[data.kind], require_all=False)
    return pl.concat([split.select(~content).collect() for split in _splits(data)], how="diagonal_relaxed")


@lru_cache(maxsize=2)
def _spoken(data: DataSet) -> pl.Series:
    from tunec.runtime.ops.functions.lang import lang
    from tunec.runtime.rows.frame import derived

    return lang(_sampled(data).head(_SPOKEN).select(derived(data.kind, "text").alias("language"))["language"])


def languages(data: DataSet) -> list[str]:
    """ISO 639 codes of the languages of at least a twentieth of the rows, by a sample of them, commonest first."""
    found = spoken(data).drop_nulls()
    counted = found.value_counts().sort(["count", found.name], descending=[True, False])
    return [code for code, count in counted.iter_rows() if count >= _COMMON * len(found)]


def _splits(data: DataSet) -> list[pl.LazyFrame]:
    import polars as pl

    files = files_of(data.folder, data.name, data.splits)
    return [pl.scan_parquet(path, glob=False).with_columns(split=pl.lit(split)) for split, path in files.items()]
