from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import context
from tunec.runtime.ops.decontaminate.exact import exact

EGGS = "Janet's ducks lay 16 eggs per day. How many does she eat?"


def found(texts: list[str], items: list[str]) -> list[tuple[int, int]]:
    result = exact(pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String), context())
    assert (result["value"] == 1.0).all()
    return result.filter("convicts").select("text", "item").rows()


def test_an_item_of_eight_words_is_found_inside_a_text() -> None:
    texts = [
        f"Solve: {EGGS} Thanks!",
        EGGS.upper(),
        EGGS.replace("16", "17"),
        "janets ducks lay 16 eggs per day how many",
    ]
    assert found(texts, [EGGS]) == [(0, 0), (1, 0)]


def test_seven_words_must_be_the_whole_text() -> None:
    item = "What is the capital city of France?"
    assert found([f"Tell me: {item}", "what is the CAPITAL city of France"], [item]) == [(1, 0)]


def test_punctuation_and_line_ends_do_not_matter() -> None:
    assert found(["janets ducks lay 16 eggs per day.\n\n**How many** does she eat"], [EGGS]) == [(0, 0)]


def test_lost_blanks_hide_nothing() -> None:
    code = "Write a loop: for i=0; i<10 prints each number"
    texts = [
        EGGS.replace(". ", "."),
        EGGS.replace(" ", ""),
        "write a loop for i = 0 ; i < 10 prints each number",
        "Write a loop: for i=0; i>10 prints each number",
    ]
    assert found(texts, [EGGS, code]) == [(0, 0), (1, 0), (2, 1)]


def test_entities_and_traditional_characters_hide_nothing() -> None:
    code = 'Write a loop: for i=0; i<10 && i!=5 prints each "number"'
    quiz = "下列关于计算机网络体系结构的说法中，正确的一项是哪一个？"
    texts = [
        EGGS.replace("'", "&#39;"),
        "<p>Write a loop: for i=0; i&lt;10 &amp;&amp; i!=5 prints each &quot;number&quot;</p>",
        "請回答：下列關於計算機網絡體系結構的說法中，正確的一項是哪一個？",
        "Write a loop: for i=0; i&gt;10 &amp;&amp; i!=5 prints each &quot;number&quot;",
    ]
    assert found(texts, [EGGS, code, quiz]) == [(0, 0), (1, 1), (2, 2)]
    escaped = ["Janet&#39;s ducks lay 16 eggs per day. How many does she eat?", code.replace("<", "&lt;")]
    assert found([EGGS, code, quiz], [*escaped, "下列關於計算機網絡體系結構的說法中，正確的一項是哪一個？"]) == [
        (0, 0), (1, 1), (2, 2),
    ]  # fmt: skip


def test_another_number_or_operator_is_another_item() -> None:
    runner = "A runner covers 15 km in 6 minutes; how many km in one hour?"
    for other in ("1.5", "-15", "15%", "1:5", "115", "15²", "$15"):
        assert found([runner.replace("15", other)], [runner]) == []
    short = ["What is 12 / 4?", "Is C# old?", "my_var", "a@b"]
    assert found(["What is 12 * 4?", "Is C old?", "Is C++ old?", "myvar", "ab", "What is 12/4"], short) == [(5, 0)]


def test_a_number_that_goes_on_is_another_number() -> None:
    item = "How many sheep are left if the farmer keeps 5"
    texts = [f"{item}.5 of them?", f"{item}5", f"{item}% of them", f"{item} of them", f"{item}."]
    assert found(texts, [item]) == [(3, 0), (4, 0)]
    item = "5 sheep are left and a farmer keeps all of them"
    assert found([f"1.{item}", f"Now {item}", f"3:{item}"], [item]) == [(1, 0)]


def test_an_item_ends_where_a_word_ends() -> None:
    item = "which of these seven small birds has a cat"
    assert found([f"{item}alog?", f"{item}.Answer", f"every{item}"], [item]) == [(1, 0)]


def test_symbols_of_a_short_item_matter() -> None:
    assert found(["22", "2 + 2 =", "2+2=?", "2 - 2 = ?"], ["2 + 2 = ?"]) == [(1, 0), (2, 0)]


def test_chinese_counts_segmented_words() -> None:
    # Eight characters, five words: common in every exam, so it convicts nothing that merely contains it.
    short = "下列说法正确的是"
    long = "小明有五个苹果，他给了小红两个苹果，请问小明现在还剩下几个苹果？"
    assert found([f"{short}哪一项", short + "：", f"请回答：{long}谢谢"], [short, long]) == [(1, 0), (2, 1)]


def test_full_width_characters_are_plain_ones() -> None:
    long = "小明有5个苹果,他给了小红2个苹果,请问小明现在还剩下几个苹果?"
    assert found(["小明有５个苹果，他给了小红２个苹果，请问小明现在还剩下几个苹果？"], [long]) == [(0, 0)]


def test_items_that_share_their_beginning_are_told_apart() -> None:
    same = "which of the following statements about the cell is "
    items = [same + "true", same + "false", same + "true of plants"]
    assert found([f"x {same} true of plants and animals", same + "false"], items) == [(0, 0), (0, 2), (1, 1)]


def test_nothing() -> None:
    assert found([], [EGGS]) == []
    assert found([EGGS], []) == []
    assert found(["!!!", ""], ["???", ""]) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=30), max_size=6),
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), max_size=6),
)
def test_agrees_with_looking_for_each(texts: list[list[str]], items: list[list[str]]) -> None:
    wanted = [
        (t, i)
        for t, text in enumerate(texts)
        for i, item in enumerate(items)
        if text == item or (len(item) >= 8 and f" {' '.join(item)} " in f" {' '.join(text)} ")
    ]
    assert found([" ".join(t) for t in texts], [" ".join(i) for i in items]) == wanted
