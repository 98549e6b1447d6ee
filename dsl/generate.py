"""Turns grammar.lark into tables.json: `python -m tunec.dsl.generate`.

Lark does the work here, at development time; the compiler reads the tables alone and starts without it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STARTS = ("file", "expression")


def tables_text(grammar: str) -> str:
    """The LALR tables of a grammar, as canonical JSON.

    `words` maps keywords to their terminals, `marks` punctuation to its terminals, `patterns` the other terminals to
    regular expressions. `rules` are `[origin, length, action]`; an action of "" hands a lone child on, "*" splices
    the children into the rule above. `states` map a symbol to the next state, or to `-1 - rule`.
    """
    from lark import Lark
    from lark.lexer import PatternStr
    from lark.parsers.lalr_analysis import Shift

    parser = Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=False)
    table: Any = parser.parser.parser._parse_table
    words: dict[str, str] = {}
    patterns: dict[str, str] = {}
    marks: dict[str, str] = {}
    for terminal in parser.terminals:
        if isinstance(terminal.pattern, PatternStr):
            text = terminal.pattern.value
            if text.isalpha():
                words[text] = terminal.name
            elif terminal.name not in ("CALL_OPEN", "DOTS_TO"):
                marks[text] = terminal.name
        elif terminal.name in ("COMPARE", "TIMES"):
            marks |= dict.fromkeys(_alternatives(grammar, terminal.name), terminal.name)
        else:
            patterns[terminal.name] = terminal.pattern.value
    order = _breadth_first(table)
    found = {_rule(rule) for actions in table.states.values() for kind, rule in actions.values() if kind is not Shift}
    rules = sorted(found)
    numbers = {rule: -1 - index for index, rule in enumerate(rules)}
    states = [
        {symbol: order[to] if kind is Shift else numbers[_rule(to)] for symbol, (kind, to) in table.states[old].items()}
        for old in order
    ]
    document = {
        "words": words,
        "marks": marks,
        "patterns": patterns,
        "rules": [list(rule) for rule in rules],
        "states": states,
        "starts": {start: order[table.start_states[start]] for start in STARTS},
        "ends": {start: order[table.end_states[start]] for start in STARTS},
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def _alternatives(grammar: str, terminal: str) -> list[str]:
    line = next(line for line in grammar.splitlines() if line.startswith(terminal + ":"))
    return line.split('"')[1::2]


def _breadth_first(table: Any) -> dict[Any, int]:
    """New numbers for the states, which do not depend on the order in which Lark met them."""
    from lark.parsers.lalr_analysis import Shift

    order: dict[Any, int] = {}
    waiting = [table.start_states[start] for start in STARTS]
    for state in waiting:  # grows while it is walked
        if state not in order:
            order[state] = len(order)
            actions = table.states[state]
            waiting += [actions[symbol][1] for symbol in sorted(actions) if actions[symbol][0] is Shift]
    return order


def _rule(rule: Any) -> tuple[str, int, str]:
    origin = str(rule.origin.name)
    if rule.alias:
        action = str(rule.alias)
    elif origin.startswith("_"):
        action = "*"
    else:
        action = "" if rule.options.expand1 and len(rule.expansion) == 1 else origin
    return origin, len(rule.expansion), action


if __name__ == "__main__":
    (HERE / "tables.json").write_text(tables_text((HERE / "grammar.lark").read_text("utf-8")), "utf-8")
