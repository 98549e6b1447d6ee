"""Inlay hints: how many rows the last build had after each stage."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tunec.dsl.source import Span
from tunec.dsl.tree import Declaration, Let, Stage
from tunec.lsp.analysis import Analysis
from tunec.lsp.built import Account, accounts_of
from tunec.lsp.documents import Document


def hints(analysis: Analysis, document: Document, where: types.Range) -> list[types.InlayHint]:
    """The hints for a range of a file."""
    accounts = accounts_of(analysis)
    found = []
    for span, node in _places(analysis):
        account = accounts.get(node)
        number = document.lines.position(span.start).line
        if account is None or not where.start.line <= number <= where.end.line:
            continue
        end = document.lines.starts[number] + len(document.lines.line(number).rstrip())
        label = shown(account)
        found.append(
            types.InlayHint(
                document.lines.position(end), label, tooltip=f"last build: {said(account)}", padding_left=True
            )
        )
    return found


def shown(account: Account) -> str:
    """A count for the end of a line."""
    lost = f" (−{account.dropped:,})" if account.dropped else ""
    return f"→ {account.rows_out:,} row{'s' * (account.rows_out != 1)}{lost}"


def said(account: Account) -> str:
    """An account in words."""
    words = [f"{account.rows_in:,} in"] if account.rows_in else []
    words += [f"{account.made:,} made"] if account.made else []
    words += [f"{account.rows_out:,} out"]
    words += [f"{account.dropped:,} dropped"] if account.dropped else []
    rules = sorted(account.rules.items(), key=lambda pair: -pair[1])
    return ", ".join(words) + "".join(f"\n{count:,} × {rule}" for rule, count in rules[:8])


def _places(analysis: Analysis) -> Iterator[tuple[Span, str]]:
    """The lines that can bear a hint, with their nodes: declarations that read or make rows, stages of data sets."""
    builder = analysis.builder
    scope = builder.program.scopes[analysis.main]
    for item in builder.program.files[analysis.main].declarations:
        if not isinstance(item, Declaration):
            continue
        entity = builder.entities.get(scope + item.name)
        if item.kind in ("source", "seeds", "benchmark", "generate") and entity is not None and entity.node:
            yield item.name_span, entity.node
        if item.kind == "dataset" and item.block is not None:
            for statement in item.block.statements:
                node = node_of(analysis, statement)
                if node is not None:
                    yield statement.span, node


def node_of(analysis: Analysis, statement: object) -> str | None:
    """The node of a stage of a data set."""
    if isinstance(statement, Stage):
        return analysis.nodes_at.get(statement.value.span)
    return analysis.nodes_at.get(statement.span) if isinstance(statement, Let) else None
