"""What rules see, and what they must not see: cases beside the examples of their pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

A = 'source a = jsonl("a.jsonl", format: alpaca, license: "MIT", limit: 100)\n'
B = 'source b = jsonl("b.jsonl", format: alpaca, license: "MIT", limit: 50)\n'
QUIZ = 'benchmark quiz = jsonl("quiz.jsonl", format: choice, limit: 20)\n'
MINILM = 'embedder minilm = bundled("all-minilm-l6-v2")\n'
BASE = 'model base = bundled("smollm2-135m-instruct")\n'


def codes(text: str) -> list[str]:
    return [d.code for d in check_spec(Path("a.tune"), load_catalogue(), text=text).diagnostics]


def stage(text: str, rows: str = "a", before: str = A) -> str:
    return f"{before}dataset d from {rows} {{ {text} }}\n"


@pytest.mark.parametrize(
    "text, expected",
    [
        # Conditions that hold of every row, of none, and of some.
        ("filter { keep words(prompt) >= 0 }", ["T318"]),
        ("filter { keep words(prompt) in 0.. }", ["T318"]),
        ("filter { keep between(words(prompt), 0, 1e9) }", []),
        ("filter { drop words(prompt) < 0 }", ["T318"]),
        ("filter { keep true }", ["T206"]),
        ("filter { keep not false or words(prompt) > 3 }", ["T318"]),
        ("filter { keep 0 <= words(prompt) }", ["T318"]),
        ("filter { keep words(prompt) > 0 }", []),
        ("filter { keep alnum_ratio(prompt) <= 1 }", []),  # missing for an empty text, which `keep` drops
        ("filter { keep alnum_ratio(prompt) > 1 }", ["T319"]),
        ("filter { drop words(prompt) >= 0 }", ["T319"]),
        ("filter { keep false }", ["T206"]),
        ("filter { keep words(prompt) in 3..9  keep words(prompt) in 10..20 }", ["T319"]),
        ("filter { keep words(prompt) in 3..9  keep words(prompt) in 9..20 }", []),
        ("filter { keep words(prompt) < 9  keep words(prompt) >= 9 }", ["T319"]),
        ("filter { keep words(prompt) > 9  drop words(prompt) > 20 }", []),
        ("filter { keep words(prompt) > 9  keep words(response) < 5 }", []),
        # Sizes.
        ("limit(100)", ["T318"]),
        ("limit(99)", []),
        ("limit(10)  limit(10)", ["T318"]),
        ("limit(0)", ["T201"]),
        ("select(100, by: random())", ["T321"]),
        ("select(99, by: random())", []),
        ("limit(10)  select(11, by: random())", ["T321"]),
        ("check count() >= 100", []),
        ("check count() >= 101", ["T320"]),
        ("limit(10)  check count() >= 50", ["T320"]),
        ("check count() <= 101", []),
        # Bounds on a whole.
        ("balance { share(lang(prompt)) <= 100% }", ["T318"]),
        ("balance { count(refusal(response)) >= 0 }", ["T318"]),
        ("balance { share(lang(prompt)) <= 30% }", []),
        ('balance { share(lang(prompt) == "en") >= 60%  share(lang(prompt) == "de") >= 40% }', []),
        ('balance { share(lang(prompt) == "en") >= 60%  share(lang(prompt) == "de") >= 41% }', ["T320"]),
        ('balance { share(lang(prompt) == "en") >= 60%  share(lang(response) == "de") >= 60% }', []),
        ('balance { share(lang(prompt) == "en") == 50%  share(lang(prompt) == "en") <= 40% }', ["T320"]),
        ("balance { count(refusal(response)) >= 101 }", ["T320"]),
        # Decontamination.
        ("decontaminate(against: []) { exact() }", ["T318"]),
        # Rules that stand twice.
        ("dedup { exact(prompt)  exact(prompt) }", ["T325"]),
        ("dedup { exact(prompt)  exact(response) }", []),
        ("filter { drop refusal(response) as one  drop refusal(response) as two }", ["T325"]),
    ],
)
def test_one_source_of_a_hundred_rows(text: str, expected: list[str]) -> None:
    assert codes(stage(text)) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("filter { keep origin == a }", []),
        ("filter { drop origin == a  drop origin == b }", []),
        ("mix { a: 50%, b: 50% }", []),
        ("mix { a: 100% }", ["T326"]),
        ("balance { share(origin == a) <= 40%  share(origin == b) <= 50% }", ["T320"]),
        ("balance { share(origin == a) <= 40%  share(origin == b) <= 60% }", []),
        ("balance { share(origin == a) <= 40% }", []),
        ("balance { count(origin == b) >= 51 }", ["T320"]),
        ("balance { count(origin == a) >= 51 }", []),
        ("select(150, by: random())", ["T321"]),
        ("select(149, by: random())", []),
    ],
)
def test_two_sources(text: str, expected: list[str]) -> None:
    assert codes(stage(text, "[a, b]", A + B)) == expected


@pytest.mark.parametrize(
    "block",
    [
        "balance { share(origin == some) <= 50% }",
        "balance { share(origin == some) >= 60%  share(origin == others) >= 60% }",
        "filter { drop origin == some }",
        "filter { keep origin != some }",
        "filter { keep origin == others }",
    ],
)
def test_a_part_of_a_source_is_not_all_of_it(block: str) -> None:
    """And a row may be in several parts, as in several data sets."""
    parts = "source some = sample(a, 10)\ndataset others from a { limit(9) }\n"
    found = codes(stage(f"{block} dedup {{ exact(prompt) }}", "[some, others, a]", A + parts))
    assert not {"T318", "T319", "T320"} & set(found), found


def test_shares_that_differ_only_in_a_name_are_two() -> None:
    text = stage("balance { share(origin == a) >= 40%  share(origin == b) >= 40% }", "[a, b]", A + B)
    graph = check_spec(Path("a.tune"), load_catalogue(), text=text).graph
    assert graph is not None
    (node,) = [n for n in graph.nodes if n.op == "stages.balance"]
    assert len(node.params["rules"]) == 2


@pytest.mark.parametrize(
    "text, expected",
    [
        ("dedup { semantic(prompt, using: minilm) }  filter { keep words(prompt) > 3 }", ["T308"]),
        ("dedup { semantic(prompt, using: minilm) }  filter { keep task(prompt, using: minilm) != none }", []),
        ("let t = task(prompt, using: minilm)  filter { keep t != none }", []),
        ("let t = task(prompt, using: minilm)  filter { keep t != none  keep words(prompt) > 3 }", ["T308"]),
        ("let t = task(prompt, using: minilm)  set(response: strip(response))  filter { keep words(prompt) > 3 }", []),
        ("select(9, by: k_center(prompt, using: minilm))  filter { keep words(prompt) > 3 }", []),
        ("dedup { exact(prompt) }  filter { keep words(prompt) > 3 }", []),
    ],
)
def test_costs(text: str, expected: list[str]) -> None:
    found = codes(stage(text, before=A + MINILM))
    assert [c for c in found if c != "T323"] == expected


CLEAN = "normalize()  filter { drop refusal(response) }  dedup { exact(prompt) }"
TRAIN = "train tuned from base on d { lora() sft(epochs: 2) }\n"
SCORES = "evaluate scores of tuned { multiple_choice(on: quiz) }\n"
CHECK = "decontaminate(against: [quiz]) { exact() }"
EXAM, OTHER = QUIZ.replace(" quiz", " exam"), CHECK.replace("quiz", "exam")
SPLIT = "split { train: 90%, validation: 10% }"


@pytest.mark.parametrize(
    "block, more, expected",
    [
        (f"{CLEAN} {CHECK} {SPLIT}", "", []),
        (f"{CHECK} {CLEAN} {SPLIT}", "", ["T301"]),
        (f"{CLEAN} {SPLIT}", "", ["T401"]),
        (f"{CLEAN} {CHECK.replace(']', '], action: report')} {SPLIT}", "", ["T401", "T404"]),
        # The same items under another name count; fewer of them do not.
        (f"{CLEAN} {OTHER} {SPLIT}", EXAM, []),
        (f"{CLEAN} {OTHER} {SPLIT}", EXAM.replace("20", "30"), []),
        (f"{CLEAN} {OTHER} {SPLIT}", EXAM.replace("20", "9"), ["T401"]),
    ],
)  # fmt: skip
def test_every_way_has_to_be_checked(block: str, more: str, expected: list[str]) -> None:
    text = A + B + QUIZ + more + BASE + f"dataset d from [a, b] {{ {block} }}\n" + TRAIN + SCORES
    assert sorted(codes(text)) == expected


def test_questions_in_a_source_are_a_benchmark_too() -> None:
    text = A + B + QUIZ.replace("benchmark", "source").replace(")", ', license: "MIT")') + BASE
    text += f"dataset d from [a, b] {{ {CLEAN} {SPLIT} }}\n" + TRAIN + SCORES
    assert codes(text) == ["T401"]


def test_generated_rows_are_checked_like_any_other() -> None:
    text = 'seeds s = jsonl("s.jsonl", format: self_instruct)\n' + A + QUIZ + BASE
    text += "generate g from s { self_instruct(base) until(rows: 100, requests: 200) }\n"
    text += f"dataset clean from a {{ {CHECK} }}\ndataset d from [clean, g] {{ {CLEAN} {SPLIT} }}\n" + TRAIN + SCORES
    (found,) = check_spec(Path("a.tune"), load_catalogue(), text=text).diagnostics
    assert found.code == "T401" and found.notes == ("path: g → d → tuned → scores",)


def test_a_model_as_it_is_needs_no_check() -> None:
    assert codes(QUIZ + BASE + "evaluate scores of base { multiple_choice(on: quiz) }\n") == []


def test_a_tap_behind_the_check_is_checked_and_one_before_is_not() -> None:
    head = A + B + QUIZ + BASE + f"dataset d from [a, b] {{ {CLEAN} as early  {CHECK} as late  shuffle() }}\n"
    for tap, expected in (("late", []), ("early", ["T401"])):
        rows = f"dataset e from d.{tap} {{ {SPLIT} }}\n"
        assert codes(head + rows + TRAIN.replace("on d", "on e") + SCORES) == expected


def test_a_library_has_nothing_unused() -> None:
    assert codes(A + B + QUIZ + "const n = 3\nparam p: int = 4\n") == []
    assert codes(A + "const n = 3\nparam p: int = 4\ndataset d from a { shuffle() }\n") == ["T323", "T323"]


def test_names_in_mixtures_rules_and_taps_are_used() -> None:
    text = A + B + "rule short = words(prompt) < least\nconst least = 9\n"
    assert codes(text + "dataset d from [a, b] { filter { keep short() } mix { a: 50%, b: 50% } }\n") == []


def test_rules_speak_of_imported_files_in_their_own_place(tmp_path: Path) -> None:
    (tmp_path / "common.tune").write_text('source s = jsonl("s.jsonl", format: alpaca)\n')
    (tmp_path / "s.jsonl").write_text("\n")
    main = tmp_path / "a.tune"
    main.write_text('import "common.tune" as c\ndataset d from c.s { dedup { exact(prompt) } }\n')
    (found,) = check_spec(main, load_catalogue()).diagnostics
    assert found.code == "T309" and found.span.file.endswith("common.tune") and "`c.s`" in found.message


HUB = 'hub("org/tasks", split: "{}", format: {}, revision: "9f2c1ab", license: "MIT")'


@pytest.mark.parametrize(
    "split, form, expected",
    [
        ("train", "alpaca", ["T405"]),
        ("test", '{instruction: "q", response: "a"}', ["T402"]),
        ("other", "alpaca", []),
    ],
)
def test_parts_of_a_repository(split: str, form: str, expected: list[str]) -> None:
    text = f"source a = {HUB.format(split, form)}\nbenchmark quiz = {HUB.format('test', 'choice')}\n"
    assert codes(text + f"dataset d from a {{ {CHECK} }}\n") == expected


def test_a_repository_without_a_revision_moves() -> None:
    text = "source a = " + HUB.format("train", "alpaca").replace(', revision: "9f2c1ab"', "")
    assert codes(text + "\ndataset d from a { shuffle() }\n") == ["T312"]


def test_a_mixture_may_show_more_rows_than_there_are() -> None:
    assert codes(stage("mix(unimax: 3, total: 450)  check count() >= 400", "[a, b]", A + B)) == []
    assert codes(stage("mix(unimax: 5, total: 450)", "[a, b]", A + B)) == ["T306"]
