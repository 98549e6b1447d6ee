"""The mark that makes a function an operator of the language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeVar

from tunec.dsl.record import record

Function = TypeVar("Function", bound=Callable[..., object])

#: Defaults of arguments over the row: the row's own field, where the spec names no other text.
PROMPT: Any = "prompt"
RESPONSE: Any = "response"

#: What one row costs, from a comparison of columns up to a request to a model. Rules run in this order.
Cost = Literal["cheap", "scan", "index", "embed", "model"]
#: Where a source's rows come from: files that its paths name, the Hugging Face Hub, or a version published before.
Origin = Literal["", "files", "hub", "version"]
#: The arguments of a call by their names, as far as they are constants: lists, records (as mappings) and ranges, and of
#: a declaration that is named its node in the graph. Where `conflicts` is asked, the type of the rows at hand stands
#: there too (`tunec.compiler.types.AT_HAND`), if there are some.
Given = Mapping[str, Any]
BlockForm = Literal["none", "rules", "constraints", "shares", "fields", "trials"]


@record
class Promise:
    """What an operator says of itself, beside its signature.

    `version` enters fingerprints: raise it whenever the result may differ. `block` says what may stand between its
    braces. `neutral` names arguments that cannot change the result and therefore stay out of the fingerprint.
    `row_wise`: what happens to a row depends on that row alone, so the engine may fuse it with its neighbours; a
    function that is not needs all rows of the stage that it stands in.
    `packages` and `reads`: what lies beside the code and changes the result, so that it enters the fingerprint too:
    installed packages, by the names that pip knows, and files of packages (`tunec.runtime.base.resources`), in
    whose names `{argument}` stands for the value of an argument. Of a package that only reads a model, the model's
    own declaration speaks. `source`: what lies outside of the spec that a connector reads. `decisions` names the
    argument that is a file in which people decide about rows. `words` gives, by the name of a parameter, the only
    texts that it takes, and under `return` those that a function gives; each is asked for where a spec states a
    text, and imports what it needs. `changes_text`: it rewrites content. `random`: it takes a seed. `rows`: the row
    types it works on, all where empty. `makes`: the row type of what a method makes, that of its seeds where empty.
    `endless`: a method that could go on for ever, and needs a bound. `models`: how many models a way of merging
    takes, as a range such as `2..`. `only`: arguments that mean something only where another has one of certain
    values, by name: `{"size": ("by", "chars")}`; where any will do but one that means nothing (`none`, 0, `""`),
    `("by",)`. `adds`: the columns that a stage adds as a
    `let` does, with their types, or that a method gives its rows, as `meta.NAME`. `screened`: a rule of
    `decontaminate` that matches only texts which `ctx.suspects` names, where the arguments with these names are at
    least so large: rows without one are not read. `weights`: arguments that are models whose weights have to be here;
    of a measure, `models` stands for those that are measured. `templates`: arguments of a method whose texts name
    columns of the seeds, `{{ NAME }}`. `conflicts` gives, of arguments that each are fine, the name of one that cannot
    be beside the others, and why; `asks` the most requests of a unit of a method. `against`: of a measure, the argument
    that is a model which the others are compared with, so that of it alone there is nothing to say.
    """

    version: int
    cost: Cost
    block: BlockForm
    neutral: tuple[str, ...]
    row_wise: bool
    changes_text: bool
    random: bool
    rows: tuple[str, ...]
    packages: tuple[str, ...]
    reads: tuple[str, ...]
    source: Origin
    decisions: str
    makes: str
    endless: bool
    models: str
    only: Mapping[str, tuple[str, ...]]
    needs: Callable[[], str | None] | None
    words: Mapping[str, Callable[[], Collection[str]]]
    adds: Mapping[str, str]
    screened: Mapping[str, int] | None
    weights: tuple[str, ...]
    templates: tuple[str, ...]
    conflicts: Callable[[Given], tuple[str, str] | None] | None
    asks: Callable[[Given], int] | None
    against: str


def operator(
    *,
    version: int = 1,
    cost: Cost = "cheap",
    block: BlockForm = "none",
    neutral: tuple[str, ...] = (),
    row_wise: bool = False,
    changes_text: bool = False,
    random: bool = False,
    rows: tuple[str, ...] = (),
    packages: tuple[str, ...] = (),
    reads: tuple[str, ...] = (),
    source: Origin = "",
    decisions: str = "",
    makes: str = "",
    endless: bool = False,
    models: str = "",
    only: Mapping[str, tuple[str, ...]] | None = None,
    needs: Callable[[], str | None] | None = None,
    words: Mapping[str, Callable[[], Collection[str]]] | None = None,
    adds: Mapping[str, str] | None = None,
    screened: Mapping[str, int] | None = None,
    weights: tuple[str, ...] = (),
    templates: tuple[str, ...] = (),
    conflicts: Callable[[Given], tuple[str, str] | None] | None = None,
    asks: Callable[[Given], int] | None = None,
    against: str = "",
) -> Callable[[Function], Function]:
    """Mark the function that has its module's name as the operator of that name.

    Its kind is the folder it lies in (`runtime/ops/KIND/NAME.py`), its parameters are the parameters of the operator
    (`tunec.runtime.base.values` lists the annotations), its docstring is its page in the reference.
    """

    def mark(function: Function) -> Function:
        promise = Promise(
            version, cost, block, neutral, row_wise, changes_text, random, rows, packages, reads, source, decisions,
            makes, endless, models, only or {}, needs, words or {}, adds or {}, screened, weights, templates,
            conflicts, asks, against,
        )  # fmt: skip
        function.__tunec__ = promise  # type: ignore[attr-defined]
        return function

    return mark


class OperatorError(Exception):
    """An operator cannot do what the spec asks of it with these rows or on this machine; the message says why."""


class Short(OperatorError):
    """There are too few rows: with `missing` more it might do. A generation above may make them in so many `rounds`."""

    def __init__(self, message: str, missing: int, rounds: int) -> None:
        super().__init__(message)
        self.missing, self.rounds = missing, rounds


def refuse(conflict: tuple[str, str] | None) -> None:
    """Raise OperatorError where the arguments of a call cannot be beside each other."""
    if conflict is not None:
        raise OperatorError(conflict[1])


def at_least_one(operator: str, **counts: int | None) -> None:
    """Refuse counts below 1 that were given; OperatorError names the argument."""
    for name, count in counts.items():
        if count is not None and count < 1:
            raise OperatorError(f"{operator}: `{name}` must be at least 1, not {count}")
