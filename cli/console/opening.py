"""Opens a spec for a command: compiles it, shows what is wrong with it, and ends the command where it must."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from tunec.compiler.graph import Graph, variants_of, with_targets
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import Compiled
from tunec.console.output import coloured, echo, style
from tunec.dsl.diagnostics import Diagnostic, has_errors
from tunec.dsl.source import Source

if TYPE_CHECKING:
    from tunec.runtime.building.build import Wanted
    from tunec.runtime.store.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])


def overrides_of(pairs: Sequence[str]) -> dict[str, str]:
    """The values of `--set name=value`."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set expects NAME=VALUE, not {pair!r}")
        found[name] = value
    return found


def compile_file(path: Path, pairs: Sequence[str] = ()) -> Compiled:
    """Compile and judge a spec; a usage error where the file cannot be read."""
    from tunec.runtime.catalogue import load_catalogue

    try:
        return check_spec(path, load_catalogue(), overrides_of(pairs))
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"cannot read {path}: not valid UTF-8 at byte {error.start}") from error


def graph_of(path: Path, pairs: Sequence[str] = (), targets: Iterable[str] = ()) -> tuple[Graph, Mapping[str, Source]]:
    """The graph of a spec without errors. Prints diagnostics, and ends the command with 1 where there are errors."""
    compiled = compile_file(path, pairs)
    show(compiled.diagnostics, compiled.sources)
    if compiled.graph is None:
        sys.exit(1)
    graph = with_targets(compiled.graph, targets)
    for target in variants_of(graph, targets):
        if target not in graph.targets:
            from tunec.compiler.names import closest

            near = closest(target, graph.targets)
            known = f"did you mean `{near}`?" if near else f"available: {', '.join(graph.targets) or 'none'}"
            raise click.UsageError(f"unknown target `{target}` in {path}; {known}")
    return graph, compiled.sources


def stop_without_targets(graph: Graph, wanted: Wanted, path: Path) -> None:
    """End the command with 1 where there is nothing that it could build."""
    if wanted.names(graph):
        return
    if wanted.only is not None:
        fail(f"{path} has no {wanted.only} to build", 1)
    made = [name for node in graph.nodes if node.op == "generate" for name in graph.origins.get(node.id, ())]
    help_ = f"; to run a generation by itself, name it: `tunec build {path} {made[0]}`" if made else ""
    fail(f"{path} has nothing to build: declare a `dataset`{help_}", 1)


def check_prices(graph: Graph, option: str) -> None:
    """A bound on costs bounds nothing where a price is not known: ends the command with the name of the model."""
    for node in graph.nodes:
        if node.op == "models.openai" and node.params.get("price_input") is None:
            name = graph.owners.get(node.id, node.params["id"])
            how = "state `price_input` and `price_output`, in dollars per million tokens"
            raise click.UsageError(f"{option} needs the price of `{name}`: {how}")


def show(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> None:
    """Print diagnostics for a person, on standard error."""
    if not diagnostics:
        return
    import shutil

    from tunec.dsl.render.text import render

    width = shutil.get_terminal_size((100, 24)).columns
    colour = sys.stderr.isatty() and coloured()
    # The renderer lets nothing through that steers a terminal, and its colours are its own.
    click.echo(render(list(diagnostics), sources, colour, width), err=True)


def stop_on(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> None:
    """Print diagnostics and end the command with 1 where there are errors among them."""
    show(diagnostics, sources)
    if has_errors(list(diagnostics)):
        sys.exit(1)


def fail(message: str, code: int = 3) -> NoReturn:
    """End the command with a message on standard error."""
    head = style("error", fg="red", bold=True)
    echo(f"{head}: {message}", err=True)
    sys.exit(code)


def store_folder(spec: Path | None) -> Path:
    """The folder of the store: `TUNEC_STORE`, or `.tunec` beside the spec: there also where `TUNEC_STORE` is the URL of
    a store that machines share."""
    said = _said(None)
    return Path(said) if said and "://" not in said else _beside(spec)


def _said(given: str | None) -> str:
    """What names a store: `--store`, or `TUNEC_STORE`."""
    import os

    return given if given is not None else os.environ.get("TUNEC_STORE", "")


def _beside(spec: Path | None) -> Path:
    return (spec.parent if spec is not None else Path()) / ".tunec"


def _check_beside(spec: Path | None) -> None:
    """Raises StoreError where a link beside the spec would make a store of a folder elsewhere, which nobody named."""
    from tunec.runtime.store.files import OutsideRoot, within
    from tunec.runtime.store.format import StoreError

    place = _beside(spec)
    if place.is_symlink() and not (place / "format").is_file():
        try:
            within(place.parent, place.name)
        except OutsideRoot as error:
            there = f"{place} is a link to {place.resolve()}, which is no store"
            raise StoreError(f"{there}; remove the link, or name that folder yourself with --store") from error


def store_of_build(spec: Path | None, given: str | Path | None) -> Store:
    """The store of a command. A URL (`s3://bucket/team`) names one that machines share; then `.tunec` beside the spec,
    or in the working folder where there is none, is a cache of it. Raises StoreError, of which RemoteError is one."""
    from tunec.runtime.store.remote import Remote
    from tunec.runtime.store.store import Store

    said = _said(None if given is None else str(given))
    if "://" in said:
        _check_beside(spec)
        return Store(_beside(spec), Remote(said))
    if not said:
        _check_beside(spec)
    return Store(Path(said) if said else _beside(spec))


def usual_out() -> Path:
    """The output folder of builds. Raises OutsideRoot where it is a link out of the working folder."""
    from tunec.runtime.store.files import by_default

    return by_default("build", "--out")


def open_store(spec: Path | None, given: str | Path | None) -> Store:
    """The store of a command; ends the command with 3 where it cannot be reached."""
    from tunec.runtime.store.remote import RemoteError

    try:
        return store_of_build(spec, given)
    except RemoteError as error:
        fail(str(error))


def version_folder(name: str, store: str | None, out: Path | None, published: bool = False, needs: str = "") -> Path:
    """The folder of a version; ends the command with 2 where there is none, and with 1 where it must be `published` and
    is what a failed build left. From a shared store it is fetched, with what a command `needs` of it besides: the
    results of its `steps`, or the version `before`."""
    from tunec.runtime.store.published import NoSuchVersion, VersionDamaged, find_version, is_here, manifest_of
    from tunec.runtime.store.shared import fetch_others, fetch_steps, fetch_version

    said, place = _said(store), out or Path("build")
    shared = None if "://" not in said else open_store(Path(name) if name.endswith(".tune") else None, said)
    only = Path(store) if store is not None and shared is None else None
    usual = Path(said) if said and shared is None else None
    try:
        if shared is not None and (store is not None or not is_here(name, place)):
            fetch_version(shared, name)
            only = shared.root
        found = find_version(name, only, place, usual)
        manifest = manifest_of(found)
        if shared is not None and needs == "steps":
            fetch_steps(shared, found)
        if shared is not None and needs == "before":
            fetch_others(shared, manifest["version"])
    except NoSuchVersion as error:
        fail(str(error), 2)
    except VersionDamaged as error:
        fail(f"{error}; run `tunec build` to publish it again", 1)
    if published and "unpublished" in manifest:
        fail(f"{found} is not published: {manifest['unpublished']}", 1)
    return found


@contextmanager
def reading(*versions: Path) -> Iterator[None]:
    """Where what reads versions fails and their files are not those that were published, that is the reason told."""
    try:
        yield
    except BaseException as error:  # a library that panics over a broken file raises no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | click.ClickException):
            raise
        from tunec.runtime.versions.verify import damage

        found = next((said for version in versions for said in damage(version)), None)
        if found is None:
            raise
        fail(f"damaged: {found}; run `tunec build` to publish it again", 1)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options at once."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


spec_argument = click.argument("spec", type=click.Path(path_type=Path, dir_okay=False))
set_option = click.option(
    "--set", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a param of the spec (repeatable)."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path), help="The output folder of builds (default: ./build)."
)
store_option = click.option(
    "--store", help="The store: a folder (default: .tunec next to the spec), or the URL of a shared store."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
