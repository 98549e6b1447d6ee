"""A path or a URL that leads outside the repository of the spec.

A spec that somebody else wrote should get by with the files beside it: what it reads can end up in what it publishes.
Files in the folder or the repository of the spec are read, and so are public addresses. Anything else (other files of
the machine, `file://`, addresses of the machine itself or of a private network) is refused by `plan` and `build`,
unless the person who builds allows it with `--allow-outside`, with `TUNEC_ALLOW_OUTSIDE=1`, or by giving the path with
`--set`.

Source: OWASP, Server-Side Request Forgery and Path Traversal.

Example:
    source tasks = jsonl("file:///srv/tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import View
from tunec.compiler.reach import beyond, is_allowed
from tunec.dsl.secrets import masked

CODE = "T331"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """The paths of everything that reads."""
    if is_allowed():
        return
    given = set(view.builder.overrides.values())
    for declared in view.declared("source", "seeds", "benchmark", "model", "embedder"):
        node = view.nodes.get(declared.entity.node)
        for path in node.paths if node is not None else ():
            found = beyond(path, view.folder) if declared.call is not None and path not in given else None
            if found is not None and declared.call is not None:
                told = "`plan` and `build` refuse it without --allow-outside"
                yield Finding(f"`{masked(path)}` {found}", declared.call.span, help=told)
