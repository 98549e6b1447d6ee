"""Blocks of shares, of `split` and `mix`: an entry for each part, 100% together."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler import lowered
from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.expressions import lower
from tunec.compiler.elaborate.long_names import too_long
from tunec.compiler.elaborate.rows import rows_named
from tunec.compiler.lowered import Lowered, number_of
from tunec.compiler.types import SHARE
from tunec.dsl.tree import Argument, Block, Name

Shares = tuple[tuple[str | lowered.Ref, float], ...]
#: Arguments that say the shares, so that no block does.
_INSTEAD = ("temperature", "unimax")


def shares_of(builder: Builder, operator: Operator, block: Block, args: Mapping[str, Lowered] | None) -> Shares | None:
    """The shares in a block: of splits by their names, of rows by what they are called; None where some are wrong."""
    instead = next((name for name in _INSTEAD if (args or {}).get(name) is not None), None)
    if instead is not None:
        message = f"`{operator.name}` takes its shares from `{instead}` or from a block, not from both"
        builder.report("T201", message, block.span, help="remove one of them")
        return None
    names: list[str] = []
    shares: list[tuple[str | lowered.Ref, float]] = []
    fine = True
    for entry in block.statements:
        if not isinstance(entry, Argument) or entry.name is None:
            builder.report("T207", f"expected an entry `name: share` inside `{operator.name}`", entry.span)
            return None
        value = lower(builder, entry.value, None, SHARE)
        if value is None:
            return None
        share = number_of(value.lowered)
        if share is None and value.type.name in ("share", "float", "int"):
            message = "a share needs a plain number; only arithmetic is computed beforehand"
            builder.report("T209", message, entry.value.span)
            return None
        if value.type.name not in ("share", "float", "int") or share is None or not 0 <= share <= 1:
            builder.report("T206", "a share must be between 0% and 100%", entry.value.span)
            return None
        key: str | lowered.Ref = entry.name
        if operator.name != "split":
            where = entry.name_span or entry.span
            source = rows_named(builder, Name(tuple(entry.name.split(".")), where))
            if source is None:
                fine = False
                continue
            key = lowered.Ref(source.node)
        elif not entry.name.isidentifier():
            builder.report("T206", "the name of a split must be a valid name: letters, digits and `_`", entry.span)
            fine = False
        elif (found := too_long("a split", entry.name)) is not None:
            builder.report("T211", found[0], entry.name_span or entry.span, help=found[1])
            fine = False
        names.append(entry.name)
        shares.append((key, share))
    if len(set(names)) < len(names):
        builder.report("T102", f"`{operator.name}` names the same part twice", block.span)
        return None
    total = sum(share for _, share in shares)
    if shares and len(shares) == len(block.statements) and abs(total - 1) > 1e-9:
        percent = f"{total * 100:g}%"
        builder.report("T304", f"the shares of `{operator.name}` add up to {percent}, not 100%", block.span)
        return None
    return tuple(shares) if fine else None
