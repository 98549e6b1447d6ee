"""The layout `parquet`: the published files as they are."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.data import Data
from tunec.runtime.exchange.destination import Destination
from tunec.runtime.exchange.layout import layout


@layout(*RowType)
def parquet(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT-00000.parquet` and the data card, with which `datasets.load_dataset` reads the folder.

    Source: `datasets`, documentation, "Structure your repository" (the files of a split named in the card).
    """
    import pyarrow.parquet as files

    for split in data.splits:
        for path in split.files:
            with files.ParquetFile(path) as file:
                count = file.metadata.num_rows
            to.copy(f"{data.name}/{path.name}", path, data, split, count)
    card = data.folder / "README.md"
    if card.exists():
        to.copy(f"{data.name}/README.md", card, data, None, None)
