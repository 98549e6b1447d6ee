"""What declarations came to before, so that an editor's next text is elaborated anew only where it differs.

A declaration comes to the same if it stands where it stood, the names in it mean the same declarations, and those came
to the same. What had mistakes in it is elaborated each time, for what is said of them may look at anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.elaborate.extent import MOST
from tunec.compiler.elaborate.rules import MOST_RULES
from tunec.compiler.elaborate.walk import mentions_of, needed_first
from tunec.compiler.graph import Node
from tunec.compiler.sample import ModelSeen, Sample
from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import Declared, Vary

#: What a builder notes while it elaborates a declaration, and nothing of it reads.
_FIRST = ("rule_spans", "written")  # of equal keys the first counts
_LAST = ("flows", "labels", "canonical", "params")
_SETS = ("plain", "used")


@dataclass(repr=False, eq=False)
class Made:
    """What a declaration came to: what it asked for, and what it left in the builder."""

    item: Declared
    entity: Entity
    asked: Mapping[tuple[str, str], str | None]
    needed: Mapping[str, Entity]
    nodes: list[tuple[Node, Span]]
    left: Mapping[str, Any]
    counted: tuple[int, int]

    def holds(self, builder: Builder, item: Declared) -> bool:
        """Whether the declaration comes to the same now."""
        program, entities = builder.program, builder.entities
        return (
            self.item is item
            and all(entities.get(name) is entity for name, entity in self.needed.items())
            and all(program.resolve(*question) == answer for question, answer in self.asked.items())
            and not builder.unread(item.span)
        )


@record
class Known:
    """What is known of one text: what its declarations came to and mention, and what was seen in files on the way."""

    made: Mapping[str, Made] = field(default_factory=dict)
    mentions: Mapping[str, tuple[Declared, tuple[str, ...]]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    world: object = None
    looks: Mapping[str, tuple[Node, Sample | None]] = field(default_factory=dict)
    models: Mapping[str, tuple[Node, ModelSeen | None]] = field(default_factory=dict)


@dataclass(repr=False, eq=False)
class Memory:
    """What is known of the last text of a file. It is replaced as a whole, so that two threads may use it."""

    known: Known = field(default_factory=Known)


class Recollection:
    """The memory while one text is elaborated: what holds of it, and what is new."""

    def __init__(self, memory: Memory, builder: Builder) -> None:
        self.memory, self.builder = memory, builder
        program = builder.program
        self.world = (builder.seed, dict(builder.overrides), program.longest, program.scopes, program.folders)
        self.before = memory.known if memory.known.world == self.world and self._looks_same() else Known()
        self.made: dict[str, Made] = {}
        self.names = frozenset(program.declared)
        self.mentions = {name: self._mentioned(name) for name in program.declared}

    def _looks_same(self) -> bool:
        """Whether the files say what they said."""
        builder, known = self.builder, self.memory.known
        same = [builder.look(node) == sample for node, sample in known.looks.values()]
        same += [builder.look_at_model(node) == seen for node, seen in known.models.values()]
        return all(same)

    def _mentioned(self, name: str) -> tuple[Declared, tuple[str, ...]]:
        program = self.builder.program
        known = self.before.mentions.get(name) if self.before.names == self.names else None
        if known is None or known[0] is not program.declared[name]:
            known = program.declared[name], mentions_of(program, name)
        return known

    def order(self) -> list[str]:
        """The declarations as `needed_first` orders them."""
        self.builder.mentions = {name: names for name, (_, names) in self.mentions.items()}
        return needed_first(self.builder.mentions)

    def recall(self, name: str) -> bool:
        """Whether a declaration comes to what it came to before, which is then in the builder."""
        builder, made = self.builder, self.before.made.get(name)
        if made is None or not made.holds(builder, builder.program.declared[name]):
            return False
        if builder.expansions + made.counted[0] > MOST_RULES or builder.put_in + made.counted[1] > MOST:
            return False  # too much is put in by now, which is said
        for node, span in made.nodes:
            builder.put(node, span, name)
        _leave(builder, made.left)
        builder.expansions += made.counted[0]
        builder.put_in += made.counted[1]
        builder.entities[name] = made.entity
        builder.used.add(name)
        self.made[name] = made
        return True

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """Note what a declaration comes to, which is elaborated meanwhile."""
        builder, program = self.builder, self.builder.program
        outer = {what: getattr(builder, what) for what in (*_FIRST, *_LAST, *_SETS)}
        for what, held in outer.items():
            setattr(builder, what, type(held)())
        builder.needed, builder.added, program.asked = {}, [], {}
        told, counted = builder.told, (builder.expansions, builder.put_in)
        yield
        left = {what: getattr(builder, what) for what in outer}
        for what, held in outer.items():
            setattr(builder, what, held)
        _leave(builder, left)
        entity = builder.needed.pop(name)
        if builder.told == told and entity.sound and entity.kind != "broken":
            spent = builder.expansions - counted[0], builder.put_in - counted[1]
            item = program.declared[name]
            self.made[name] = Made(item, entity, program.asked, builder.needed, builder.added, left, spent)
        builder.needed = builder.added = program.asked = None

    def done(self) -> None:
        """Keep what is known now for the next text."""
        builder = self.builder
        looks = {node: (builder.nodes[node], seen) for node, seen in builder.looks.items() if node in builder.nodes}
        models = {node: (builder.nodes[node], seen) for node, seen in builder.models.items() if node in builder.nodes}
        made = {} if builder.mixed else self.made  # the names of rows in a type are not among what was asked for
        builder.made = made
        self.memory.known = Known(made, self.mentions, self.names, self.world, looks, models)


def recollected(memory: Memory | None, builder: Builder) -> Recollection | None:
    """What holds of a memory for a program; None where nothing can be known, because something varies."""
    varied = any(isinstance(item, Vary) for item in builder.program.declared.values())
    return Recollection(memory, builder) if memory is not None and not varied else None


def _leave(builder: Builder, left: Mapping[str, Any]) -> None:
    """Put what a declaration left into the builder."""
    for what, value in left.items():
        held = getattr(builder, what)
        if what in _FIRST:
            for key, one in value.items():
                held.setdefault(key, one)
        else:
            held |= value
            setattr(builder, what, held)
