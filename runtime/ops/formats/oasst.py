"""The layout `oasst`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.conversations import role_of
from tunec.runtime.sources.notices import Notices


@operator(version=3, rows=("chat",))
def oasst(paths: Literal["best", "all"] = "best") -> RowFormat:
    """`prompt`: a tree of messages `{text, role, replies}` (OpenAssistant's trees), flattened to chats.

    Each chat is a path down the tree that ends with an assistant message. Deleted messages are left out, along with all
    replies to them.

    Args:
        paths: `best` follows the reply with the best `rank`, or the first if there is none; `all` gives one chat for
            each leaf of the tree.

    Source: OpenAssistant Conversations (2304.07327).
    """
    notices = Notices()
    return RowFormat("oasst", "chat", _flattened(paths == "best", notices), notes=notices.notes)


def _flattened(best: bool, notices: Notices) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    def content(record: dict[str, Any]) -> list[dict[str, Any]]:
        root = record.get("prompt")
        if root is None:
            raise FormatError("has no `prompt`", "prompt")
        if not isinstance(root, dict):
            raise FormatError("`prompt` is not a tree of messages")
        if root.get("deleted"):
            raise FormatError("its first message is deleted")
        found: list[list[dict[str, str]]] = []
        for path in _paths(root, best):
            while path and path[-1]["role"] != "assistant":
                path = path[:-1]
            if path and path not in found:
                found.append(path)
        if not found:
            raise FormatError("its tree has no answer")
        return [{"messages": notices.chat(path)} for path in found]

    return content


def _paths(root: dict[str, Any], best: bool) -> Iterator[list[dict[str, str]]]:
    waiting: list[tuple[dict[str, Any], list[dict[str, str]]]] = [(root, [])]
    while waiting:  # a stack of its own: a conversation may be deeper than Python's
        node, before = waiting.pop()
        if not isinstance(node.get("text"), str) or not isinstance(node.get("role"), str):
            raise FormatError("a message of the tree lacks a text in `text` or `role`")
        path = [*before, {"role": role_of(node["role"], "prompt"), "content": node["text"]}]
        listed = node.get("replies")
        listed = listed if isinstance(listed, list) else []
        replies = [r for r in listed if isinstance(r, dict) and not r.get("deleted")]
        if best and replies:
            replies = [min(replies, key=_rank)]
        if not replies:
            yield path
        waiting += [(reply, path) for reply in reversed(replies)]


def _rank(reply: dict[str, Any]) -> float:
    rank = reply.get("rank")
    return rank if isinstance(rank, int | float) else float("inf")
