"""Files as people have them, read whole: how many rows, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.building import build, ledger, rows

pytestmark = pytest.mark.usefixtures("unbound")
DATA = (Path(__file__).parents[2] / "../shared/data").resolve()
FOUR = '{question: "question", choices: ["A", "B", "C", "D"], answer: "answer"}'
SIDES = '{messages: "turns", role: "speaker", content: "utterance", user: "USER", assistant: "SYSTEM"}'
#: A transcript that ends with the human.
CUT = {"a transcript does not end with an answer": 1}
#: The file, its format and row type, the rows, the records that are set aside with the reason, and what the notes say.
FILES: list[tuple[str, str, str, int, dict[str, int], str]] = [
    ("instruct/glaive_toolcall_en_300.json.gz", "sharegpt", "chat", 300, {}, ""),
    ("instruct/glaive_toolcall_zh_300.json.gz", "sharegpt", "chat", 300, {}, "a tool answer without its call: 2"),
    ("instruct/alpaca_seed_tasks_175.jsonl", "self_instruct", "instruction", 175, {}, ""),
    ("instruct/belle_zh_seed_tasks_175.jsonl", "self_instruct", "instruction", 175, {}, ""),
    ("instruct/alpaca_52k.parquet", "alpaca", "instruction", 52002, {}, ""),
    ("instruct/dolly_hhrlhf_1k.jsonl.gz", "auto", "instruction", 1000, {}, "prompt and response (1,000 records)"),
    ("multiturn/oasst_en_100_trees.jsonl.gz", "oasst(paths: all)", "chat", 564, {}, ""),
    ("multiturn/oasst_en_100_trees.jsonl.gz", "oasst", "chat", 100, {}, ""),
    ("multiturn/fastchat_dummy_500.json.gz", "sharegpt", "chat", 500, {}, ""),
    ("multiturn/sgd_dev_1400.jsonl.zst", "messages", "chat", 1400, {}, ""),
    ("multiturn/sgd_raw_dev_001.json.gz", SIDES, "chat", 128, {}, ""),
    (
        "multiturn/kdconv_zh_dev_450.jsonl.zst",
        '{messages: "messages", content: "message", turns: parity}',
        "chat",
        450,
        {},
        "",
    ),
    ("preference/hh_harmless_A_1163.jsonl.gz", "hh", "preference", 1162, CUT, ""),
    ("preference/hh_helpful_A_472.jsonl.gz", "hh", "preference", 471, CUT, ""),
    ("preference/hh_helpful_A_472.jsonl.gz", "auto(preference)", "preference", 471, CUT, "hh"),
    ("preference/dpo_en_300.json.gz", "preference", "preference", 300, {}, ""),
    ("preference/dpo_zh_300.json.gz", "auto(preference)", "preference", 300, {}, "preference (300 records)"),
    ("preference/kto_en_300.json.gz", "kto", "rated", 300, {}, ""),
    ("preference/kto_en_300.json.gz", "auto(rated)", "rated", 300, {}, "kto (300 records)"),
    ("instruct/glaive_toolcall_en_300.json.gz", "auto(chat)", "chat", 300, {}, "sharegpt (300 records)"),
    ("instruct/glaive_toolcall_en_300.json.gz", "llamafactory", "chat", 300, {}, ""),
    ("instruct/alpaca_gpt4_zh_1000.json.gz", "auto(chat)", "chat", 1000, {}, "alpaca (1,000 records)"),
    ("instruct/code_alpaca_2k.json.gz", "auto", "instruction", 2017, {}, "alpaca (2,017 records)"),
    ("instruct/identity_placeholders_91.json", "auto", "instruction", 91, {}, "alpaca (91 records)"),
    ("benchmarks/gsm8k_test.jsonl.gz", "auto(task)", "task", 1319, {}, "question and answer (1,319 records)"),
    ("benchmarks/math_test_A_2500.jsonl.zst", '{prompt: "context", answer: "answer"}', "task", 2500, {}, ""),
    ("benchmarks/bbh_A_3500.jsonl.zst", '{prompt: "input", answer: "target"}', "task", 3500, {}, ""),
    ("benchmarks/mt_bench_80.jsonl", '{prompt: "turns.0"}', "task", 80, {}, ""),
    ("benchmarks/belle_eval_zh_1000.jsonl.gz", '{prompt: "question", answer: "std_answer"}', "task", 1000, {}, ""),
    (
        "preference/alpaca_eval_gpt4_prefs_A_2847.parquet",
        '{prompt: "instruction", chosen: "output_2", rejected: "output_1"}',
        "preference",
        2847,
        {},
        "",
    ),
    (
        "benchmarks/arc_challenge_test_1172.jsonl.gz",
        '{question: "query", choices: "choices", answer: "gold"}',
        "choice",
        1172,
        {},
        "",
    ),
    ("benchmarks/mmlu_test.parquet", FOUR, "choice", 14042, {}, ""),
    ("benchmarks/ceval_val.parquet", FOUR, "choice", 1346, {}, ""),
    (
        "benchmarks/hellaswag_val_A_5021.parquet",
        '{question: "ctx", choices: "endings", answer: "label"}',
        "choice",
        5021,
        {},
        "",
    ),
]  # fmt: skip


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
@pytest.mark.parametrize(
    ("path", "layout", "kind", "count", "bad", "noted"),
    FILES,
    ids=[f"{path}-{layout[:20]}" for path, layout, *_ in FILES],
)
def test_is_read_whole(
    tmp_path: Path, path: str, layout: str, kind: str, count: int, bad: dict[str, int], noted: str
) -> None:
    connector = next(name for name in ("parquet", "jsonl", "json") if f".{name}" in path)
    source = f'source a = {connector}("{DATA / path}", format: {layout})'
    result = build(tmp_path, f"{source}\ndataset s: {kind} from a {{}}")
    assert result.built is not None, result.problems
    read, entered = rows(result, "s"), ledger(result, "s")
    left = Counter(entered.filter(verdict="quarantined")["rule"].to_list())
    said = "; ".join(result.reporter.warnings)
    print(f"{path} as {layout}: {read.height:,} rows, left out {dict(left)}; {said}")
    assert (read.height, dict(left)) == (count, bad)
    assert noted in said and (noted or "cannot render" not in said)


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_calls_and_tools_of_glaive_are_all_there(tmp_path: Path) -> None:
    import gzip
    import json

    for name in ("en", "zh"):
        path = DATA / f"instruct/glaive_toolcall_{name}_300.json.gz"
        records = json.loads(gzip.decompress(path.read_bytes()))
        result = build(tmp_path / name, f'source a = json("{path}", format: sharegpt)\ndataset s from a {{}}')
        read = rows(result, "s")
        calls = sum(turn["from"] == "function_call" for record in records for turn in record["conversations"])
        found = [m for chat in read["messages"].to_list() for m in chat if m["tool_calls"] is not None]
        assert len(found) == calls > 0
        assert read["tools"].is_not_null().sum() == sum(bool(json.loads(record["tools"])) for record in records) > 0
