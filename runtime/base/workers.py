"""Work on portions of rows that other processes may do, of this machine or of others.

A task is a function of a module: given settings and frames that all portions share, it gives the function that works on
a portion. It is known by its name, and what goes to a worker and comes back is JSON and frames, so that a worker needs
nothing but the same packages. Results come in the order of the portions, and do not depend on who computed them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tunec.compiler.lowered import Json
from tunec.runtime.base.parallel import side_by_side

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a portion: frames, and what is said of it as JSON."""

    frames: tuple[pl.DataFrame, ...]
    said: Json = None


#: What a task is told, as JSON.
Settings: TypeAlias = Mapping[str, Any]
Work: TypeAlias = "Callable[[pl.DataFrame], Worked]"
#: Makes the work of settings, and of the frames that all portions share.
Task: TypeAlias = Callable[..., Work]


class NoWorkers(Exception):
    """There are no workers where there should be; the message says why, and what helps."""


class Workers(Protocol):
    """Processes beside this one. What an operator refuses to do there is an OperatorError here, and so is a cluster
    that is lost; a worker that is lost costs no more than its portions, which are computed again."""

    def each(
        self,
        task: Task,
        settings: Settings,
        portions: Iterable[pl.DataFrame],
        shared: Sequence[pl.DataFrame] = (),
    ) -> Iterator[Worked]:
        """What a task makes of each portion, in their order."""

    def vectors(self, embedder: Settings, chunks: Iterable[list[str]]) -> Iterator[np.ndarray]:
        """The vectors of the texts of each chunk, as `tunec.runtime.models.embed.encode` gives them, by an embedder of
        which is said what its `EmbedderSpec` holds."""


def each(
    workers: Workers | None,
    task: Task,
    settings: Settings,
    portions: Iterable[pl.DataFrame],
    shared: Sequence[pl.DataFrame] = (),
) -> Iterator[Worked]:
    """What a task makes of each portion, in their order: by workers, or by threads of this process."""
    if workers is not None:
        return workers.each(task, settings, portions, shared)
    return side_by_side(task(settings, *shared), portions)


def name_of(function: Callable[..., Any]) -> str:
    """The name by which a worker finds a function of a module."""
    return f"{function.__module__}:{function.__qualname__}"


def named(name: str) -> Callable[..., Any]:
    """The function of that name."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
