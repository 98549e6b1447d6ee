"""A connector that does not match the extension of its file.

`json` reads one array of objects as a whole, `jsonl` one object per line as it comes. An extension is only a
convention: where the first bytes of a file show that it is not what its name says, nothing is said of the name, nor is
it of a file that a spec may not read, since T331 tells of it.

Source: the pages of the connectors, in `tunec ops connectors`.

Example:
    source tasks = json("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunec.compiler.contents import PACKED, is_read, kind_of, reader_of
from tunec.compiler.lint.paths import is_ours
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.nearby import is_there
from tunec.dsl.diagnostics import Edit, Fix

CODE = "T330"
SEVERITY = "warning"
_ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".parquet": "parquet"}


def check(view: View) -> Iterator[Finding]:
    """The paths of all sources, against what reads them."""
    for source in view.declared("source", "seeds", "benchmark"):
        node = view.nodes[source.entity.node]
        used = node.op.split(".")[1]
        for path in node.paths:
            plain = next((path.removesuffix(ending) for ending in PACKED if path.endswith(ending)), path)
            wanted = next((reader for ending, reader in _ENDINGS.items() if plain.endswith(ending)), None)
            if not is_there(path, view.folder) and view.builder.program.main.exists():
                continue  # that there is no such file says more
            if wanted is None or used == wanted or used not in _ENDINGS.values() or source.call is None:
                continue
            # What is in the file says more than its name, and a file that may not be read is told of by T331.
            if not is_ours(path, view.folder) or _says_more(view.folder / path, used):
                continue
            fix = Fix(f"read it with `{wanted}`", (Edit(source.call.name_span, wanted),), safe=False)
            message = f"`{used}` reads `{path}`, which has the extension of `{wanted}`"
            yield Finding(message, source.call.name_span, help=f"did you mean `{wanted}`?", fixes=(fix,))
            break


def _says_more(file: Path, used: str) -> bool:
    """Whether the content of a file agrees with what reads it, or cannot be read by it at all, which T338 tells."""
    kind = kind_of(file)
    return kind not in ("", "folder") and (reader_of(kind) == used or not is_read(used, kind))
