"""Records are frozen dataclasses."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace

import pytest

from tunec.dsl.record import record


@record
class Span:
    """A record with every kind of field."""

    start: int
    end: int = 7
    notes: list[str] = field(default_factory=list, compare=False)
    source: str = field(default="a", repr=False)

    def __post_init__(self) -> None:
        self.notes.append("made")


@record
class Empty:
    """A record without fields."""


def test_a_record_is_a_dataclass() -> None:
    span = Span(1, source="b")
    assert is_dataclass(span) and [f.name for f in fields(Span)] == ["start", "end", "notes", "source"]
    assert (span.start, span.end, span.notes, span.source) == (1, 7, ["made"], "b")
    assert repr(span) == "Span(start=1, end=7, notes=['made'])"
    assert replace(span, end=9) == Span(1, 9, source="b")
    match span:
        case Span(start, end):
            assert (start, end) == (1, 7)
    assert Span(1).notes is not Span(1).notes


def test_equality_and_hashes_follow_the_compared_fields() -> None:
    assert Span(1, notes=["x"]) == Span(1) != Span(2)
    assert hash(Span(1, notes=["x"])) == hash(Span(1))
    assert Empty() == Empty() and Empty() != Span(1) and Span(1) != (1, 7)
    assert len({Span(1), Span(1), Span(2)}) == 2


def test_a_record_is_frozen() -> None:
    span = Span(1)
    with pytest.raises(FrozenInstanceError):
        span.start = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del span.start
    with pytest.raises(AttributeError):
        span.other = 2  # type: ignore[attr-defined]


def test_a_record_needs_its_arguments() -> None:
    with pytest.raises(TypeError, match="start"):
        Span()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="other"):
        Span(1, other=2)  # type: ignore[call-arg]


def test_a_record_is_copied_and_pickled() -> None:
    span = Span(1, 2)
    assert copy.deepcopy(span) == span == pickle.loads(pickle.dumps(span))
