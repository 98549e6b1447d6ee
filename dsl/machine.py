"""The LALR automaton: a stack of states, and the tree nodes made so far."""

from __future__ import annotations

from functools import cache
from typing import Any

from tunec.dsl.build import ACTIONS, Build
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.lexer import Token
from tunec.dsl.tables import END, ENDS, RULES, STARTS, STATES
from tunec.dsl.tree import Block, Literal

DEEPEST = 200
"""Trees are walked by recursive functions; a deeper one is a mistake."""

_DEEPER = frozenset(("binary", "unary", "if_", "call", "bare_call", "group", "list", "record", "block"))
_OPENING = frozenset(("LBRACE", "LBRACKET", "LPAR", "CALL_OPEN"))


class Machine:
    """The stack while a text is read. The lists run in step: for each symbol the state after it, its value, where it
    starts and ends, how deep its tree is, and how many brackets are open after it."""

    def __init__(self, build: Build, start: str) -> None:
        self.build = build
        self.end_state = ENDS[start]
        self.states = [STARTS[start]]
        self.values: list[Any] = [None]
        self.starts = [0]
        self.ends = [0]
        self.depths = [0]
        self.opened = [0]
        self.too_deep = False

    def fits(self, *terminals: str) -> bool:
        """Whether these terminals could be read next, one after another. Changes nothing."""
        states = self.states
        if len(terminals) == 1:  # most questions, and most answers need no reduction
            action = STATES[states[-1]].get(terminals[0])
            if action is None:
                return terminals[0] == END and states[-1] == self.end_state
            if action >= 0:
                return True
        below, above = len(states), list[int]()
        for terminal in terminals:
            while True:
                state = above[-1] if above else states[below - 1]
                under = above[-2] if len(above) > 1 else states[below - 1 if above else below - 2]
                renamed = _renamed(under, state, terminal)
                if renamed != state:
                    if above:
                        above[-1] = state = renamed
                    else:
                        below -= 1
                        above.append(renamed)
                        state = renamed
                action = STATES[state].get(terminal)
                if action is None:
                    return terminal == END and state == self.end_state
                if action >= 0:
                    above.append(action)
                    break
                origin, length, _ = RULES[-1 - action]
                held = min(length, len(above))
                if held:
                    del above[-held:]
                below -= length - held
                above.append(STATES[above[-1] if above else states[below - 1]][origin])
                if terminal == END and above[-1] == self.end_state:
                    return True
        return True

    def shift(self, terminal: str, token: Token) -> None:
        """Read a token as a terminal that fits, after the reductions that it calls for."""
        action = self.settle(terminal)
        states = self.states
        states.append(action)
        self.values.append(token.as_(terminal))
        self.starts.append(token.start)
        self.ends.append(token.end)
        self.depths.append(0)
        self.opened.append(self.opened[-1] + (terminal in _OPENING))

    def settle(self, terminal: str) -> int:
        """Reduce what a terminal that fits calls for; gives the state that reading it leads to."""
        states = self.states
        while True:
            states[-1] = _renamed(states[-2], states[-1], terminal) if len(states) > 1 else states[-1]
            action = STATES[states[-1]][terminal]
            if action >= 0:
                return action
            self._reduce(-1 - action)

    def finish(self) -> Any:
        """What the whole text was read as; the end has to fit."""
        while self.states[-1] != self.end_state:
            self._reduce(-1 - STATES[self.states[-1]][END])
        return self.values[-1]

    def pop(self, count: int) -> None:
        """Forget the last symbols."""
        if count:
            for column in (self.states, self.values, self.starts, self.ends, self.depths, self.opened):
                del column[-count:]

    def innermost(self) -> int:
        """How many symbols stand above the innermost place where statements or declarations are read."""
        count = 0
        while not ({"statement", "declaration"} & STATES[self.states[-1 - count]].keys()):
            count += 1
            if count == len(self.states):
                return count - 1
        return count

    def _reduce(self, rule: int) -> None:
        origin, length, action = RULES[rule]
        if length:
            values, start, end = self.values[-length:], self.starts[-length], self.ends[-1]
            depth = max(self.depths[-length:])
        else:
            values, start, end, depth = [], self.ends[-1], self.ends[-1], 0
        value: Any
        if action == "":
            value = values[0]
        elif action == "*":
            value = _spliced(values)
        else:
            depth += action in _DEEPER
            span = self.build.span(start, end)
            if depth > DEEPEST:
                if not self.too_deep:
                    self.too_deep = True
                    message = f"this is nested more than {DEEPEST} levels deep"
                    self.build.diagnostics.append(Diagnostic("T008", message, span))
                depth = 1
                value = Block((), span) if action == "block" else Literal("none", None, span)
            else:
                value = ACTIONS[action](self.build, _flat(values), span)
        self.pop(length)
        self.states.append(STATES[self.states[-1]][origin])
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)
        self.depths.append(depth)
        self.opened.append(self.opened[-1])


@cache
def _renamed(under: int, state: int, terminal: str) -> int:
    """The state of the topmost symbol, which stands on `under`, after the reductions that `terminal` calls for and that
    only rename it: a number is an operand, a product, a sum, and so on. Most reductions are of this kind."""
    while True:
        action = STATES[state].get(terminal)
        if action is None or action >= 0:
            return state
        origin, length, name = RULES[-1 - action]
        if length != 1 or name:
            return state
        state = STATES[under][origin]


def _spliced(values: list[Any]) -> list[Any]:
    """The parts of a rule that only groups them. A repetition grows in place, or long ones would take square time."""
    first = values[0]
    if type(first) is list:
        first.extend(_flat(values[1:]))
        return first
    return _flat(values)


def _flat(values: list[Any]) -> list[Any]:
    for value in values:
        if type(value) is list:
            break
    else:
        return values
    out: list[Any] = []
    for value in values:
        if type(value) is list:
            out.extend(value)
        else:
            out.append(value)
    return out
