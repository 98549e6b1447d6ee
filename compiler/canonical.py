"""The text of a spec with what its author left out where the files at hand tell what is meant: `stars` is written
`meta.stars`."""

from __future__ import annotations

from tunec.compiler.elaborate.builder import Builder


def spelled_out(builder: Builder) -> str:
    """The text of the main file, with every column behind its `meta.`."""
    name, source = next(iter(builder.program.sources.items()))
    text = source.text
    short = {span: full for span, full in builder.canonical.items() if span.file == name and span not in builder.plain}
    for span in sorted(short, reverse=True):
        text = text[: span.start] + short[span] + text[span.end :]
    return text
