"""What the literals of the language mean: numbers with their units, texts with their escapes."""

from __future__ import annotations

import re

from tunec.dsl.tree import LiteralKind, Value

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
THOUSANDS = {"k": 3, "M": 6}
LONGEST_NUMBER = 300
"""Longer numbers are mistakes, and slow to read."""

LARGEST = 2**63 - 1
"""Counts, ids and sizes are 64 bits wide wherever they go."""

_NUMBER = re.compile(r"(\$?)([0-9][0-9_]*(?:\.[0-9][0-9_]*)?)(?:[eE]([+-]?[0-9]+))?(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|(\r\n|[\s\S]))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "\n": "", "\r\n": ""}


class BadLiteral(ValueError):
    """A literal that cannot be read: why, what to write instead, and which stretch of its text is wrong."""

    def __init__(self, message: str, help: str = "", start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message, self.help, self.start, self.end = message, help, start, end


def number(text: str) -> tuple[LiteralKind, Value]:
    """Kind and value of a number: `10_000`, `10k`, `4e-4`, `30%`, `$0.25`, `24GB`, `30s`. Raises BadLiteral."""
    kind, value = _number(text)
    if isinstance(value, int) and value > LARGEST:
        raise BadLiteral("this number is too large", f"the largest is {LARGEST:_}")
    return kind, value


def _number(text: str) -> tuple[LiteralKind, Value]:
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > LONGEST_NUMBER or len(found[3] or "") > 4:
        raise BadLiteral("this number is too large")
    dollar, digits, exponent, unit = found[1], found[2].replace("_", ""), int(found[3] or 0), found[4]
    plain = "." not in digits and found[3] is None
    if dollar:
        if unit:
            raise BadLiteral(f"`{unit}` cannot follow an amount of money", "write `$5` or `$0.25`", found.start(4))
        return "money", _scaled(digits, exponent)
    if unit == "%":
        return "share", _scaled(digits, exponent - 2)
    if unit in THOUSANDS:
        power = THOUSANDS[unit]
        value = int(digits) * 10**power if plain else _scaled(digits, exponent + power)
        return ("int", int(value)) if (value == int(value) and abs(value) < 2**53) or plain else ("float", value)
    if unit == "ms":
        return "duration", _scaled(digits, exponent - 3)
    if unit in SECONDS:
        return "duration", _finite(_scaled(digits, exponent) * SECONDS[unit])
    if unit in BYTES:
        return "size", int(digits) * BYTES[unit] if plain else round(_finite(_scaled(digits, exponent) * BYTES[unit]))
    if unit:
        raise BadLiteral(f"unknown unit `{unit}`", _unit_help(unit), found.start(4))
    return ("int", int(digits)) if plain else ("float", _scaled(digits, exponent))


def _scaled(digits: str, exponent: int) -> float:
    """The number nearest to `digits × 10^exponent`: shifting the decimal point in the text rounds only once."""
    return _finite(float(f"{digits}e{exponent}"))


def _finite(value: float) -> float:
    if value in (float("inf"), float("-inf")):
        raise BadLiteral("this number is too large")
    return value


def _unit_help(unit: str) -> str:
    for known in (*THOUSANDS, *SECONDS, *BYTES):
        if known.lower() == unit.lower():
            return f"did you mean `{known}`?"
    if unit.lower() in ("sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hour", "hours"):
        return "write durations as `30s`, `5m` or `2h`"
    return "a number can end in `k`, `M`, `%`, a duration (`s`, `m`, `h`, `d`) or a size (`MB`, `GB`)"


def text_value(raw: str) -> str:
    """What a text says: `"…"`, `\"\"\"…\"\"\"` (dedented) or `r"…"` (as it stands). Raises BadLiteral."""
    if raw.startswith("r"):
        return raw[2:-1]
    if raw.startswith('"""'):
        return _unescaped(_dedented(raw[3:-3].replace("\r\n", "\n")), raw)
    return _unescaped(raw[1:-1], raw)


def _dedented(body: str) -> str:
    """The body of a text between triple quotes, without the indentation that its lines share. A line break after the
    opening quotes and one before the closing quotes do not count; what follows the opening quotes is not indented."""
    lines = body.split("\n")
    if len(lines) == 1:
        return body
    shared: str | None = None
    for line in lines[1:]:
        if line.strip():
            indent = line[: len(line) - len(line.lstrip())]
            shared = indent if shared is None else _common(shared, indent)
    width = len(shared or "")
    lines[1:] = [line[width:] if line.strip() else "" for line in lines[1:]]
    if not lines[0].strip():
        del lines[0]
    if lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines)


def _common(one: str, other: str) -> str:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return one[:length]


def _unescaped(body: str, raw: str) -> str:
    if "\\" not in body:
        return body

    def replace(found: re.Match[str]) -> str:
        if code := found[1] or found[2]:
            point = int(code, 16)
            if point < 0x110000 and not 0xD800 <= point < 0xE000:
                return chr(point)
        elif found[3] in _ESCAPES:
            return _ESCAPES[found[3]]
        start = raw.find(found[0])
        help_ = 'write `\\\\` for a backslash, or `r"…"` for a regular expression'
        raise BadLiteral(f"unknown escape sequence `{found[0]}`", help_, start, start + len(found[0]))

    return _ESCAPE.sub(replace, body)
