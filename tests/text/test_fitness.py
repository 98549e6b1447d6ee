"""An embedder that cannot tell texts of a language apart stops the build, and says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.building import build
from tests.ops.material import TINY, bag, context, instructions
from tunec.runtime.base.context import Context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.functions.grounded import grounded
from tunec.runtime.ops.functions.nearest import nearest
from tunec.runtime.ops.functions.outlier import outlier
from tunec.runtime.ops.functions.similarity import similarity
from tunec.runtime.ops.functions.task import task
from tunec.runtime.ops.functions.topic import topic
from tunec.runtime.ops.select.clusters import clusters
from tunec.runtime.ops.select.deita import deita
from tunec.runtime.ops.select.dpp import dpp
from tunec.runtime.ops.select.facility_location import facility_location
from tunec.runtime.ops.select.k_center import k_center
from tunec.runtime.ops.select.like import like
from tunec.runtime.text.fitness import (
    Asked,
    Measured,
    Texts,
    between,
    check_apart,
    chosen,
    measured,
    percent,
    tell_chance,
)

#: Chinese questions of which no two are about the same.
THINGS = [
    "火山",
    "诗歌",
    "股票",
    "茶叶",
    "桥梁",
    "钢琴",
    "恐龙",
    "疫苗",
    "长城",
    "咖啡",
    "芯片",
    "足球",
    "沙漠",
    "蜜蜂",
    "税收",
    "京剧",
    "台风",
    "面包",
    "卫星",
    "书法",
    "地铁",
    "海豚",
    "水稻",
    "电影",
    "冰川",
    "棉花",
    "围棋",
    "望远镜",
    "河流",
    "皮肤",
    "邮票",
    "帐篷",
    "数据库",
    "竹子",
    "灯塔",
    "陶瓷",
    "心脏",
    "闪电",
    "羊毛",
    "合同",
    "指南针",
    "花园",
    "蘑菇",
    "铁路",
    "瀑布",
]
ASKED = ("请介绍{}的历史。", "为什么{}对人类很重要？", "怎样挑选好的{}？", "写一个关于{}的小故事。")


def chinese(count: int) -> list[str]:
    return [ASKED[n % len(ASKED)].format(THINGS[n % len(THINGS)]) for n in range(count)]


def close(share: float) -> np.ndarray:
    """200 vectors of which this share is nearly one."""
    draw = np.random.default_rng(3)
    vectors = draw.standard_normal((200, 64))
    few = int(200 * share)
    vectors[:few] = vectors[0] + 0.1 * draw.standard_normal((few, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def asked(threshold: float | None = 0.8, false_positives: float | None = None) -> Asked:
    return Asked("cosine", "", threshold, false_positives, 0.8, 0.001)


def pick(asked: Asked, texts: pl.Series, vectors: np.ndarray, ctx: Context) -> float:
    return chosen(asked, TINY, measured(Texts(texts, vectors), 7), ctx).value


def distinct(count: int) -> pl.Series:
    """Different English texts."""
    return pl.Series(
        [f"Where is the bridge over the river near house number {n}, and who built it?" for n in range(count)]
    )


def test_random_pairs_above_the_threshold_stop_and_name_one_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.fitness._SHARED", 2)
    with pytest.raises(OperatorError) as error:
        pick(asked(), distinct(200), close(0.2), context())
    said = str(error.value)
    assert "cannot tell these texts apart in the language `en`" in said
    assert "of 19,900 random pairs of different texts reach 0.8, and at most 0.1% may" in said
    holds = float(said.split("; ")[1].split(" would hold")[0])
    assert pick(asked(holds), distinct(200), close(0.2), context()) == holds
    with pytest.raises(OperatorError):
        pick(asked(holds - 0.002), distinct(200), close(0.2), context())


def test_what_may_be_a_duplicate_is_no_random_pair() -> None:
    """The same vectors, of texts that share their words."""
    texts = pl.Series([f"translate this sentence into French please: w{n}" for n in range(200)])
    assert pick(asked(), texts, close(0.2), context()) == 0.8


def test_a_stated_share_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.fitness._SHARED", 2)
    assert pick(asked(0.8, 0.05), distinct(200), close(0.2), context()) == 0.8
    with pytest.raises(OperatorError, match="at most 2% may"):
        pick(asked(0.8, 0.02), distinct(200), close(0.2), context())


def test_a_share_of_false_positives_chooses_the_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunec.runtime.text.fitness._SHARED", 2)
    notes: list[str] = []
    ctx = Context(7, bag, lambda done, total, what: None, note=notes.append)
    found = measured(Texts(distinct(200), close(0.2)), 7)[0]
    for share in (0.0005, 0.01, 0.1):
        threshold = pick(asked(None, share), distinct(200), close(0.2), ctx)
        assert found.reached(threshold) <= share < found.reached(threshold - 0.002) + 0.001
        assert threshold == pick(asked(None, share), distinct(200), close(0.2), ctx)
    assert notes[0].startswith(
        "cosine(false_positives: 0.05%): thresholds from 19,900 random pairs of different texts: en 0.9"
    )


def test_a_share_without_enough_texts_is_an_error() -> None:
    with pytest.raises(OperatorError, match="no language has the 46 different texts"):
        pick(asked(None, 0.01), distinct(45), close(0.2)[:45], context())


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_is_neither_none_nor_all(share: float) -> None:
    with pytest.raises(OperatorError, match="lies between 0% and 100%"):
        pick(asked(None, share), distinct(60), close(0.2)[:60], context())


def test_texts_and_items_are_paired_within_a_language_and_across() -> None:
    draw = np.random.default_rng(5)
    zh, en = (draw.standard_normal((count, 64)).astype(np.float16) for count in (60, 80))
    pool = Texts(pl.concat([pl.Series(chinese(60)), distinct(80)]), np.concatenate([zh, en]))
    items = Texts(pl.Series([f"Who wrote the book with number {n}?" for n in range(50)]), en[:50] * np.float16(-1))
    assert [one.language for one in between(pool, items, 7)] == ["en", "zh–en"]
    # A translation of every item: one pair of fifty is near.
    copies = Texts(pool.texts, np.concatenate([items.vectors, zh[50:], en]))
    near = [one for one in between(copies, items, 7) if one.language == "zh–en"]
    assert near[0].reached(0.9) == 50 / near[0].pairs
    # Ten times as many as within a language.
    assert chosen(asked(0.9, 0.002), TINY, near, context()).value == 0.9
    with pytest.raises(OperatorError, match=r"in the language `zh–en`.* at most 1% may"):
        chosen(asked(0.9), TINY, near, context())


def test_few_pairs_are_no_evidence() -> None:
    values = np.concatenate([np.full(4, 0.9), np.zeros(1000)])
    assert not Measured("en", 1004, values).exceeds(0.0002, 0.8)
    assert Measured("en", 1005, np.concatenate([[0.9], values])).exceeds(0.0002, 0.8)
    assert not Measured("en", 1005, np.concatenate([[0.9], values])).exceeds(0.003, 0.8)


def test_pairs_are_different_pairs_of_different_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    from tunec.runtime.text import fitness

    monkeypatch.setattr(fitness, "_PAIRS", 3000)
    left, right = fitness._pairs(90, np.random.default_rng(1))
    assert (left != right).all() and left.max() < 90 and min(left.min(), right.min()) >= 0
    assert len({frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)}) == len(left) > 1500
    left, right = fitness._pairs(50, np.random.default_rng(1))
    assert len(left) == 1225


def test_percentages() -> None:
    assert [percent(share) for share in (0.0002, 0.001, 0.0153, 0.5)] == ["0.02%", "0.1%", "1.5%", "50%"]


SPEC = """spec t(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: text, license: "MIT")
embedder minilm = bundled("all-minilm-l6-v2")
dataset out from tasks {{ {} }}
"""


@pytest.mark.model
def test_unrelated_chinese_texts_and_the_english_embedder(tmp_path: Path) -> None:
    lines = "".join(f'{{"text": "{text}"}}\n' for text in chinese(180))
    tmp_path.joinpath("tasks.jsonl").write_text(lines, encoding="utf-8")
    for setting in ("cosine: 0.8", "cosine: 0.99", "false_positives: 0.1%"):
        with pytest.raises(Exception, match=r"in the language `zh`: \d+ of 180 texts have the very vector of another"):
            build(tmp_path, SPEC.format(f"dedup {{ semantic(text, {setting}, using: minilm) }}"))


def test_texts_that_an_embedder_does_not_know_have_one_vector() -> None:
    """Pairs of the same vector are no random pairs, and near at any threshold."""
    notes: list[str] = []
    ctx = Context(7, bag, lambda done, total, what: None, note=notes.append)
    texts = pl.Series(["café", "cafe", "a, b", "a b", "一二", "三四", *(f"text {n}" for n in range(94))])
    vector_of = np.array([0, 0, 1, 1, 2, 2, *range(3, 97)])
    check_apart(TINY, texts, vector_of, ctx)
    (note,) = notes
    assert note.startswith("2 of 100 texts have the very vector of another text of other words by `bag-of-words`")
    vector_of[6:12] = 2
    with pytest.raises(OperatorError, match=r"apart in the language `.*`: 8 of 100 texts have the very vector of"):
        check_apart(TINY, texts, vector_of, ctx)


@pytest.mark.model
def test_no_unrelated_rows_contradict_each_other(tmp_path: Path) -> None:
    asked = [f"{one}和{other}有什么关系？" for one, other in pairwise(THINGS)]
    rows = [{"instruction": text, "output": "是的。" if n % 2 else "不是。"} for n, text in enumerate(asked)]
    tmp_path.joinpath("tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(Exception, match=r"in the language `zh`: .* the very vector of another"):
        build(tmp_path, SPEC.replace("format: text", "format: alpaca").format("consistent(using: minilm)"))


#: What goes by nearness and has no threshold that stops a build.
NEARNESS: dict[str, Callable[[list[str], Context], object]] = {
    "clusters": lambda texts, ctx: clusters(
        pl.Series(texts), using=TINY, k=2, rows=instructions(texts), count=2, ctx=ctx
    ),
    "deita": lambda texts, ctx: deita(
        pl.Series(range(len(texts))), pl.Series(texts), using=TINY, cosine=0.99, count=2, ctx=ctx
    ),
    "dpp": lambda texts, ctx: dpp(pl.Series(texts), using=TINY, count=2, ctx=ctx),
    "facility_location": lambda texts, ctx: facility_location(
        pl.Series(texts), using=TINY, rows=instructions(texts), count=2, ctx=ctx
    ),
    "k_center": lambda texts, ctx: k_center(pl.Series(texts), using=TINY, rows=instructions(texts), count=2, ctx=ctx),
    "like": lambda texts, ctx: like(
        instructions(texts[:2]), using=TINY, rows=instructions(texts[2:]), count=1, ctx=ctx
    ),
    "nearest": lambda texts, ctx: nearest(pl.Series(texts), using=TINY, k=1, ctx=ctx),
    "outlier": lambda texts, ctx: outlier(pl.Series(texts), using=TINY, k=2, ctx=ctx),
}


@pytest.mark.parametrize("rule", NEARNESS)
def test_what_goes_by_nearness_tells_of_an_embedder_that_cannot_tell_texts_apart(rule: str) -> None:
    def alike(using: object, texts: list[str]) -> np.ndarray:
        """Chinese texts lie within a degree, English ones all around."""
        turn = [n * (0.01 if text[0] == "第" else 7) for n, text in enumerate(texts)]
        return np.stack([np.cos(np.radians(turn)), np.sin(np.radians(turn))], axis=1).astype(np.float16)

    def notes(texts: list[str]) -> list[str]:
        said: list[str] = []
        NEARNESS[rule](texts, replace(context(embed=alike), note=said.append))
        return said

    (told,) = notes([f"第{n}个问题是关于{'天地人和山水花鸟'[n % 8]}{'东西南北中'[n % 5]}的。" for n in range(60)])
    assert told.startswith(f"{rule}: `") and "hardly tells texts in the language `zh` apart" in told
    assert notes([f"Question {n} is about the {n}th animal of the old zoo." for n in range(60)]) == []


def test_what_matches_one_of_many_items_by_chance_is_told() -> None:
    """Of random pairs 0.02 % are near, which is little; with 2,000 items that is every third text."""
    notes: list[str] = []
    ctx = replace(context(), note=notes.append)
    cosines = np.concatenate([np.full(10, 0.9), np.full(49_990, 0.1)])
    found = [Measured("zh", 50_000, cosines, part=0.5), Measured("zh–en", 50_000, cosines)]
    threshold = chosen(Asked("cosine", "", 0.8, None, 0.8, 0.001), TINY, found, ctx)
    tell_chance("cosine", threshold, TINY, found, 40, ctx)
    assert not notes
    tell_chance("cosine", threshold, TINY, found, 4_000, ctx)
    assert len(notes) == 1
    assert "each text is compared with 2,000, so at least 20% of them match by chance" in notes[0]


@pytest.mark.parametrize("function", [topic, task])
def test_a_rule_of_one_row_tells_of_letters_that_the_embedder_has_hardly_seen(
    function: Callable[..., pl.Series],
) -> None:
    counts: dict[str, int] = {}
    ctx = replace(context(bag), missing=lambda reason, rows: counts.update({reason: rows}))
    texts = pl.Series(["写一首关于火山的诗", "Write a poem about 火山", None, "Напиши стихи"])
    english = replace(TINY, kind="bundled", id="all-minilm-l6-v2")
    function(texts, using=english, ctx=ctx)
    similarity(texts, texts, using=english, ctx=ctx)
    grounded(texts, texts, using=english, ctx=ctx)
    assert list(counts.values()) == [2, 2, 2]
    function(texts, using=replace(english, id="multilingual-e5-small"), ctx=ctx)
    assert len(counts) == 3
