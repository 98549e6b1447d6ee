"""datatrove: its local executor with two workers on two files, its own blocks, lambdas for rules that it lacks."""

from __future__ import annotations

from pathlib import Path

import rules
import table
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.exact_dedup import (
    ExactDedupConfig,
    ExactDedupFilter,
    ExactDedupSignature,
    ExactFindDedups,
)
from datatrove.pipeline.filters import LambdaFilter, LanguageFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.hashing import HashConfig

WORK = Path("work").resolve()


def execute(pipeline, tasks: int = 2) -> None:
    LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(tasks, 2)).run()


def reader(data: Path, text: str = "text") -> ParquetReader:
    return ParquetReader(str(data), text_key=text, id_key="idx")


def writer(out: Path) -> ParquetWriter:
    # Its own adapter leaves out what is false, so the id of row 0, and takes the columns from the first row.
    def all_columns(self, row) -> dict:
        return {"idx": row.id, "text": row.text, **row.metadata}

    return ParquetWriter(str(out), adapter=all_columns, compression="snappy")


def prompt_of(row) -> str:
    return rules.plain(row.text)


def filtered(data: Path, more: Path, out: Path) -> None:
    """The language filter reads a row's text, so that is the prompt here. The model is fetched from a path."""
    language = LanguageFilter("en", label_only=True)
    language.model.MODEL_URL = str(more / "lid.176.ftz")
    config = ExactDedupConfig(content_getter=prompt_of)
    execute(
        [
            reader(data, "prompt"),
            LambdaFilter(lambda row: rules.stays(row.text, row.metadata["response"])),
            language,
            LambdaFilter(lambda row: row.metadata["language"] == "en"),
            writer(WORK / "filtered"),
        ]
    )
    again = reader(WORK / "filtered")
    execute([again, ExactDedupSignature(str(WORK / "signatures"), config, finder_workers=2)])
    execute([ExactFindDedups(str(WORK / "signatures"), str(WORK / "found"), config)])
    execute([again, ExactDedupFilter(str(WORK / "found"), config), writer(out)])


def near(data: Path, out: Path) -> None:
    """14 buckets of 8 hashes, its own choice for 0.8."""
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8, n_grams=5)
    signatures, buckets, found = (str(WORK / name) for name in ("signatures", "buckets", "found"))
    execute([reader(data), MinhashDedupSignature(signatures, config)])
    execute([MinhashDedupBuckets(signatures, buckets, config=config)], tasks=14)
    execute([MinhashDedupCluster(buckets, found, config=config)], tasks=1)
    execute([reader(data), MinhashDedupFilter(found), writer(out)])


def ngram(data: Path, more: Path, out: Path) -> None:
    """The index is made by its own function, called on a block that is there without lighteval, whose tasks would have
    to be downloaded."""
    import numpy as np

    config = NGramsDecontConfig(n_grams=13, find_query_ngrams=False, find_overlap_ngrams=False)
    folder = WORK / "index"
    folder.mkdir(parents=True)
    block = NGramsDecontFilter(str(folder), config=config)
    rows = reader(more / "items").run()
    hashes = {number for row in rows for number in NGramsDecontIndexer.compute_hashes(block, row.text)}
    np.array(list(hashes), dtype=config.hash_config.np_descr).tofile(folder / "items.index.hashes")
    execute([reader(data), NGramsDecontFilter(str(folder), config=config), writer(out)])


def main() -> None:
    workload, data, more, out = table.arguments()
    if workload == "rules":
        filtered(data, more, out)
    elif workload == "ngram":
        ngram(data, more, out)
    else:
        near(data, out)


if __name__ == "__main__":
    main()
