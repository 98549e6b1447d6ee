"""The parse tables that `tunec.dsl.generate` made from the grammar, as the lexer and the parser read them."""

from __future__ import annotations

import json
from pathlib import Path

_DATA = json.loads(Path(__file__).with_name("tables.json").read_text("utf-8"))

WORDS: dict[str, str] = _DATA["words"]
"""Each keyword with its terminal."""

MARKS: dict[str, str] = _DATA["marks"]
"""Each punctuation mark with its terminal."""

PATTERNS: dict[str, str] = _DATA["patterns"]
"""The regular expressions of the other terminals."""

RULES: list[tuple[str, int, str]] = [(origin, length, action) for origin, length, action in _DATA["rules"]]
"""Origin, length and action of each rule."""

STATES: list[dict[str, int]] = _DATA["states"]
"""What a symbol does in a state: go on to a state, or, where negative, reduce by the rule `-1 - n`."""

STARTS: dict[str, int] = _DATA["starts"]
ENDS: dict[str, int] = _DATA["ends"]
END = "$END"

DECLARATIONS = frozenset(symbol for symbol in STATES[STARTS["file"]] if symbol in WORDS.values())
"""The terminals that a declaration starts with."""

SPELLING: dict[str, str] = {terminal: text for text, terminal in (WORDS | MARKS).items()}
"""How a terminal that has one spelling is written."""
