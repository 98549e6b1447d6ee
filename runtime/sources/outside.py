"""What lies outside a spec and changes its results: contents of files, revisions of models, versions of packages."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node
from tunec.compiler.lowered import Json, Record
from tunec.compiler.planning.fingerprint import operators_of
from tunec.compiler.reach import beyond, is_allowed
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.secrets import masked
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.resources import hash_of, short_name, version_of
from tunec.runtime.base.values import EmbedderSpec, ModelSpec
from tunec.runtime.catalogue import function_of
from tunec.runtime.engine.constants import constant
from tunec.runtime.sources.earlier_versions import Earlier, earlier_rows
from tunec.runtime.sources.fetched import FOLDER, FetchError, is_url
from tunec.runtime.sources.fetched import fetch as fetch_url
from tunec.runtime.sources.hub import TOKEN, HubError
from tunec.runtime.sources.hub_data import COMMIT, commit_of, fetch, files_at, is_offline
from tunec.runtime.sources.lock import Lock, one_line
from tunec.runtime.sources.reading import paths_of
from tunec.runtime.sources.review import BadDecisions, digest_of_decisions
from tunec.runtime.store.files import OutsideRoot, hash_file, within

#: The revision of a data set on the hub where none is stated.
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Access:
    """Where a build looks, besides the files that its spec names.

    `lock` holds the pins of the last build. Where it is to be kept to (`locked`), or where the network is forbidden, a
    revision on the hub is the commit that stands in it. The paths in `given` are those that a person gave with the
    command, wherever they lead (`tunec.compiler.reach`). Earlier versions are looked for in the folder of the `store`,
    and among what `out` shows.
    """

    lock: Lock = field(default_factory=dict)
    locked: bool = False
    given: frozenset[str] = frozenset()
    store: Path = Path(".tunec")
    out: Path = Path("build")


def given_in(values: Iterable[str]) -> frozenset[str]:
    """The paths among the values of `--set`, as the graph has them."""
    return frozenset(v if is_url(v) else posixpath.normpath(v) for v in values if v)


@dataclass
class Outside:
    """Looks outside for the nodes of a graph. `problems` collects what is not there, by the node
    that asks for it, `pins` what is."""

    graph: Graph
    catalogue: Catalogue
    folder: Path
    access: Access = field(default_factory=Access)
    problems: list[tuple[str, Diagnostic]] = field(default_factory=list)
    pins: dict[str, dict[str, str]] = field(default_factory=dict)  # what a lock file holds
    commits: dict[tuple[str, str], str] = field(default_factory=dict)  # by repository and revision, as they stand now
    earlier: dict[str, Earlier] = field(default_factory=dict)  # what nodes read of earlier versions
    fetched: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by URL, where its files lie now
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by URL, what its files are called
    _heads: dict[str, object] = field(default_factory=dict)  # by head of a pin, what it stands for

    def facts(self, node: Node) -> dict[str, Json]:
        """The facts that enter the fingerprint of a node."""
        found: dict[str, Json] = {}
        match self._source(node):
            case "files":
                found["files"] = self._files(node)
            case "hub":
                found |= self._commit(node)
            case "version":
                found |= self._earlier(node)
        file = self._decided_in(node)
        if file is not None:
            found["decisions"] = self._decisions(node, file)
        if node.op.startswith(("models.", "embedders.")):
            found |= self._identity(node)
        return {**found, **self._declared(node)}

    def _source(self, node: Node) -> str:
        """What the operator of a node says that it reads."""
        return "" if node.built_in else self.catalogue.at(node.op).source

    def _declared(self, node: Node) -> dict[str, Json]:
        """What the operators of a node say that they depend on beside their code."""
        used = operators_of(node, self.catalogue)
        packages = {package: version_of(package) for operator, _ in used for package in operator.packages}
        names = {name.format_map(arguments) for operator, arguments in used for name in operator.reads}
        files = {short_name(name): hash_of(name) for name in names}
        self.pins |= {f"package {name}": {"version": version} for name, version in packages.items()}
        self.pins |= {f"resource {name}": {"sha256": found} for name, found in files.items()}
        declared = {"packages": packages, "resources": files}
        return {key: dict(sorted(versions.items())) for key, versions in declared.items() if versions}

    def _files(self, node: Node) -> list[str]:
        """The content hashes of the files that a node reads."""
        prints: dict[str, str] = {}
        for path in node.paths:
            if self._is_refused(node, path):
                return []
            prints |= dict(self._behind(node, path) if is_url(path) else self._local(node, path))
        return list(prints.values())

    def _local(self, node: Node, path: str) -> list[tuple[str, str]]:
        """Files with the hashes of their content."""
        try:
            paths = paths_of(path, self.folder)
        except OSError as error:
            self._missing(node, f"cannot look for `{path}`: {error.filename}: {error.strerror}")
            return []
        if not paths:
            self._missing(node, f"no file matches `{path}`")
        # What a pattern matches may be a link, and lead anywhere.
        if any(self._is_refused(node, str(file)) for file in paths if path not in self.access.given):
            return []
        prints = []
        for file in paths:
            try:
                prints.append((os.path.realpath(file), hash_file(file)))
            except OSError as error:
                self._missing(node, f"cannot read `{path}`: {error.strerror}")
                return []
            self.pins[self._head("file", path, file)] = {"sha256": prints[-1][1]}
        return prints

    def _behind(self, node: Node, url: str) -> list[tuple[str, str]]:
        """The files that a URL names, which are fetched for that, with the hashes of their content."""
        try:
            found = fetch_url(url, self.access.store, anywhere=is_allowed() or url in self.access.given)
        except FetchError as error:
            self._missing(node, str(error))
            return []
        if not found:
            self._missing(node, f"no file matches `{masked(url)}`")
        for item in found:
            self.pins[self._numbered(f"file {item.name}", (url, item.sha256))] = {"sha256": item.sha256}
        self.fetched[url] = tuple(str(self.access.store / FOLDER / item.file) for item in found)
        self.addresses[url] = tuple(item.name for item in found)
        return [(str(self.access.store / FOLDER / item.file), item.sha256) for item in found]

    def _commit(self, node: Node) -> dict[str, Json]:
        repository, asked = str(node.params["repository"]), str(node.params["revision"])
        others = {str(n.params["revision"]) for n in self._hubs() if n.params["repository"] == repository}
        # Two revisions of one data set need two entries.
        head = f"hub {repository}" + (f"@{asked or MAIN}" if len(others) > 1 else "")
        stated = {} if asked in ("", COMMIT.fullmatch(asked) and asked) else {"asked": asked}
        try:
            commit = self._resolved(node, asked or MAIN, self.access.lock.get(head, {}), stated)
        except HubError as error:
            self._missing(node, str(error))
            return {}
        self.pins[head] = {"revision": commit, **stated}
        return {"revision": commit}

    def _hubs(self) -> list[Node]:
        return [n for n in self.graph.nodes if self._source(n) == "hub"]

    def _resolved(self, node: Node, asked: str, pinned: Mapping[str, str], stated: Mapping[str, str]) -> str:
        """The commit that a revision stands for: its own name, the lock's word for it, or what the hub says now."""
        repository = str(node.params["repository"])
        if COMMIT.fullmatch(asked):
            return asked
        fits = "revision" in pinned and pinned.get("asked") == stated.get("asked")
        if fits and (self.access.locked or is_offline()):
            return pinned["revision"]
        if is_offline():
            raise HubError(
                f"`{repository}` cannot be looked up offline, and the lock names no commit for {asked}; build once "
                'with the network, or state the commit: revision: "…"'
            )
        if (repository, asked) not in self.commits:
            self.commits[repository, asked] = commit_of(repository, asked, _token_of(node))
        return self.commits[repository, asked]

    def earlier_names(self) -> list[str]:
        """The versions that sources read, as they name them."""
        return [str(node.params["version"]) for node in self.graph.nodes if self._source(node) == "version"]

    def _earlier(self, node: Node) -> dict[str, Json]:
        name, dataset, split, rows = (str(node.params[k]) for k in ("version", "dataset", "split", "rows"))
        try:
            found = earlier_rows(name, dataset, split, rows, self.access.store, self.access.out)
        except OperatorError as error:
            self._missing(node, str(error))
            return {}
        self.earlier[node.id] = found
        pins = self.pins.setdefault(f"version {name}", {"id": found.version})
        pins[f"{found.dataset}/{found.split}"] = found.sha256
        # What the version is called, and what else it holds, changes nothing of these rows.
        return {"files": [found.sha256]}

    def look(self, nodes: Iterable[Node], parts: Mapping[str, Mapping[str, Json]]) -> None:
        """Note what would be missing once these nodes run. Asks for names only, for no data."""
        for node in nodes:
            needs = (operator.needs for operator, _ in operators_of(node, self.catalogue) if operator.needs is not None)
            for message in dict.fromkeys(lacking for need in needs if (lacking := need()) is not None):
                self._tell(node, Diagnostic("T603", message, self.graph.spans[node.id]))
            commit = _revision(parts[node.id]["outside"])
            if self._source(node) == "hub" and commit:
                try:
                    self._on_hub(node, commit)
                except HubError as error:
                    self._missing(node, str(error))

    def files(self, node: Node, facts: Json) -> tuple[str, ...]:
        """Where the files of a source lie, fetched if need be. `facts` are those of the node. Raises OperatorError."""
        source = self._source(node)
        if source == "files":
            return tuple(file for file, _ in self._named(node))
        if source == "version":
            return (str(self.earlier[node.id].path),)
        if source != "hub":
            return ()
        try:
            commit = _revision(facts)
            return fetch(str(node.params["repository"]), commit, self._on_hub(node, commit), _token_of(node))
        except HubError as error:
            raise OperatorError(str(error)) from error

    def _named(self, node: Node) -> list[tuple[str, str]]:
        """The files of a source, each once: where they lie, and what people call them."""
        found: dict[str, tuple[str, str]] = {}
        for path in node.paths:
            if is_url(path):
                pairs = list(zip(self.fetched[path], self.addresses[path], strict=True))
            else:
                files = [str(file) for file in paths_of(path, self.folder)]
                as_stated = len(files) == 1 and (self.folder / path).exists()
                pairs = [(file, path if as_stated else self._name(path, file)) for file in files]
            for file, name in pairs:
                found.setdefault(os.path.realpath(file), (file, name))
        return list(found.values())

    def names(self, node: Node, paths: Sequence[str]) -> tuple[str, ...]:
        """What people call the files of a source: as seen from the spec's folder, by URL, or in their repository."""
        if not node.paths:
            owner = str(node.params.get("repository") or node.params.get("version") or "")
            return tuple(f"{owner}/{PurePath(file).name}" if self._source(node) == "hub" else owner for file in paths)
        return tuple(name for _, name in self._named(node))

    def _name(self, path: str, file: str) -> str:
        return file if Path(path).is_absolute() else Path(os.path.relpath(file, self.folder)).as_posix()

    def local_files(self) -> list[Path]:
        """The local files that the sources of the graph read."""
        paths = [path for n in self.graph.nodes if self._source(n) == "files" for path in n.paths]
        return [file for path in paths if not is_url(path) for file in paths_of(path, self.folder)]

    def _on_hub(self, node: Node, commit: str) -> list[str]:
        repository, config, split = (str(node.params[k]) for k in ("repository", "config", "split"))
        return files_at(repository, commit, config, split, _token_of(node))

    def lacks_file(self, node: Node) -> bool:
        """Whether the file in which people decide about the rows of a node is not there, so that they cannot."""
        file = self._decided_in(node)
        return file is not None and not (self.folder / file).exists()

    def _decided_in(self, node: Node) -> str | None:
        """The file in which people decide about the rows of a node."""
        name = "" if node.built_in else self.catalogue.at(node.op).decisions
        path = node.params.get(name)
        return None if path is None else str(path)

    def _decisions(self, node: Node, path: str) -> str:
        """The hash of what people decided in a file; lines that wait for a decision are not in it."""
        try:
            found = digest_of_decisions(within(self.folder, path))
            self.pins[f"decisions {one_line(path)}"] = {"sha256": found}
            return found
        except (BadDecisions, OutsideRoot) as error:
            self._missing(node, str(error))
            return ""

    def _is_refused(self, node: Node, path: str) -> bool:
        """Whether a spec may not read this unless the person who builds allows it; it is then a problem."""
        if is_allowed() or path in self.access.given:
            return False
        found = beyond(path, self.folder)
        if found is None:
            return False
        message = f"`{masked(path)}` {found}, and is not read"
        allow = "if you trust this spec, allow it with --allow-outside, or TUNEC_ALLOW_OUTSIDE=1 in your environment"
        self._tell(node, Diagnostic("T606", message, self.graph.spans[node.id], help=allow))
        return True

    def _identity(self, node: Node) -> dict[str, Json]:
        if "path" in node.params and self._is_refused(node, str(node.params["path"])):
            return {}
        try:
            spec = value_of(node, self.catalogue, lambda ref: None, self.folder)
        except OperatorError as error:
            self._tell(node, Diagnostic("T603", str(error), self.graph.spans[node.id]))
            return {}
        kind = f"{node.op.split('.')[0].removesuffix('s')} {spec.kind}"
        path = node.params.get("path")
        head = f"{kind} {spec.id}" if path is None else self._head(kind, str(path), self.folder / str(path))
        self.pins[head] = {"revision": spec.revision}
        self.pins |= {f"package {name}": {"version": number} for name, number in software_of(spec.backend).items()}
        return {"revision": spec.revision, "backend": spec.backend}

    def _head(self, kind: str, path: str, found: Path) -> str:
        """The head of a pin: where a file or a folder lies, as seen from the spec's folder.

        Where it lies by an absolute path differs from machine to machine: its own name stands for that, with a number
        where several have it.
        """
        way = os.path.relpath(found, self.folder)
        if Path(path).is_absolute() and Path(way).parts[0] == "..":
            way = found.name
        return self._numbered(f"{kind} {one_line(Path(way).as_posix())}", found.resolve())

    def _numbered(self, first: str, meant: object) -> str:
        """A head, with a number where it stands for something else already."""
        head, number = first, 1
        while self._heads.setdefault(head, meant) != meant:
            number += 1
            head = f"{first} ({number})"
        return head

    def _missing(self, node: Node, message: str) -> None:
        self._tell(node, Diagnostic("T601", message, self.graph.spans[node.id]))

    def told(self, needed: Collection[str]) -> list[Diagnostic]:
        """What is not there of the nodes that a build needs, and what a spec may not read in any case. What is not
        there and not needed stays in the lock as it is."""
        told = [problem for node, problem in self.problems if node in needed or problem.code == "T606"]
        if len(told) < len(self.problems):
            self.pins |= {head: dict(pin) for head, pin in self.access.lock.items() if head not in self.pins}
        return list(dict.fromkeys(told))

    def _tell(self, node: Node, problem: Diagnostic) -> None:
        self.problems.append((node.id, problem))


def value_of(
    node: Node, catalogue: Catalogue, resolve: Callable[[str], object], folder: Path
) -> ModelSpec | EmbedderSpec:
    """The model or embedder that a node names; loads nothing. Its paths start in `folder`."""
    operator = catalogue.at(node.op)
    arguments = {k: constant(v, resolve) for k, v in node.params.items()}
    arguments |= {name: str(folder / arguments[name]) for name in operator.paths}
    spec: ModelSpec | EmbedderSpec = function_of(operator)(**arguments)
    return spec


def _token_of(node: Node) -> str:
    """The environment variable that holds the token for a data set on the hub."""
    named = node.params.get("token")
    return str(named.entries["env"]) if isinstance(named, Record) else TOKEN


def software_of(backend: str) -> dict[str, str]:
    """The packages that a backend names, with their versions; its device and number format are the machine's."""
    found = (word.partition("==") for word in backend.split())
    return {name: number for name, equals, number in found if equals}


def _revision(facts: Json) -> str:
    """The revision among the facts of a node; empty where it was not found."""
    return str(facts.get("revision", "")) if isinstance(facts, Mapping) else ""
