"""What is published: the results of a build, and what a manifest tells of their making."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph
from tunec.compiler.planning.plan import Plan
from tunec.dsl.source import Source
from tunec.runtime.sources.earlier_versions import Earlier
from tunec.runtime.sources.lock import Lock
from tunec.runtime.store.results import Results

if TYPE_CHECKING:
    from tunec.runtime.text.screening import Screen


@dataclass(frozen=True, slots=True)
class Publication:
    """The `targets` of a plan with their results.

    `sources` are the texts of the spec, `folder` is its folder, `pins` is what its lock holds. By node, `files` names
    the files that sources read, `earlier` the versions. `screen()` knows the texts last compared with
    benchmarks, and `forget()` has it let go of them.
    """

    results: Results
    catalogue: Catalogue
    sources: Mapping[str, Source]
    folder: Path
    pins: Lock
    files: Mapping[str, tuple[str, ...]]
    earlier: Mapping[str, Earlier]
    targets: tuple[str, ...]
    screen: Callable[[], Screen]
    forget: Callable[[], None]

    @property
    def plan(self) -> Plan:
        """The plan that was run."""
        return self.results.plan

    @property
    def graph(self) -> Graph:
        """The graph of the spec."""
        return self.results.plan.graph
