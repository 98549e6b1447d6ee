"""What the language has and no build can make yet, with what to use instead. `docs/language.md` lists the same."""

from __future__ import annotations

from collections.abc import Mapping

#: Operators, by what they would be called as and their names.
OPERATORS: Mapping[tuple[str, str], str] = {
    ("way to select", "search"): "use `deita(…)`, `facility_location(…)` or `top(…)`",
}
