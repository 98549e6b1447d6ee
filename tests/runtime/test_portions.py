"""Rows that are too many for the memory: the same version, byte for byte, as of rows that are all in memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.building import Result, build
from tunec.compiler.types import RowType
from tunec.runtime.base.memory import Memory
from tunec.runtime.rows.frame import digests_of, identify, identify_all, write_parquet
from tunec.runtime.rows.portions import Held, Joined, Made, Stored
from tunec.runtime.rows.texts import Texts, computed
from tunec.runtime.rows.writing import OtherTypes, write_parts, write_rows

#: Portions of some fifteen rows of about 300 bytes.
SIZES = (64 * 4_500,)

INSTRUCTIONS = """spec s(version: "0.1.0", seed: 3)
source raw = parquet("raw.parquet", format: alpaca, license: "MIT")
source more = jsonl("more.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: {question: "question", answer: "answer"})
dataset d from raw {
    normalize(unicode: nfc, whitespace: collapse)
    filter {
        keep words(response) >= 1
        drop contains(prompt, "7") as sevens
    }
    let length = words(response)
    dedup(keep: longest(response)) { exact(prompt)
        near(text, jaccard: 0.6) }
    decontaminate(against: [quiz]) { exact()
        ngram(13) }
    mask(pii(response))
    set(meta.kind: length)
    shuffle()
    sample(60)
    balance { share(length > 12) <= 60% }
    split { train: 70%, validation: 20%, test: 10% }
    repeat(meta.score > 10, 3)
    check count(train) >= 5
}
dataset mixed from [raw, more] {
    filter { drop contains(prompt, "89") }
    mix(total: 70, epochs: 2) { raw: 60%, more: 40% }
    select(50, by: random())
    limit(45)
}
dataset few from more { filter { drop contains(prompt, "river") } }
dataset pair from [d.train, few] { mix { d.train: 70%, few: 30% } }
source new = rows([{instruction: "Say one.", response: "One."}], license: "MIT")
dataset joint from [new, d] { shuffle() }
dataset part from d.train { filter { keep words(prompt) >= 3 } }
"""

CHATS = """spec s(version: "0.1.0", seed: 3)
source raw = jsonl("chats.jsonl", format: messages, license: "MIT", on_error: skip)
dataset d from raw {
    normalize(turns: merge)
    filter { keep turns >= 2 }
    dedup { near(text) }
    mask(pii(text))
    split { train: 80%, validation: 20% }
}
"""


def tables(folder: Path) -> None:
    folder.mkdir()
    things = ["tree", "river", "house", "grey cat", "tall 塔", "猫", "small dog"]
    rows = [
        {
            "instruction": f"Tell me about the {things[n % 7]} number {n % 90}, please, and say why it stands there.",
            "input": "" if n % 3 else f"The place is {n % 11}.",
            "output": f"It stands there {'quite ' * (n % 9)}well. Write to a{n % 5}@example.com.",
            "kind": None if n % 4 else n,
            "score": n / 7,
        }
        for n in range(120)
    ]
    pl.DataFrame(rows).write_parquet(folder / "raw.parquet")
    lines = [{k: str(row[k]) for k in ("instruction", "output")} for row in rows[:40]]
    pl.DataFrame(lines).with_columns(pl.col("output") + " More.").write_ndjson(folder / "more.jsonl")
    question = "Tell me about the river number 1, please, and say why it stands there."
    pl.DataFrame({"question": [question], "answer": ["It does."]}).write_ndjson(folder / "quiz.jsonl")
    chats = [
        {
            "messages": [
                *([{"role": "system", "content": f"Be kind {n % 3}."}] if n % 4 == 0 else []),
                {"role": "user", "content": f"Hello {n}, my number is 555-010{n % 10}. 你好。"},
                *([{"role": "user", "content": "Are you there?"}] if n % 5 == 0 else []),
                {"role": "assistant", "content": f"Yes, {n} times, and I can tell you all about it." * (n % 2 + 1)},
            ]
        }
        for n in range(60)
    ]
    (folder / "chats.jsonl").write_text("\n".join([*map(json.dumps, chats), "no json", ""]), encoding="utf-8")


def published(result: Result) -> dict[str, bytes]:
    """What was published, but for what tells of the run."""
    assert result.built is not None and result.built.published is not None, result.problems
    out = result.built.published.out
    told = ("run.json", "report.html")
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name not in told}


@pytest.mark.parametrize("text", [INSTRUCTIONS, CHATS], ids=["instructions", "chats"])
def test_a_build_in_portions_is_the_build(tmp_path: Path, text: str) -> None:
    tables(tmp_path / "once")
    once = build(tmp_path / "once", text)
    known = published(once)
    for size in SIZES:
        tables(tmp_path / str(size))
        found = build(tmp_path / str(size), text, memory=size)
        differ = sorted(
            name for name in known.keys() | published(found).keys() if known.get(name) != published(found).get(name)
        )
        assert not differ
        assert found.reporter.warnings == once.reporter.warnings


numbered = st.lists(st.integers(0, 29), max_size=40)


@settings(deadline=None, max_examples=16)
@given(numbered, st.integers(1, 12))
def test_rows_come_in_any_order_that_is_asked_for(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], size: int
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    rows = pl.DataFrame({"n": range(30), "text": [f"text {n}" for n in range(30)]})
    write_parquet(rows, folder / "rows.parquet")
    stored, order = Stored.of(folder / "rows.parquet", size, folder), np.array(numbers, dtype=np.int64)
    chosen = stored.taken(order, [pl.Series("more", range(len(order)), dtype=pl.Int64)])
    expected = rows[order].with_columns(more=pl.int_range(len(order), dtype=pl.Int64))
    assert chosen.whole().equals(expected)
    assert chosen.at(np.arange(len(order))[::-1]).equals(expected[::-1])
    assert stored.at(order, "text").equals(rows[order].select("text"))
    assert not [p for p in folder.iterdir() if p.is_dir()]  # nothing is left


def test_a_file_of_portions_is_the_file_of_the_whole(tmp_path: Path) -> None:
    rows = pl.DataFrame({"n": range(2_500), "text": [f"text {n % 77}" * (n % 5) for n in range(2_500)]})
    rows = rows.with_columns(parents=pl.lit([], dtype=pl.List(pl.String)))
    write_parquet(rows, tmp_path / "whole.parquet")
    for size in (1_000, 2_500, 331):
        count = write_parts((rows.slice(n, size) for n in range(0, 2_500, size)), tmp_path / "parts.parquet")
        assert count == rows.height
        assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    stored = Stored.of(tmp_path / "whole.parquet", 100)
    write_rows(Joined((stored, Made(stored, lambda part: part))), tmp_path / "twice.parquet")
    assert pl.read_parquet(tmp_path / "twice.parquet").equals(pl.concat([rows, rows]))


def test_what_goes_wrong_while_portions_are_made_is_raised(tmp_path: Path) -> None:
    def parts() -> object:
        yield pl.DataFrame({"n": [1]})
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_parts(parts(), tmp_path / "a.parquet")  # type: ignore[arg-type]
    with pytest.raises(OtherTypes):
        write_parts([pl.DataFrame({"n": [1]}), pl.DataFrame({"n": ["1"]})], tmp_path / "b.parquet")
    with pytest.raises(OSError, match="No such file"):
        write_parts([pl.DataFrame({"n": [1]})] * 3, tmp_path / "nowhere" / "c.parquet")


def test_ids_of_all_rows_at_once_are_those_of_one_after_another() -> None:
    rows = pl.DataFrame({"text": ["a", "b", "a", "", "a", "b", "猫", ""]})
    whole = identify_all(b"".join(digests_of(rows, RowType.TEXT)))
    assert whole.equals(identify(rows, RowType.TEXT))
    assert whole.n_unique() == rows.height


def test_keys_are_equal_where_texts_are(tmp_path: Path) -> None:
    rows = pl.DataFrame({"text": ["a", None, "A", "b", "a", None]})
    write_parquet(rows, tmp_path / "rows.parquet")
    keys = []
    for source in (Held(rows), Stored.of(tmp_path / "rows.parquet", 2)):
        texts: Texts = computed(source, lambda part: part["text"], "text")
        keys.append(texts.keys(lambda part: part.str.to_lowercase()).rank("dense").to_list())
    assert [[a is None or a == b[0] for a in b] for b in keys] == [[True, True, True, False, True, True]] * 2


def test_portions_are_a_small_part_of_the_memory() -> None:
    memory = Memory(1 << 30)
    assert memory.portion * 64 == memory.whole * 16 == memory.limit
    assert memory.rows(1_000, 1_000 * memory.portion) == 1
    assert memory.rows(10, 0) > 10
