"""What the linter knows of the other columns of generated rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue


@pytest.mark.parametrize(
    ("method", "column", "found"),
    [
        ("respond(base)", "answer", 0),
        ("respond(base)", "anser", 1),
        ("self_instruct(base) until(rows: 1, requests: 1)", "answer", 1),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_generated_rows_have_the_columns_of_their_seed_row(
    tmp_path: Path, method: str, column: str, found: int, inside: bool
) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": "3 + 4?", "answer": "7"}) + "\n")
    rule = f"filter {{ keep meta.{column} != none }}"
    spec = tmp_path / "t.tune"
    spec.write_text(f"""
    source q = jsonl("q.jsonl", format: {{instruction: "question", response: "answer"}}, license: "MIT")
    model base = bundled("smollm2-135m-instruct")
    generate made from q {{ {method} {rule if inside else ""} }}
    dataset out from made {{ {"" if inside else rule} }}
    """)
    codes = [d.code for d in check_spec(spec, load_catalogue()).diagnostics]
    assert codes.count("T317") == found
