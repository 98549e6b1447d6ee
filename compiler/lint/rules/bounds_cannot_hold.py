"""Bounds of `balance` or `check` that no choice of rows can meet.

Shares are parts of a whole: groups that exclude each other cannot add up to more than 100%, and groups that make up all
rows cannot all be bounded to less than that. A count cannot exceed the number of rows that can arrive. `balance` would
report this only after all the work before it is done; the linter reports it before anything runs. Correct the bounds.

Source: `docs/semantics.md`, `balance` and `check`.

Example:
    source tasks = rows([{instruction: "Say hello.", response: "Hello!"}])
    source talks = rows([{instruction: "Say goodbye.", response: "Goodbye!"}])

    dataset both from [tasks, talks] {
        balance {
            share(origin == tasks) >= 60%
            share(origin == talks) >= 60%
        }
    }

Instead:
    source tasks = rows([{instruction: "Say hello.", response: "Hello!"}])
    source talks = rows([{instruction: "Say goodbye.", response: "Goodbye!"}])

    dataset both from [tasks, talks] {
        balance {
            share(origin == tasks) >= 60%
            share(origin == talks) >= 40%
        }
    }
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunec.compiler.graph import Node, canonical
from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.conditions import Bound, bounds_of, constraints_of, is_of_a_part, origin_of
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import Binary, Constraint, expect, to_json
from tunec.dsl.diagnostics import Label
from tunec.dsl.source import Span

CODE = "T320"
SEVERITY = "error"
Placed = tuple[Bound, Span]


def check(view: View) -> Iterator[Finding]:
    """The constraints of every `balance` together, those of every `check` alone."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "balance":
                rules = [(bound, span) for bounds, span in constraints_of(view, stage) for bound in bounds]
                yield from _opposed(view, rules)
                yield from _too_much(view, rules)
                yield from _too_little(view, stage, rules)
                yield from _too_many(view, stage.node, rules)
            if stage.name == "check":
                promise = expect(Constraint, stage.node.params["promise"])
                yield from _too_many(view, stage.node, [(bound, stage.statement.span) for bound in bounds_of(promise)])


def _opposed(view: View, rules: Sequence[Placed]) -> Iterator[Finding]:
    """A lower bound above an upper bound of the same thing."""
    least: dict[tuple[str, str], Placed] = {}
    for high, there in rules:
        about = _about(high)
        if high.upper and (about not in least or high.limit < least[about][0].limit):
            least[about] = (high, there)
    for low, span in rules:
        other = least.get(_about(low))
        if not low.lower or other is None:
            continue
        equal = low.limit == other[0].limit and (low.strict or other[0].strict)
        if low.limit > other[0].limit or equal:
            yield Finding("these two bounds cannot both hold", span, "", (Label(other[1], "the other bound"),))
            return


def _about(rule: Bound) -> tuple[str, str]:
    """What is bounded."""
    return rule.measure, canonical(to_json(rule.of))


def _too_much(view: View, rules: Sequence[Placed]) -> Iterator[Finding]:
    """Shares of things that exclude one another, which add up to more than all."""
    groups: dict[str, dict[str, Placed]] = {}
    for rule, span in rules:
        of = rule.of
        if rule.measure != "share" or not rule.lower or not isinstance(of, Binary) or of.op != "==":
            continue
        if is_of_a_part(view, of):  # of which a row may be in several
            continue
        if origin_of(view, of) is not None or isinstance(of.right, str | int | float):
            left, right = canonical(to_json(of.left)), canonical(to_json(of.right))
            groups.setdefault(left, {})[right] = (rule, span)
    for group in groups.values():
        total = sum(rule.limit for rule, _ in group.values())
        if total > 1 + 1e-9:
            (_, first), *others = sorted(group.values(), key=lambda bound: bound[1])
            labels = tuple(Label(span, "and this") for _, span in others)
            message = f"these groups exclude each other, but their shares add up to {total * 100:g}%"
            yield Finding(message, first, "this", labels)


def _too_little(view: View, stage: Staged, rules: Sequence[Placed]) -> Iterator[Finding]:
    """Upper bounds on every origin there is, which add up to less than all."""
    leaves = set(view.leaves(stage.node.inputs[0]))
    bounded: dict[str, Placed] = {}
    for rule, span in rules:
        origin = origin_of(view, rule.of)
        every = origin is not None and not is_of_a_part(view, rule.of)
        if origin is not None and every and rule.measure == "share" and rule.upper and len(origin) == 1:
            bounded[next(iter(origin))] = (rule, span)
    total = sum(rule.limit for rule, _ in bounded.values())
    if leaves and leaves <= set(bounded) and total < 1 - 1e-9:
        (_, first), *others = sorted(bounded.values(), key=lambda bound: bound[1])
        labels = tuple(Label(span, "and this") for _, span in others)
        message = f"every row has one of these origins, but together they may make up only {total * 100:g}%"
        yield Finding(message, first, "this", labels)


def _too_many(view: View, node: Node, rules: Sequence[Placed]) -> Iterator[Finding]:
    """Counts above what can arrive."""
    for rule, span in rules:
        if rule.measure != "count" or not rule.lower:
            continue
        origin = origin_of(view, rule.of)
        from_there = [most_rows(view)[leaf] for leaf in origin or ()]
        limits = [most_rows(view)[node.inputs[0]]]
        if from_there and None not in from_there:
            limits.append(sum(n for n in from_there if n is not None))
        most = min((n for n in limits if n is not None), default=None)
        needed = rule.limit + rule.strict
        if most is not None and needed > most:
            such = f"{most:,} such row{'s' * (most != 1)}"
            yield Finding(f"at most {such} can arrive, but {needed:,} are required", span)
