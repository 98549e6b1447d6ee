"""The layout `agent_trace`."""

from __future__ import annotations

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.sessions import of_sessions


@operator(version=4, rows=("chat",))
def agent_trace() -> RowFormat:
    """Session logs of Claude Code, Codex or Pi, and the Hub's simple format for other agents: a file is a chat.

    The logs are JSON Lines, as the agents write them. Calls of tools, their answers, and thoughts become those of
    messages. Of a session in which turns were taken back, the turns that led to the last one are read; those, turns of
    helpers in the same file, and thoughts that are encrypted are left out and counted. The other columns of the row
    are those of the lines: the first value of each (`meta.sessionId`, `meta.timestamp`, …). Logs hold names, paths and
    secrets: see `mask`.

    Source: Hugging Face Hub documentation, "Agent Traces" and "Session Traces Format".

    Example:
        source logs = jsonl("sessions/*.jsonl", format: agent_trace)
    """
    return of_sessions("agent_trace")
