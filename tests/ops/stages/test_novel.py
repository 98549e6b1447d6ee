from __future__ import annotations

from tests.ops.material import conserved, drops, instructions
from tunec.runtime.ops.stages.novel import novel


def test_a_row_too_near_to_an_accepted_one_goes() -> None:
    rows = instructions(
        [
            "Write a short poem about the sea.",
            "Write a short poem about the mountains.",  # 6 of 7 words: 12 / 14
            "Explain how rain forms",
            "写一首关于大海的诗",
            "写一首关于大山的诗",  # 8 of 9 characters
        ]
    )
    outcome = novel(rows, rows["instruction"], against=[])
    assert drops(outcome) == [
        (1, "novel(rouge_l: 0.7)", "0.857143", "> 0.7", "r0"),
        (4, "novel(rouge_l: 0.7)", "0.888889", "> 0.7", "r3"),
    ]
    assert outcome.drops["partner_text"].to_list() == ["Write a short poem about the sea.", "写一首关于大海的诗"]
    conserved(rows, outcome)


def test_a_row_too_near_to_a_seed_goes() -> None:
    rows = instructions(["List three primary colors", "Name a planet"])
    outcome = novel(rows, rows["instruction"], against=["List the three primary colors"])
    assert drops(outcome) == [(0, "novel(rouge_l: 0.7)", "0.888889", "> 0.7", None)]
    assert outcome.drops["partner_text"].to_list() == ["List the three primary colors"]


def test_on_the_threshold_it_stays() -> None:
    # Seven of ten words in common: 14 / 20.
    rows = instructions(["a b c d e f g h i j", "a b c d e f g x y z"])
    assert novel(rows, rows["instruction"], against=[]).rows.height == 2
    assert novel(rows, rows["instruction"], rouge_l=0.69, against=[]).rows.height == 1


def test_a_rejected_row_rejects_nothing() -> None:
    rows = instructions(["a b c d", "a b c d e f", "c d e f g h"])
    # The second is 8 / 10 from the first; the third is 8 / 12 from the second, 4 / 10 from the first.
    assert novel(rows, rows["instruction"], rouge_l=0.6, against=[]).rows["id"].to_list() == ["r0", "r2"]


def test_missing_texts_are_new() -> None:
    rows = instructions([None, None, "!!!", "!!!"])
    assert novel(rows, rows["instruction"], against=[]).rows.height == 4


def test_bm25_instead() -> None:
    texts = ["写一首关于大海的诗", "写一首关于大海的诗歌", "介绍一下北京的历史", "如何学习数学", "今天吃什么"]
    rows = instructions([*texts[2:], *texts[:2]])
    outcome = novel(rows, rows["instruction"], bm25=2.0, against=[])
    assert [(d[0], d[1], d[3], d[4]) for d in drops(outcome)] == [(4, "novel(bm25: 2)", "> 2", "r3")]
    conserved(rows, outcome)
    assert novel(rows, rows["instruction"], bm25=18, against=[]).rows.height == 5
