"""What a data set masks stands in nothing that is published, and in the store only up to `mask`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import build
from tunec.runtime.ops.finders.pii import pii
from tunec.runtime.versions.manifest import _masked

SECRETS = [f"jo{n}@corp{n}.io" for n in range(10)]
PHONES = [f"1380013{n:04}" for n in range(10)]
LONG = (
    "Tell me how the letters of {0} ({1}) were sent to the old harbour of the town in the year {2}, and by which ship "
    "of the fleet."
)
TURNED = "How far is it from the house at the river to the moon and back again?"

STAGES = """
    let size = words(text)
    filter { drop starts_with(prompt, "early") as early }
    dedup { near(text, jaccard: 0.6) }
    decontaminate(against: [b]) { exact() ngram(8) }
    filter { drop starts_with(response, "joined") as joined }
    mask(pii(text, kinds: [email, phone]))
    filter { drop starts_with(response, "late") as late }
    review("after.jsonl", when: starts_with(response, "look"), unreviewed: drop)
    dedup { exact(response) }
    split(group: prompt) { train: 50%, test: 50% }
"""


def _rows() -> list[tuple[str, str]]:
    """Prompts and answers of which every one holds an address and a number of its own."""
    made = [
        (LONG.format(mail, phone, 1900 + 7 * n), f"By the {n * 31}. Ask {mail} or call {phone}.")
        for n, (mail, phone) in enumerate(zip(SECRETS, PHONES, strict=True))
    ]
    made[1] = (made[0][0], f"{made[0][1]} Or {SECRETS[1]}, {PHONES[1]}.")  # near the first
    made[2] = (f"early {SECRETS[2]} 手机{PHONES[2]}", "x")
    made[3] = (f"{TURNED} {SECRETS[3]}, 电话{PHONES[3]}", "y")  # a leak
    made[4] = (f"first {SECRETS[4]}", f"joined {PHONES[4]}")
    made[5] = (f"second {SECRETS[5]}", f"late {PHONES[5]}")
    made[6] = (f"third {SECRETS[6]}", f"look 手机{PHONES[6]}")
    made[7] = (f"fourth {SECRETS[7]}", f"same {PHONES[7]}")
    made[8] = (f"fifth {SECRETS[8]}", f"same {PHONES[8]}")  # the same once masked
    return made


def _instruction(prompt: str, answer: str) -> dict[str, Any]:
    return {"instruction": prompt, "output": answer}


def _chat(prompt: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}


def _read(path: Path) -> str:
    """Everything that a file says, whatever it is packed in."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path, glob=False)
        return "\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in frame.iter_rows(named=True))
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace")


def _holding(folder: Path) -> set[Path]:
    """The files under a folder that hold one of the addresses or numbers, in text or in their name."""
    secrets = [*SECRETS, *PHONES, "odd@corp99.io"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path for path in files if any(secret in f"{path.name} {_read(path)}" for secret in secrets)}


@pytest.mark.parametrize(("form", "row"), [("alpaca", _instruction), ("messages", _chat)])
def test_nothing_after_mask_holds_what_it_masked(tmp_path: Path, form: str, row: Any) -> None:
    lines = [json.dumps(row(*pair), ensure_ascii=False) for pair in _rows()]
    (tmp_path / "s.jsonl").write_text("\n".join([*lines, '{"broken": odd@corp99.io']) + "\n", encoding="utf-8")
    done = build(
        tmp_path,
        f'source s = jsonl("s.jsonl", format: {form}, on_error: skip)\n'
        f'benchmark b = rows([{{question: "{TURNED}", answer: "A"}}])\ndataset d from s {{{STAGES}}}\n'
        f"dataset e from d.train {{ filter {{ keep chars(response) > 1 }} }}\n",
    )
    assert done.built is not None and done.built.published is not None, done.problems
    out, store = done.built.published.out, tmp_path / ".tunec"
    ledger = pl.read_parquet(out / "ledger/d.parquet", glob=False)
    gone = set(ledger.filter(verdict="dropped")["rule"].to_list())
    words = ('"early"', '"joined"', '"late"', "review", "near", "exact(response)", "exact()")
    assert all(any(word in rule for rule in gone) for word in words), gone
    assert ledger["partner_text"].str.contains(r"\[EMAIL\]").any()
    assert not _holding(out)
    assert not _holding(tmp_path / "after.jsonl")
    # What is read and what is compared before the mask must hold it: `s`, and the steps up to `decontaminate`.
    plan = done.built.engine.plan
    before = set()
    for step in plan.steps:
        before.add(store / "steps" / step.fingerprint[:2] / step.fingerprint)
        if any(node.op == "stages.decontaminate" for node in step.step.nodes):
            break
    assert {path.parent for path in _holding(store)} <= before
    assert any("stages.mask" in [n.op for n in s.step.nodes] and len(s.step.nodes) > 1 for s in plan.steps)


def test_columns_that_repeat_what_is_masked(tmp_path: Path) -> None:
    """A `let`, a `set` and a column of the file, in other letter cases and in lists, not inside of longer words."""
    row = {
        "instruction": "q", "output": "Mail Jo@Corp.io.", "who": "jo@corp.io", "cc": ["x", "JO@CORP.IO"],
        "other": "banjo@corp.io", "n": 1,
    }  # fmt: skip
    (tmp_path / "s.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "output": "None."}) + "\n", "utf-8")
    stages = """let low = lower(response)  set(meta.copy: concat("re: ", response))
        filter { keep contains(meta.who, "@") and contains(meta.other, "@") and meta.n > 0 and meta.cc != none }
        mask(pii(response))"""
    done = build(tmp_path, f'source s = jsonl("s.jsonl", format: alpaca)\ndataset d from s {{ {stages} }}\n')
    assert done.built is not None and done.built.published is not None, done.problems
    told = pl.read_parquet(done.built.published.out / "datasets/d/*.parquet").to_dicts()
    names = ("low", "meta.copy", "meta.who", "meta.cc", "meta.other")
    assert [told[0][name] for name in names] == [
        "mail [EMAIL].", "re: Mail [EMAIL].", "[EMAIL]", ["x", "[EMAIL]"], "banjo@corp.io",
    ]  # fmt: skip
    assert told[1]["meta.who"] == "jo@corp.io"  # nothing of it is masked in this row


def test_what_is_told_of_rows_before_the_mask(tmp_path: Path) -> None:
    """Values whose shares were bounded, and notes that show rows."""
    rows = [{"instruction": f"q {n}", "output": f"Ask {mail}.", "who": mail} for n, mail in enumerate(SECRETS * 3)]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    stages = "balance { share(meta.who) <= 20% }  mask(pii(response))"
    done = build(tmp_path, f'source s = jsonl("s.jsonl", format: alpaca)\ndataset d from s {{ {stages} }}\n')
    assert done.built is not None and done.built.published is not None, done.problems
    assert not _holding(done.built.published.out)
    account = {
        "notes": [f"one pair: {SECRETS[0]}"],
        "findings": {"constraints": [{"shares": {SECRETS[0]: 1, SECRETS[1]: 2}}]},
    }
    hidden = _masked(account, [pii("response")])
    assert hidden["notes"] == ["one pair: [EMAIL]"]
    assert hidden["findings"] == {"constraints": [{"shares": {"[EMAIL]": 1, "[EMAIL] (2)": 2}}]}
    assert "findings" not in _masked({"notes": []}, [pii("response")])
