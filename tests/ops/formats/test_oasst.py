from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import JSON, MANY, records, row_or_reason, said
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.oasst import oasst


def asks(text: str, *replies: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "prompter", "text": text, "replies": list(replies), **more}


def answers(text: str, *replies: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "text": text, "replies": list(replies), **more}


TREE = {
    "prompt": asks(
        "Hi",
        answers("second", rank=1),
        answers(
            "first", asks("More", answers("no", deleted=True)), asks("Why", answers("so", answers("真的"))), rank=0
        ),
    )
}


def test_a_tree_by_hand() -> None:
    best = oasst().content(TREE)
    assert [said(row) for row in best] == [[("user", "Hi"), ("assistant", "first")]]
    every = oasst("all").content(TREE)
    assert [[s for _, s in said(row)] for row in every] == [
        ["Hi", "second"],
        ["Hi", "first"],
        ["Hi", "first", "Why", "so", "真的"],
    ]


def test_the_best_reply() -> None:
    def chosen(*ranks: int | None) -> str:
        replies = [answers(str(n)) if r is None else answers(str(n), rank=r) for n, r in enumerate(ranks)]
        return said(oasst().content({"prompt": asks("选", *replies)})[0])[-1][1]  # type: ignore[index]

    assert chosen(2, 0, 1) == "1"
    assert chosen(None, 5) == "1"  # a ranked one before others
    assert chosen(None, None) == "0"
    assert chosen(1, 1) == "0"


def test_a_deep_tree() -> None:
    node = answers("end")
    for n in range(3000):
        node = asks(str(n), node) if n % 2 == 0 else answers(str(n), node)
    row = oasst().content({"prompt": asks("开始", asks("x", node))})
    assert len(row[0]["messages"]) == 3003  # type: ignore[index]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": asks("Hi")}, "its tree has no answer"),
        ({"prompt": asks("Hi", answers("x", deleted=True))}, "its tree has no answer"),
        ({"prompt": asks("Hi", answers("x"), deleted=True)}, "its first message is deleted"),
        ({"prompt": "Hi"}, "`prompt` is not a tree of messages"),
        ({"text": "Hi"}, "has no `prompt`"),
        ({"prompt": asks("Hi", {"role": "assistant"})}, "lacks a text in `text` or `role`"),
        ({"prompt": asks("Hi", {"role": "旁白", "text": "x"})}, "unknown role `旁白`"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        oasst().content(record)


@pytest.mark.parametrize("rank", ["0", None, [1], {}])
def test_a_rank_that_is_no_number_is_none(rank: Any) -> None:
    tree = asks("选", answers("a", rank=rank), answers("b", rank=7), answers("c", rank=rank))
    assert said(oasst().content({"prompt": tree})[0]) == [("user", "选"), ("assistant", "b")]  # type: ignore[index]


@pytest.mark.parametrize("replies", [5, "x", {"a": 1}, None, [3, None]])
def test_replies_that_are_none(replies: Any) -> None:
    tree = asks("Hi", {"role": "assistant", "text": "好", "replies": replies})
    assert said(oasst("all").content({"prompt": tree})[0]) == [("user", "Hi"), ("assistant", "好")]  # type: ignore[index]


NODES = st.recursive(
    st.builds(answers, st.sampled_from("ab中"), rank=st.none() | st.integers(0, 3), deleted=st.booleans()),
    lambda inner: st.builds(
        lambda make, text, replies, rank: make(text, *replies, rank=rank),
        st.sampled_from([asks, answers]), st.sampled_from("xy诗"), st.lists(inner, max_size=3), st.integers(0, 3),
    ),
    max_leaves=8,
)  # fmt: skip


def _paths(node: dict[str, Any]) -> list[list[tuple[str, str]]]:
    own = ("user" if node["role"] == "prompter" else "assistant", node["text"])
    replies = [path for reply in node["replies"] if not reply.get("deleted") for path in _paths(reply)]
    return [[own, *path] for path in replies] or [[own]]


@MANY
@given(NODES)
def test_all_paths_that_end_with_an_answer(tree: dict[str, Any]) -> None:
    expected: list[list[tuple[str, str]]] = []
    for path in _paths(tree) if not tree.get("deleted") else []:
        while path and path[-1][0] == "user":
            path.pop()
        if path and path not in expected:
            expected.append(path)
    if not expected:
        with pytest.raises(FormatError, match=r"no answer|is deleted"):
            oasst("all").content({"prompt": tree})
        return
    every = [said(row) for row in oasst("all").content({"prompt": tree})]
    assert every == expected


ANY_NODE = records("text", "role", "replies", "rank", "deleted", like=st.sampled_from(["prompter", "assistant"]))
ANY_TREE = records(
    "text", "role", "replies", like=st.sampled_from(["prompter", "assistant"]) | st.lists(ANY_NODE | JSON, max_size=3)
)


@MANY
@given(records("prompt", like=ANY_TREE), st.sampled_from(["best", "all"]))
def test_any_record(record: dict[str, Any], paths: Any) -> None:
    row_or_reason(oasst(paths), record)
