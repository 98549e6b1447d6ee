"""The layout `harmony`."""

from __future__ import annotations

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.channels import of_channels


@operator(version=4, rows=("chat",))
def harmony() -> RowFormat:
    """A conversation in channels (gpt-oss): `messages` with `channel` and `recipient`, or `text` as it is rendered.

    What is said in the channel `analysis` is the reasoning of the turn that follows; a message to `functions.NAME` is a
    call of that tool, and one from it the answer; so are messages to and from tools that are not called `functions`
    (`python`, `browser.search`). `final` and what has no channel is said to the user. `thinking` of a message is
    reasoning too. A record with another channel, or with text outside of its messages, is set aside.

    Source: OpenAI, "OpenAI Harmony Response Format".
    """
    return of_channels("harmony")
