"""How large a constant is, once every name in it is put in: `[c, c]` of `[b, b]` of `[a, a]` doubles with each line."""

from __future__ import annotations

from tunec.compiler.lowered import Lowered, parts

#: What constants may come to in one spec, in values, and how deep they may be nested.
MOST, DEEPEST = 1_000_000, 200
#: How many characters of a text count as one value.
_CHARACTERS = 100


def extent(value: Lowered) -> tuple[int, int]:
    """How many values a constant holds, and how deep. Equal parts that are one in memory are looked at once."""
    known: dict[int, tuple[int, int]] = {}

    def of(part: Lowered) -> tuple[int, int]:
        if isinstance(part, str):
            return 1 + len(part) // _CHARACTERS, 1
        inner = parts(part)
        if not inner:
            return 1, 1
        if id(part) not in known:
            found = [of(one) for one in inner]
            known[id(part)] = 1 + sum(size for size, _ in found), 1 + max(depth for _, depth in found)
        return known[id(part)]

    return of(value)
