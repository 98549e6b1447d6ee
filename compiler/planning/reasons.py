"""Why a step has to run again, in words: what its result was made of when it was stored, against now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from tunec.compiler.lowered import Json
from tunec.compiler.planning.steps import Step
from tunec.dsl.secrets import masked

#: How many changed arguments are named, and how long a value may be that is shown.
_NAMED, _SHOWN = 3, 40
#: Keys of lowered values that say how an argument is built up; all other keys are names that a spec uses.
_STRUCTURE = frozenset([
    "args", "bound", "call", "each", "else", "if", "left", "measure", "of", "op", "operand", "operator", "params",
    "record", "right", "stages", "then", "verb", "when",
])  # fmt: skip


def reason(step: Step, before: Mapping[str, Json], now: Mapping[str, Json]) -> str:
    """What changed between the ingredients of a step (`plan.merge`), most telling first."""
    said = [*_operators(before, now), *_outside(step, before, now), *_models(before, now)]
    if not any(line.startswith("operator") for line in said):
        said += _arguments(items(before.get("arguments")), items(now.get("arguments")))
    if said:
        return ", ".join(dict.fromkeys(said))
    return "input" if before.get("inputs") != now.get("inputs") else "its result is no longer stored"


def entries(value: Json) -> Mapping[str, Json]:
    """The entries of a JSON object; none of anything else."""
    return value if isinstance(value, Mapping) else {}


def items(value: Json) -> Sequence[Json]:
    """The items of a JSON array; none of anything else."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _operators(before: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[str]:
    old, new = (_versions_of_operators(side) for side in (before, now))
    for path in sorted({*old, *new}):
        name = path.split(".")[-1]
        if path not in old:
            yield f"operator {name} added"
        elif path not in new:
            yield f"operator {name} removed"
        elif old[path] != new[path]:
            yield f"operator {name} v{old[path]} → v{new[path]}"


def _versions_of_operators(side: Mapping[str, Json]) -> dict[str, Json]:
    return {path: version for node in items(side.get("operator")) for path, version in entries(node).items()}


def _outside(step: Step, before: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[str]:
    pairs = _pairs(before.get("outside"), now.get("outside"))
    for old, new in pairs:
        yield from _beside(old, new)
    for node, (old, new) in zip(step.nodes, pairs, strict=False):
        named = (str(node.params[k]) for k in ("repository", "version") if k in node.params)
        where = ", ".join(map(masked, node.paths or (next(named, ""),)))
        if old.get("files") != new.get("files"):
            yield f"file {where} changed"
        if old.get("revision") != new.get("revision"):
            yield f"revision of {where}: {_short(old.get('revision'))} → {_short(new.get('revision'))}"
        if old.get("decisions") != new.get("decisions"):
            yield "decisions of people changed"


def _pairs(before: Json, now: Json) -> list[tuple[Mapping[str, Json], Mapping[str, Json]]]:
    return [(entries(old), entries(new)) for old, new in zip(items(before), items(now), strict=False)]


def _beside(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """Packages and resources, of which operators say that they read them."""
    packages, resources = (entries(old.get(key)) for key in ("packages", "resources"))
    for name, version in entries(new.get("packages")).items():
        if packages.get(name) != version:
            yield f"package {name} {packages.get(name, 'unrecorded')} → {version}"
    for name, digest in entries(new.get("resources")).items():
        if resources.get(name) != digest:
            folder, _, file = name.rpartition("/")
            kind = "module" if file.endswith(".py") else folder.removesuffix("s").replace("_", " ")
            yield f"{kind} {file} changed"


def _models(before: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[str]:
    for old, new in _pairs(before.get("models"), now.get("models")):
        was, becomes = entries(old.get("outside")), entries(new.get("outside"))
        name = entries(entries(new.get("arguments")).get("params")).get("id", "in a folder")
        for fact in ("revision", "backend"):
            if was.get(fact) != becomes.get(fact):
                yield f"{fact} of the model {name}: {_short(was.get(fact))} → {_short(becomes.get(fact))}"
        yield from _beside(was, becomes)
        yield from _arguments([old.get("arguments")], [new.get("arguments")])


def _arguments(before: Sequence[Json], now: Sequence[Json]) -> list[str]:
    if len(before) != len(now):
        return ["stages changed"]
    found = [
        f"argument {name}: {old} → {new}" if old and new else f"argument {name} changed"
        for a, b in zip(before, now, strict=True)
        for name, old, new in _differences("", a, b)
    ]
    distinct = list(dict.fromkeys(found))
    more = len(distinct) - _NAMED
    return [*distinct[:_NAMED], *([f"{more} more"] if more > 0 else [])]


def _differences(name: str, a: Json, b: Json) -> Iterator[tuple[str, str, str]]:
    """(name, before, after) of what differs in two values; empty texts where it is too long to show."""
    if a == b:
        return
    if isinstance(a, Mapping) and isinstance(b, Mapping) and not _is_leaf(a) and not _is_leaf(b):
        for key in sorted({*a, *b}):
            yield from _differences(name if key in _STRUCTURE else key, a.get(key), b.get(key))
    elif items(a) and len(items(a)) == len(items(b)) and not _is_flat(items(a)):
        for x, y in zip(items(a), items(b), strict=True):
            yield from _differences(name, x, y)
    else:
        yield name, _shown(a), _shown(b)


def _is_leaf(value: Mapping[str, Json]) -> bool:
    return value.keys() <= {"range", "field", "let", "ref"}


def _is_flat(values: Sequence[Json]) -> bool:
    return all(isinstance(value, str | int | float) for value in values)


def _shown(value: Json) -> str:
    """A value as a spec would write it, or an empty text."""
    if isinstance(value, Mapping):
        ends = ["" if end is None else str(end) for end in items(value.get("range"))]
        return "..".join(ends) or str(value.get("field") or value.get("let") or "")
    text = "none" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if 0 < len(text) <= _SHOWN else ""


def _short(value: Json) -> str:
    """A revision: a hash is told by its beginning."""
    text = str(value)
    return text[:12] if len(text) >= 40 and text.isalnum() else text
