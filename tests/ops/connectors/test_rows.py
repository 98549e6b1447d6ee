from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build
from tests.building import rows as built
from tests.characters import ANY
from tests.ops.material import JSON, MANY
from tunec.runtime.base.values import Files
from tunec.runtime.ops.connectors.rows import rows
from tunec.runtime.rows.messages import sparse

FILTER = "\ndataset out{} from s {{ filter {{ keep chars(text) > 0 }} }}"


@pytest.mark.parametrize(
    ("record", "kind", "content"),
    [
        (
            '{instruction: "Say hello.", response: "你好"}',
            "",
            {"instruction": "Say hello.", "input": None, "response": "你好", "system": None},
        ),
        (
            '{instruction: "说", response: "x", input: "i", system: "s"}',
            "",
            {"instruction": "说", "input": "i", "response": "x", "system": "s"},
        ),
        ('{text: "从前"}', ": text", {"text": "从前"}),
        (
            '{prompt: "p", chosen: "c", rejected: "r"}',
            "",
            {
                "messages": [{"role": "user", "content": "p"}],
                "chosen": [{"role": "assistant", "content": "c"}],
                "rejected": [{"role": "assistant", "content": "r"}],
                "tools": None,
            },
        ),
        (
            '{messages: [{role: "user", content: "你好"}, {role: "gpt", content: "Hi"}]}',
            ": chat",
            {"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi"}], "tools": None},
        ),
    ],
)
def test_the_names_decide_the_row_type(tmp_path: Path, record: str, kind: str, content: dict[str, Any]) -> None:
    done = build(tmp_path, f"source s = rows([{record}])" + FILTER.format(kind))
    frame = built(done, "out")
    found = {name: frame[name].to_list()[0] for name in frame.columns[4:]}
    lists = {name: sparse(value) for name, value in found.items() if isinstance(value, list)}
    assert {**found, **lists} == content
    assert frame["position"].to_list() == [0]


@MANY
@given(st.lists(st.dictionaries(st.text(ANY, max_size=4), JSON, max_size=3), max_size=6))
def test_records_are_numbered_as_they_stand(records: list[dict[str, Any]]) -> None:
    given_ = [(one.number, one.value) for one in rows(records, files=Files((), ()))]  # type: ignore[union-attr]
    assert given_ == list(enumerate(records))
