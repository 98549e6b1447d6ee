"""What is known of a spec and its imports at one moment: the compiler's view, and an index of each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.builder import Builder, Flow
from tunec.compiler.elaborate.kept import Memory
from tunec.compiler.elaborate.load import read_text
from tunec.compiler.pipeline import Elaborated, elaborate_spec
from tunec.dsl.source import Source, Span
from tunec.lsp.index import Index, Mark, Marked, index_of


@dataclass(frozen=True)
class Analysis:
    """A spec after all its declarations were looked at. `depends` are the files that were read, or looked for."""

    path: Path
    elaborated: Elaborated
    depends: frozenset[Path]
    marked: Marked | None = None
    _indexes: dict[str, Index] = field(default_factory=dict)

    @property
    def builder(self) -> Builder:
        """What is known of the spec."""
        return self.elaborated.builder

    @property
    def spec(self) -> Mapping[str, Any]:
        """What its `spec` line says."""
        return self.elaborated.spec

    @property
    def main(self) -> str:
        """The name of the spec's own file."""
        return str(self.path)

    @property
    def source(self) -> Source:
        """The spec's own text."""
        return self.builder.program.sources[self.main]

    def index(self, file: str | None = None) -> Index:
        """The index of a file of the program, by default of the spec itself."""
        name = self.main if file is None else file
        if name not in self._indexes:
            self._indexes[name] = index_of(self.builder, name, self.marked if name == self.main else None)
        return self._indexes[name]

    def marks(self) -> list[Mark]:
        """The marks of all files."""
        return [mark for file in self.builder.program.files for mark in self.index(file).marks]

    def flow_at(self, mark: Mark) -> Flow | None:
        """The rows that reach the statement of a mark, as far as the compiler came."""
        if mark.statement is not None and mark.statement in self.builder.flows:
            return self.builder.flows[mark.statement]
        return self.flow_of(mark.owner)

    def flow_of(self, name: str) -> Flow | None:
        """The rows that a declaration gives."""
        entity = self.builder.entities.get(name)
        return entity.flow if entity is not None else None

    @cached_property
    def nodes_at(self) -> Mapping[Span, str]:
        """The nodes of the graph by the places that they come from."""
        return {span: node for node, span in self.builder.spans.items()}


def analyse(
    path: Path,
    text: str,
    catalogue: Catalogue,
    buffer: Callable[[Path], str | None],
    memory: Memory | None = None,
    marked: Marked | None = None,
) -> Analysis:
    """Analyse a text that stands for a file; `buffer` gives what an editor holds of another one, `memory` and `marked`
    keep what is known of the file's earlier texts."""
    depends = {path}

    def read(other: Path) -> str:
        place = other.resolve()
        depends.add(place)
        held = buffer(place)
        return read_text(other) if held is None else held

    elaborated = elaborate_spec(path, catalogue, None, text, read, memory)
    return Analysis(path, elaborated, frozenset(depends), marked)
