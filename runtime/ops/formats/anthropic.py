"""The layout `anthropic`."""

from __future__ import annotations

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.blocks import of_blocks


@operator(version=4, rows=("chat",))
def anthropic() -> RowFormat:
    """`messages` with blocks (Anthropic's Messages API); optional `system` and `tools`.

    `tool_use` blocks are calls, `tool_result` blocks are turns of the tool, `thinking` blocks are reasoning. Schemas of
    tools are brought into the form that chat templates read. A record with images or documents is set aside.

    Blocks of text that follow each other are one text; with another block between, a blank line parts them. A turn of a
    row is thoughts, text, calls, in this order: what stood otherwise is counted in a note.

    Source: Anthropic, "Messages", "Tool use" and "Extended thinking".
    """
    return of_blocks("anthropic")
