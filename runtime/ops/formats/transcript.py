"""The layout `transcript`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.notices import Notices
from tunec.runtime.sources.records import text
from tunec.runtime.sources.transcripts import turns_of


@operator(version=2, rows=("chat",))
def transcript() -> RowFormat:
    """`text`, or `chosen`: a conversation written out as `\\n\\nHuman: … \\n\\nAssistant: …` (Anthropic's HH).

    Line ends may be those of Windows. Where turns have no blank lines between them, each line that begins with `Human:`
    or `Assistant:` begins one; where they have, such a line is part of its turn. Both are counted in a note.
    """
    notices = Notices()

    def content(record: dict[str, Any]) -> dict[str, Any]:
        column = "chosen" if "text" not in record and "chosen" in record else "text"
        return {"messages": notices.chat(turns_of(text(record, column), column, notices))}

    return RowFormat("transcript", "chat", content, notes=notices.notes)
