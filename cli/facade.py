"""What `import tunec` gives: the commands as functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Graph, with_targets
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import Compiled
from tunec.compiler.planning.plan import Plan
from tunec.console.opening import store_of_build, usual_out
from tunec.console.progress import Terminal
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.runtime.building.build import Planning, Wanted, plan_build, run_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources.lock import last_lock, lock_path
from tunec.runtime.sources.outside import Access, given_in
from tunec.runtime.store.published import data_sets, find_version, manifest_of
from tunec.runtime.store.shared import fetch_version

if TYPE_CHECKING:
    import datasets


class SpecError(Exception):
    """A spec has errors; `diagnostics` holds them."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(f"[{d.code}] {d.message}" for d in diagnostics))
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True, slots=True)
class Build:
    """A build: the id of the published version and its folder (None where only generations were built), and the labels
    of the steps that ran and that were stored."""

    version: str | None
    folder: Path | None
    ran: tuple[str, ...]
    cached: tuple[str, ...]

    def dataset(self, name: str) -> datasets.DatasetDict:
        """A data set of the build by its name in the spec, with its splits."""
        if self.folder is None:
            raise KeyError(f"nothing was published, so there is no data set `{name}`")
        return _dataset(self.folder, name)


def lint(path: str | Path, **params: object) -> list[Diagnostic]:
    """All problems in a spec. Raises OSError if it cannot be read."""
    return list(check_spec(Path(path), load_catalogue(), _overrides(params)).diagnostics)


def compile(path: str | Path, **params: object) -> Graph:
    """The graph of a spec; `params` set its params. Raises SpecError."""
    return _checked(Path(path), params)[1]


def plan(
    path: str | Path, targets: Sequence[str] | None = None, *, store: str | Path | None = None, **params: object
) -> Plan:
    """What a build would do: its steps, stored or to run, and why. `store` is a folder, or the URL of one that others
    share. Raises SpecError, also if files are missing, and RemoteError if a shared store cannot be used."""
    spec = Path(path)
    graph = with_targets(_checked(spec, params)[1], targets or ())
    return _planning(spec, graph, params, store, Wanted(tuple(targets or ()))).plan


def build(
    path: str | Path,
    targets: Sequence[str] | None = None,
    *,
    only: str | None = None,
    force: Sequence[str] = (),
    store: str | Path | None = None,
    out: str | Path | None = None,
    quiet: bool = True,
    **params: object,
) -> Build:
    """Build the given targets (default: all) and publish a version. Takes the options of `tunec build`.

    The version is shown in the folder `out`, `build` without one. Raises SpecError and RemoteError as `plan` does; what
    may go wrong in a run raises what `tunec.runtime.engine.engine` and `tunec.runtime.versions.publish` say.
    """
    spec = Path(path)
    compiled, checked = _checked(spec, params)
    graph = with_targets(checked, (*(targets or ()), *force))
    shown = Path(out) if out is not None else usual_out()
    planning = _planning(spec, graph, params, store, Wanted(tuple(targets or ()), only, tuple(force)), shown)
    with Terminal(-1 if quiet else 0) as terminal:
        built = run_build(planning, load_catalogue(), compiled.sources, shown, terminal, True)
    published = built.published
    version, folder = (published.version, published.out) if published is not None else (None, None)
    return Build(version, folder, built.ran, built.cached)


def load(
    version: str, dataset: str | None = None, *, store: str | Path | None = None, out: str | Path = "build"
) -> datasets.DatasetDict:
    """A data set of a published version: `load("chat@1.0.0")`, `load("chat", "tasks")`.

    The name of the data set may be left out if the version has only one, or one with the name of the spec. Raises
    NoSuchVersion, and KeyError if there is no such data set.
    """
    place = Path(store) if store is not None else None
    if store is not None and "://" in str(store):
        shared = store_of_build(None, store)
        fetch_version(shared, version)
        place = shared.root
    folder = find_version(version, place, Path(out))
    names = list(data_sets(folder))
    spec = str(manifest_of(folder)["spec"]["name"])
    name = dataset or (spec if spec in names else names[0] if len(names) == 1 else None)
    if name not in names:
        raise KeyError(f"{version} has the data sets {', '.join(names)}; name one of them")
    return _dataset(folder, name)


def _dataset(folder: Path, name: str) -> datasets.DatasetDict:
    import datasets

    files = data_sets(folder)
    if name not in files:
        raise KeyError(f"unknown data set `{name}`; available: {', '.join(files)}")
    return datasets.DatasetDict({split: datasets.Dataset.from_parquet(str(p)) for split, p in files[name].items()})


def _overrides(params: dict[str, Any]) -> dict[str, str]:
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in params.items()}


def _checked(path: Path, params: dict[str, Any]) -> tuple[Compiled, Graph]:
    compiled = check_spec(path, load_catalogue(), _overrides(params))
    if compiled.graph is None:
        raise SpecError([d for d in compiled.diagnostics if d.severity == "error"])
    return compiled, compiled.graph


def _planning(
    path: Path,
    graph: Graph,
    params: dict[str, Any],
    store: str | Path | None,
    wanted: Wanted,
    out: Path = Path("build"),
) -> Planning:
    given = given_in(_overrides(params).values())
    access = Access(lock=last_lock(lock_path(path)), given=given, out=out)
    place = store_of_build(path, store)
    planning = plan_build(graph, load_catalogue(), path.parent, place, wanted, access)
    if has_errors(list(planning.problems)):
        raise SpecError(planning.problems)
    return planning
