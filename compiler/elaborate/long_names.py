"""Names that become names of files and folders, and how long a file system lets them be.

A name has 255 bytes at most almost everywhere, and what is written of it has more: an ending, the mark of a draft, and
in the folder of an export the name of the spec beside its version.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import Graph
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Span

#: Bytes of UTF-8 of a name in a spec, of a version, and of a name with the items of `vary` that it stands for.
LONGEST, OF_VARIANTS = 100, 200
_HELP = f"names become names of files: at most {LONGEST} bytes, which are {LONGEST // 3} Chinese characters"


def too_long(what: str, name: str) -> tuple[str, str] | None:
    """Message and help where a name is too long for a file; None where it is not."""
    size = len(name.encode(errors="replace"))
    if size <= LONGEST:
        return None
    return f"the name of {what}, `{name[:20]}…`, has {size:,} bytes; a name has at most {LONGEST}", _HELP


def long_variants(graph: Graph) -> Iterator[Diagnostic]:
    """The targets whose names grow too long by the items of `vary`."""
    for name, target in graph.targets.items():
        size = len(name.encode(errors="replace"))
        if size > OF_VARIANTS:
            message = f"the variant `{name[:60]}…` has a name of {size:,} bytes; it has at most {OF_VARIANTS}"
            span = graph.spans.get(target.node, Span("", 0, 0))
            yield Diagnostic("T211", message, span, help="write shorter items in `vary`, as a `const` each")
