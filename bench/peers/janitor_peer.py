"""The harness's `Janitor`, in Python: its C++ part is not in the package. A row that `clean` changes is dropped.

`clean` also throws away what is shorter than 200 characters; with a least length below zero it returns clean texts as
they are.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import table


def main() -> None:
    with contextlib.redirect_stdout(None), Path(os.devnull).open("w") as nothing, contextlib.redirect_stderr(nothing):
        from lm_eval.decontamination.janitor import Janitor

    _, data, more, out = table.arguments()
    rows = table.read(data)
    janitor = Janitor(ngram_n=13, minimum_slice_length=-1)
    for text in table.read(more / "items")["text"].to_pylist():
        janitor.register_contaminant_python(text)
    kept = [janitor.clean_python(text) == [text] for text in rows["text"].to_pylist()]
    table.write(rows, kept, out)


if __name__ == "__main__":
    main()
