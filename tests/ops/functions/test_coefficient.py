from __future__ import annotations

import polars as pl
import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import FittedRule
from tunec.runtime.ops.functions.coefficient import coefficient


def test_the_same_weight_for_every_row() -> None:
    rule = FittedRule({"intercept": 1.5, "length": -0.25})
    frame = pl.DataFrame({"n": [1, 2]})
    assert frame.with_columns(c=coefficient(rule, "length"))["c"].to_list() == [-0.25, -0.25]
    with pytest.raises(OperatorError, match="no indicator `size`, only `intercept`, `length`"):
        coefficient(rule, "size")
