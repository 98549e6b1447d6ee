"""A path of a source, of a benchmark or of a local model that matches no file.

A build stops there with `T601`. Paths start in the folder of the file that states them. The message names the folder
that was looked into, and what is there under a similar name. A file that is still to come is fine: write it before the
build. A model may also be one of the Hugging Face Hub, by its id, if it is in the hub's local cache: a build downloads
none.

Source: the paths of a spec, in `docs/language.md`.

Example:
    source tasks = jsonl("data/tsks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }

Instead:
    source tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { dedup { exact(prompt) } }
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tunec.compiler.elaborate.walk import walk
from tunec.compiler.lint.paths import is_ours, place_of_path
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Declared, View
from tunec.compiler.nearby import is_there, missing_part
from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span
from tunec.dsl.tree import Literal

CODE = "T332"
SEVERITY = "warning"
#: What may be the id of a model on the Hugging Face Hub.
_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


def check(view: View) -> Iterator[Finding]:
    """The paths of everything that reads local files."""
    if not view.builder.program.main.exists():
        return  # a text that is in no folder yet
    for declared in view.declared("source", "seeds", "benchmark", "model", "embedder"):
        node = view.nodes.get(declared.entity.node)
        operator = view.catalogue.at(node.op) if node is not None and "." in node.op else None
        for name in operator.paths if operator is not None and node is not None else ():
            given = node.params.get(name) if node is not None else None
            for path in given if isinstance(given, tuple) else (given,):
                if isinstance(path, str) and path and "://" not in path and is_ours(path, view.folder):
                    yield from _missing(view, declared, path)
    yield from _reviews(view)


def _reviews(view: View) -> Iterator[Finding]:
    """Files of decisions: one that is not there is written by the build, but not beside one of nearly that name."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            name = view.catalogue.at(stage.node.op).decisions if stage.call is not None else ""
            path = stage.node.params.get(name) if name else None
            if not isinstance(path, str) or not is_ours(path, view.folder) or is_there(path, view.folder):
                continue
            part = missing_part(path, view.folder)
            texts = [n for n in walk(stage.call) if isinstance(n, Literal) and path.endswith(str(n.value))]
            if part.near is not None and texts:
                span = texts[0].span
                inside = Span(span.file, span.start + 1, span.end - 1)
                fix = Fix(f"replace with `{part.near}`", (Edit(inside, part.near),), False)
                message = f"`{stage.name}` would begin a new file `{path}`: {part.said}"
                help_ = f"did you mean `{part.near}`?"
                yield Finding(message, span, help=help_, fixes=(fix,) if texts[0].value == path else ())


def _missing(view: View, declared: Declared, path: str) -> Iterator[Finding]:
    if is_there(path, view.folder):
        return
    part = missing_part(path, view.folder)
    span, exact = place_of_path(declared, path)
    message = f"no file matches `{path}`: {part.said}"
    if part.near is None and declared.item.kind in ("model", "embedder") and _ID.fullmatch(path):
        yield from _of_the_hub(view, declared, path, Finding(message, span))
        return
    if part.near is None:
        yield Finding(message, span)
        return
    fix = Fix(f"replace with `{part.near}`", (Edit(Span(span.file, span.start + 1, span.end - 1), part.near),), False)
    yield Finding(message, span, help=f"did you mean `{part.near}`?", fixes=(fix,) if exact else ())


def _of_the_hub(view: View, declared: Declared, path: str, plain: Finding) -> Iterator[Finding]:
    """A path that may be the id of a model on the hub. Only language models are looked for in its local cache."""
    node = view.nodes[declared.entity.node]
    if declared.item.kind == "embedder":
        help_ = f"if it is on the Hugging Face Hub: `hf download {path} --local-dir {path}`"
        yield replace(plain, help=help_)
    elif view.builder.look_at_model(node) is None:
        at = str(node.params.get("revision") or "main")
        more = "" if at == "main" else f" --revision {at}"
        message = f"`{path}` is no folder here, and not in the local cache of the Hugging Face Hub"
        help_ = f"if it is a model on the Hub: `hf download {path}{more}`; a build downloads none"
        yield replace(plain, message=message, help=help_)
