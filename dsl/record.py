"""Frozen dataclasses that are quick to define.

`dataclasses.dataclass(frozen=True)` compiles six functions for every class, which takes 0.4 ms each time Python
starts; with a hundred classes on the way of `tunec lint` that was a third of its time. `record` compiles one, the
initialiser, when the first of its kind is made, and shares the rest. What it makes is a dataclass: `fields`,
`replace`, `asdict` and `match` work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from typing import Any, NoReturn, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)


@dataclass(frozen=True)
class _Model:
    """Has the marks by which `dataclasses` knows its own."""

    field: None = None


_FIELDS = "__dataclass_fields__"
_PARAMETERS = _Model.__dataclass_params__  # type: ignore[attr-defined]
_PLAIN = _Model.__dataclass_fields__["field"]._field_type  # type: ignore[attr-defined]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """A frozen dataclass with slots: equal, hashed and shown by its fields, as they say."""
    inherited = {n: f for base in reversed(cls.__mro__[1:]) for n, f in base.__dict__.get(_FIELDS, {}).items()}
    own = {name: _field(cls, name, said) for name, said in cls.__annotations__.items() if "ClassVar" not in said}
    fields: dict[str, Field[Any]] = inherited | own
    body = {n: v for n, v in cls.__dict__.items() if n not in own and n not in ("__dict__", "__weakref__")}
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    body[_FIELDS] = fields
    body["__dataclass_params__"] = _PARAMETERS
    body["__match_args__"] = tuple(fields)
    body["_compared"] = tuple(name for name, f in fields.items() if f.compare)
    for function in (__repr__, __eq__, __hash__, __setattr__, __delattr__, __getstate__, __setstate__):
        body.setdefault(function.__name__, function)

    def first(self: Any, *values: Any, **named: Any) -> None:
        made.__init__ = _initialiser(made, fields)
        made.__init__(self, *values, **named)

    body["__init__"] = first
    made: Any = type(cls)(cls.__name__, cls.__bases__, body)  # slots can only be given to a new class
    made.__qualname__ = cls.__qualname__
    return made  # type: ignore[no-any-return]


def _field(cls: type, name: str, said: object) -> Field[Any]:
    """The field of an annotated name, with what stands beside it in the class."""
    value = cls.__dict__.get(name, MISSING)
    made: Any = value if isinstance(value, Field) else field(default=value)
    made.name, made.type, made._field_type, made.kw_only = name, said, _PLAIN, False
    if made.default.__class__.__hash__ is None:
        raise ValueError(f"mutable default {type(made.default)} for field {name} is not allowed: use default_factory")
    return made  # type: ignore[no-any-return]


def _initialiser(cls: type, fields: Mapping[str, Field[Any]]) -> Any:
    known: dict[str, Any] = {"set_": object.__setattr__, "MISSING": MISSING}
    head, body = ["self"], []
    for name, f in fields.items():
        value = name
        if f.default_factory is not MISSING:
            known[f"make_{name}"] = f.default_factory
            head.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif f.default is not MISSING:
            known[f"default_{name}"] = f.default
            head.append(f"{name}=default_{name}")
        else:
            head.append(name)
        body.append(f" set_(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(head)}):\n" + "\n".join(body or [" pass"]), known)
    return known["__init__"]


def __repr__(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, f in self.__dataclass_fields__.items() if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def __eq__(self: Any, other: Any) -> bool:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in self._compared)


def __hash__(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self._compared))


def __setattr__(self: object, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def __getstate__(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_fields__]


def __setstate__(self: object, state: list[Any]) -> None:
    for name, value in zip(type(self).__dataclass_fields__, state, strict=True):  # type: ignore[attr-defined]
        object.__setattr__(self, name, value)
