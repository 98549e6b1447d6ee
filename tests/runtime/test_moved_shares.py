"""Shares hold in what is published: a later drop is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import build
from tunec.runtime.building.broken_checks import CheckBroken

ROWS = ",".join(
    f'{{instruction: "Task {n}?", response: "{"Yes." if n % 3 else "Yes, it is so, number " + str(n)}"}}'
    for n in range(12)
)
HEAD = f'spec t(license: "MIT", seed: 2)\nsource s = rows([{ROWS}])\nsource z = rows([{ROWS.replace("Task", "Job")}])\n'
BALANCE = 'balance { share(contains(response, "number")) <= 40% }'


def test_a_bound_of_balance_that_a_later_drop_breaks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckBroken) as broken:
        build(tmp_path, f"{HEAD}dataset out from s {{ {BALANCE}\n filter {{ keep words(response) > 1 }} shuffle() }}")
    said = broken.value.diagnostic
    assert said.code == "T903"
    assert said.message == (
        '`share(contains(response, "number")) <= 40%` no longer holds after `filter`: it is 100.00% of 4 rows'
    )
    assert broken.value.folder is not None
    done = build(tmp_path, f"{HEAD}dataset out from s {{ {BALANCE}\n shuffle() limit(12) }}")
    assert done.built is not None and not done.reporter.warnings


def test_balance_in_tokens_is_measured_in_tokens(tmp_path: Path) -> None:
    tokens = BALANCE.replace("balance {", "balance(by: tokens) {")
    with pytest.raises(CheckBroken, match="no longer holds after `filter`"):
        build(tmp_path, f"{HEAD}dataset out from s {{ {tokens}\n filter {{ keep words(response) > 1 }} }}")


def test_a_mixture_that_is_no_longer_what_it_says_is_told(tmp_path: Path) -> None:
    mix = "mix { s: 50%, z: 50% }"
    done = build(tmp_path, f'{HEAD}dataset out from [s, z] {{ {mix}\n filter {{ drop contains(prompt, "Job 1") }} }}')
    assert any(
        "`mix` no longer holds after `filter`: `s` 57.14% instead of 50.00%, `z` 42.86% instead of 50.00%" in w
        for w in done.reporter.warnings
    ), done.reporter.warnings
    done = build(tmp_path, f'{HEAD}dataset out from [s, z] {{ {mix}\n filter {{ drop contains(prompt, "11") }} }}')
    assert not any("no longer holds" in w for w in done.reporter.warnings)


def test_a_mixture_of_data_sets_is_told_by_their_names(tmp_path: Path) -> None:
    part = 'dataset some from s { filter { keep contains(prompt, "1") } }\n'
    body = '{ mix { some: 50%, z: 50% }\n filter { drop contains(prompt, "Job") } }'
    done = build(tmp_path, f"{HEAD}{part}dataset out from [some, z] {body}")
    told = [w for w in done.reporter.warnings if "no longer holds" in w]
    assert len(told) == 1 and told[0].startswith("out · filter: `mix`") and "`some`" in told[0], told


def test_what_a_data_set_says_of_its_shares_does_not_bind_the_next(tmp_path: Path) -> None:
    """Of a balanced data set, another may take what it likes."""
    body = "filter { keep words(response) > 1 }"
    done = build(tmp_path, f"{HEAD}dataset out from s {{ {BALANCE} }}\ndataset some from out {{ {body} }}")
    assert done.built is not None and not any("no longer holds" in w for w in done.reporter.warnings)


def test_shares_of_tokens_are_measured_again_where_texts_change(tmp_path: Path) -> None:
    shorter = 'mask(matches(response, r"Yes, it is so, "), with: "")'
    balance = "balance(by: tokens) { share(origin == s) >= 50% }"
    rows = ",".join(f'{{instruction: "Walk {n}?", response: "One two three four five six."}}' for n in range(12))
    head = HEAD.replace('"Yes."', '"Yes, it is so, Yes."') + f"source w = rows([{rows}])\n"
    with pytest.raises(CheckBroken, match="no longer holds after `mask`"):
        build(tmp_path, f"{head}dataset out from [s, w] {{ {balance} {shorter} }}")
    done = build(tmp_path, f"{head}dataset out from [s, w] {{ {balance.replace('by: tokens', '')} {shorter} }}")
    assert done.built is not None


def test_rows_that_are_repeated_after_a_bound_are_told(tmp_path: Path) -> None:
    again = 'repeat(contains(response, "number"), 4)'
    done = build(tmp_path, f"{HEAD}dataset out from s {{ {BALANCE} {again} }}")
    (told,) = [w for w in done.reporter.warnings if "no longer holds" in w]
    assert '`share(contains(response, "number")) <= 40%` no longer holds after `repeat`: it is 66.67% of' in told
    with pytest.raises(CheckBroken, match="no longer holds after `filter`, `repeat`"):
        build(tmp_path, f"{HEAD}dataset out from s {{ {BALANCE}\n filter {{ keep words(response) > 1 }} {again} }}")
    mix = "mix { s: 50%, z: 50% }"
    done = build(tmp_path, f"{HEAD}dataset out from [s, z] {{ {mix} repeat(s, 3) }}")
    assert any(
        "`mix` no longer holds after `repeat`: `s` 75.00% instead of 50.00%" in w for w in done.reporter.warnings
    )
