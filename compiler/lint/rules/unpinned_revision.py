"""A source on a hub is read at whatever revision it has on the day of the build.

The same spec can then produce different rows next month, and nothing says why. A branch or a tag can move, a commit
cannot: pin the commit. The lock file also records what a build has read, for anyone who builds with `--locked`.

Source: the promise of `docs/semantics.md` that the same spec, lock and recordings give the same bytes.

Example:
    source tasks = jsonl("hf://datasets/org/tasks/rows.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("hf://datasets/org/tasks@9f2c1ab/rows.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View
from tunec.compiler.lowered import Lowered

CODE = "T312"
SEVERITY = "warning"
_MOVING = re.compile(r"^https?://[^/]+/.*/(?:resolve|raw|blob)/(?:refs/heads/)?(?:main|master)/")
_MOVING_RAW = re.compile(r"^https?://raw\.githubusercontent\.com/[^/]+/[^/]+/(?:refs/heads/)?(?:main|master)/")
_HUB = re.compile(r"^hf://(?:datasets/)?[^/@]+/[^/@]+(?P<revision>@[^/]+)?/")


def check(view: View) -> Iterator[Finding]:
    """Paths that name a branch or nothing, and operators with a `revision` that is not given."""
    for source in view.declared("source", "seeds", "benchmark", "model", "embedder"):
        node = view.nodes[source.entity.node]
        path = str(node.params.get("path", ""))
        hub = _HUB.match(path)
        if (hub is not None and hub["revision"] is None) or _MOVING.match(path) or _MOVING_RAW.match(path):
            yield _finding(source, f"`{path}` is not pinned: its owner can change it", "name a commit in the path")
        elif node.params.get("revision", "pinned") in (None, "", "main", "master") and _remote(
            node.params, view.folder
        ):
            yield _finding(source, f"`{source.name}` is not pinned to a revision", 'add `revision: "COMMIT"`')


def _remote(params: Mapping[str, Lowered], folder: Path) -> bool:
    """A local folder has no revision, and what a server runs cannot be pinned from here."""
    if "base_url" in params:
        return False
    first = next(iter(params.values()), "")
    # Of a name that is too long for a file `Path.is_dir` raises.
    return isinstance(first, str) and not first.startswith((".", "/")) and not os.path.isdir(folder / first)  # noqa: PTH112


def _finding(source: Declared, message: str, help_: str) -> Finding:
    call = source.call
    where = call.arguments[0].span if call is not None and call.arguments else source.item.name_span
    return Finding(message, where, help=help_)
