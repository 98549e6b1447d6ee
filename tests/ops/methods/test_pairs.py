"""`pairs`: preferences from comparisons in both orders."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.building import build, rows
from tests.generating import answer, with_the_bundled_model, work
from tests.serving import last, serving
from tunec.console.summary import print_steps
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.ops.methods.pairs import pairs

ONE = ModelSpec("openai", "one", "", "http://localhost:1/v1", (("temperature", 0.9),))
TWO = ModelSpec("openai", "two", "", "http://localhost:1/v1")
JUDGE = ModelSpec("openai", "judge", "", "http://localhost:1/v1", (("temperature", 0.9),))


def seeds(instruction: str = "Say hello.", system: str = "") -> pl.DataFrame:
    table = {"instruction": [instruction], "input": [""], "response": ["-"], "system": [system]}
    return pl.DataFrame({"id": ["r0"], **table})


def test_the_better_answer_in_both_orders_is_chosen() -> None:
    made = work(pairs([ONE, TWO], judge=JUDGE), seeds(system="Be kind."), ["Hi.", "Hello!", "Warmer.\n[[B]]", "[[A]]"])
    (row,) = made.rows
    assert row.fields == {
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Say hello."}],
        "chosen": [{"role": "assistant", "content": "Hello!"}],
        "rejected": [{"role": "assistant", "content": "Hi."}],
        "tools": None,
    }
    assert row.more == {"margin": 1.0}
    assert [ask.model.id for ask in made.asks] == ["one", "two", "judge"]
    assert [ask.sampling.temperature for ask in made.asks] == [0.9, 0.7, 0]
    there, back = (request.prompt[0].content for request in made.asks[2].requests)
    assert "Answer A:\nHi.\n\nAnswer B:\nHello!" in there and "Answer A:\nHello!\n\nAnswer B:\nHi." in back


@pytest.mark.parametrize(
    "verdicts", [("[[A]]", "[[A]]"), ("[[B]]", "[[B]]"), ("[[C]]", "[[A]]"), ("both fine", "[[A]]")]
)
def test_a_judge_of_two_minds_decides_nothing(verdicts: tuple[str, str]) -> None:
    made = work(pairs([ONE, TWO], judge=JUDGE), seeds(), ["Hi.", "Hello!", *verdicts])
    (rejected,) = made.rejected
    assert (rejected.rule, rejected.value) == ("margin >= 0.5", "0.00")
    first, second, unclear = (verdicts == ("[[A]]", "[[A]]"), verdicts == ("[[B]]", "[[B]]"), "both fine" in verdicts)
    whole = int(not unclear)
    assert list(rejected.shares.values()) == [(whole, whole), (first, whole), (second, whole), (unclear, 1)]


def test_best_against_worst_of_several() -> None:
    # Three answers; in both orders: first over second, second over third, first over third.
    orders = {(0, 1): "A", (0, 2): "A", (1, 0): "B", (1, 2): "A", (2, 0): "B", (2, 1): "B"}
    verdicts = [f"[[{orders[o]}]]" for o in sorted(orders)]
    method = pairs([ONE], judge=JUDGE, samples=3, margin=1.0)
    assert method.most == 3 + 6
    (row,) = work(method, seeds(), ["best", "middle", "worst", *verdicts]).rows
    assert list(row.shares.values()) == [(0, 3), (0, 3), (0, 3), (0, 3)]
    assert (row.fields["chosen"][0]["content"], row.fields["rejected"][0]["content"]) == ("best", "worst")


def test_equal_and_missing_answers_are_not_compared() -> None:
    made = work(pairs([ONE, TWO], judge=JUDGE), seeds(), ["Hi.", " Hi.\n"])
    assert made.rejected[0].rule == "two different answers" and len(made.asks) == 2
    made = work(pairs([ONE, TWO], judge=JUDGE), seeds(), ["Hi.", answer("He", "length")])
    assert (made.rejected[0].rule, made.rejected[0].value) == ("two different answers", "1, and 1 cut at max_tokens")


def test_chinese() -> None:
    made = work(
        pairs([ONE, TWO], judge=JUDGE), seeds("你好吗？"), ["好。", "很好，谢谢！", "更有礼貌。\n[[B]]", "[[A]]"]
    )
    assert made.rows[0].fields["chosen"][0]["content"] == "很好，谢谢！"
    assert made.asks[2].requests[0].prompt[0].content.startswith("两位助手回答了同一位用户。")


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="two answers"):
        pairs([ONE], judge=JUDGE)
    with pytest.raises(OperatorError, match="samples"):
        pairs([ONE, TWO], judge=JUDGE, samples=0)


def test_a_build_makes_preference_rows_and_tells_how_far_the_order_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(body: dict[str, object]) -> str:
        asked = last(body)
        if "Answer A:" in asked and "bye" in asked:
            return "[[A]]"
        if "Answer A:" in asked or "回答A" in asked:
            return "[[A]]" if asked.index("good") < asked.index("poor") else "[[B]]"
        return "a good answer" if body["model"] == "teacher" else "a poor answer"

    with serving(say=say) as served:
        text = f"""
spec s(version: "1.0.0-dev")
source q = rows([{{instruction: "Say hello.", response: "-"}}, {{instruction: "你好", response: "-"}},
               {{instruction: "Say bye.", response: "-"}}])
model student = openai("student", base_url: "{served.url}")
model teacher = openai("teacher", base_url: "{served.url}")
model referee = openai("referee", base_url: "{served.url}")
generate preferred from q {{ pairs([student, teacher], judge: referee) }}
dataset out from preferred {{ }}
"""
        built = build(tmp_path, text)
    made = rows(built, "out")
    assert made["chosen"].list.first().struct.field("content").to_list() == ["a good answer"] * 2
    assert made["rejected"].list.first().struct.field("content").to_list() == ["a poor answer"] * 2
    assert built.built is not None and built.built.published is not None
    print_steps(built.built.planning.plan, built.built.planning.store, load_catalogue())
    report = (built.built.published.out / "report.html").read_text("utf-8")
    for told in (capsys.readouterr().out, report.replace('</td><td class="n">', ": ")):
        assert "pairs whose winner changes with the order: 1 of 3 (33%)" in told
        assert "pairs in which what stands second wins both times: 0 of 3 (0%)" in told


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "pairs([base], judge: base, samples: 2, margin: 0%)", beside="preferred")
