from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import JSON, MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.self_instruct import self_instruct

SEED = {
    "id": "seed_task_0",
    "name": "breakfast_suggestion",
    "instruction": "Is there anything I can eat for a breakfast?",
    "instances": [{"input": "", "output": "Yes, you can have one oatmeal banana protein shake."}],
    "is_classification": False,
}


def test_a_seed_task() -> None:
    assert self_instruct().content(SEED) == {
        "instruction": "Is there anything I can eat for a breakfast?",
        "input": "",
        "response": "Yes, you can have one oatmeal banana protein shake.",
        "system": None,
    }


def test_the_first_instance_is_read() -> None:
    record = {
        "instruction": "分类。",
        "instances": [{"input": "很好", "output": "正面"}, {"input": "差", "output": "负面"}],
    }
    assert self_instruct().content(record) == {
        "instruction": "分类。",
        "input": "很好",
        "response": "正面",
        "system": None,
    }


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [
        ({"instruction": "x"}, "has no `instances`", "instances"),
        ({"instruction": "x", "instances": []}, "`instances` holds no object", None),
        ({"instruction": "x", "instances": ["y"]}, "`instances` holds no object", None),
        ({"instruction": "x", "instances": {"output": "y"}}, "`instances` holds no object", None),
        ({"instruction": "x", "instances": [{"input": "y"}]}, "has no `output`", "output"),
        ({"instances": [{"output": "y"}]}, "has no `instruction`", "instruction"),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str, column: str | None) -> None:
    with pytest.raises(FormatError) as error:
        self_instruct().content(record)
    assert (str(error.value), error.value.column) == (reason, column)


@MANY
@given(records("instruction", "instances", like=st.text(ANY, max_size=3) | st.lists(records("input", "output") | JSON)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(self_instruct(), record)
