"""`vary`: the variants of a spec, what they share, and how what differs is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building import build
from tunec.compiler.graph import Graph, variants_of, with_targets
from tunec.compiler.lint.check import check_spec
from tunec.compiler.pipeline import Compiled, compile_spec
from tunec.dsl.format import format_text
from tunec.dsl.source import Source
from tunec.runtime.building.build import Wanted, plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.store import Store

TASKS = 'source tasks = rows([{instruction: "Say hello.", response: "Hello!"}])\n'
MORE = 'source more = rows([{instruction: "a", response: "b"}])\n'
FILE = 'source s = jsonl("{{ file }}.jsonl", format: alpaca)'
RULES = "rule a = words(prompt)\nrule b = words(response)\n"


def compiled(text: str, **overrides: str) -> Compiled:
    return compile_spec(Path("t.tune"), load_catalogue(), overrides, TASKS + text)


def graph(text: str, **overrides: str) -> Graph:
    found = compiled(text, **overrides)
    assert found.graph is not None, found.diagnostics
    return found.graph


def codes(text: str, **overrides: str) -> list[str]:
    return [d.code for d in compiled(text, **overrides).diagnostics]


SIZES = (
    "vary size in [1k, 2k]\ndataset chat from tasks { normalize() limit(size) }\ndataset all from tasks { shuffle() }\n"
)


def test_common_steps_are_there_once_and_the_rest_is_named_by_its_variant() -> None:
    made = graph(SIZES)
    assert [*made.targets] == ["chat@size=1k", "chat@size=2k", "all"]
    assert sorted(n.op for n in made.nodes) == [
        "connectors.rows", "stages.limit", "stages.limit", "stages.normalize", "stages.shuffle",
    ]  # fmt: skip
    assert sorted(made.owners.values()) == ["all", "chat", "chat@size=1k", "chat@size=2k", "tasks"]
    assert made.params == {"size": ["1k", "2k"]}
    assert made.targets["chat@size=2k"].variant == (("size", "2k"),)
    assert variants_of(made, ["chat", "all"]) == ["chat@size=1k", "chat@size=2k", "all"]


def test_a_variant_is_the_spec_with_its_item_written_out() -> None:
    """Fingerprints are by content: what was built for a variant is there for the spec without `vary`, and back."""
    made = graph(SIZES)
    for item in ("1k", "2k"):
        alone = graph(SIZES.replace("vary size in [1k, 2k]\n", "").replace("(size)", f"({item})"))
        assert alone.targets["chat"].node == made.targets[f"chat@size={item}"].node


def test_a_target_is_named_by_what_it_depends_on() -> None:
    text = (
        "vary pick in [random(), top(words(response))]\nvary seed in [1, 2]\n"
        "dataset chat from tasks { select(1, by: pick) }\n"
    )
    found = compile_spec(Path("t.tune"), load_catalogue(), {}, f"spec s(seed: seed)\n{TASKS}{text}").graph
    assert found is not None
    assert [*found.targets] == ["chat@pick=random,seed=1", "chat@pick=random,seed=2", "chat@pick=top_words_response"]


@pytest.mark.parametrize(
    ("vary", "use"),
    [
        (f"vary on in [tasks, more]\n{MORE}", "dataset d from on { shuffle() }"),
        ("vary least in [1, 2]", "dataset d from tasks { filter { keep words(prompt) in least..9 } }"),
        ("vary score in [words(prompt), words(response)]", "dataset d from tasks { select(1, by: top(score)) }"),
        ("vary cut in [limit(1), shuffle()]", "dataset d from tasks { cut() }"),
        (f"{RULES}vary score in [a, b]", "dataset d from tasks { let s = score() }"),
        (f'vary file in ["a", "b"]\n{FILE}', "dataset d from s { shuffle() }"),
    ],
)  # fmt: skip
def test_an_item_stands_wherever_the_name_does(vary: str, use: str) -> None:
    made = graph(f"{vary}\n{use}\n")
    assert len(made.targets) == 2 and all(name.startswith("d@") for name in made.targets)


def test_parts_and_shares_of_an_item() -> None:
    made = graph(f"{MORE}vary other in [tasks, more]\nsource third = rows([{{instruction: \"c\", response: \"d\"}}])\n"
                 "dataset d from [third, other] { mix { third: 50%, other: 50% } }\n")  # fmt: skip
    assert [*made.targets] == ["d@other=tasks", "d@other=more"]


def test_what_is_named_in_a_block_and_is_no_part_of_a_mix_keeps_its_name() -> None:
    made = graph(f"{MORE}vary train in [tasks, more]\ndataset d from train {{ split {{ train: 90%, test: 10% }} }}\n")
    assert [*made.targets] == ["d@train=tasks", "d@train=more"]
    splits = [str(n.params) for n in made.nodes if n.op == "stages.split"]
    assert splits == [splits[0]] * 2 and "train" in splits[0]


def test_a_forced_target_is_made_anew_with_the_stages_that_other_variants_share(tmp_path: Path) -> None:
    text = f"{TASKS}vary least in [1, 2]\nvary n in [1, 2]\ndataset d from tasks {{ {{}} limit(n) }}\n".replace(
        "{}", "filter { keep words(prompt) >= least } shuffle()"
    )
    assert build(tmp_path, text).built is not None
    found = compile_spec(tmp_path / "t.tune", load_catalogue()).graph
    assert found is not None and len(found.targets) == 4
    wanted = Wanted(forced=("d@least=2,n=1",))
    plan = plan_build(found, load_catalogue(), tmp_path, Store(tmp_path / ".tunec"), wanted).plan
    made = {found.owners[node.id] for step in plan.pending for node in step.step.nodes}
    assert made == {"d@least=2", "d@least=2,n=1"}


def test_a_varied_generation_is_asked_for_by_its_name() -> None:
    text = 'model m = openai("m", base_url: "http://localhost:1/v1")\nvary n in [1, 2]\n'
    made = graph(f"{text}generate g from tasks {{ respond(m, samples: n) }}\ndataset d from g {{ shuffle() }}\n")
    asked = with_targets(made, ["g"])
    assert variants_of(asked, ["g"]) == ["g@n=1", "g@n=2"]
    assert [*with_targets(made, ["g@n=2"]).targets][-1] == "g@n=2"


def test_set_picks_an_item() -> None:
    made = graph(SIZES, size="2k")
    assert [*made.targets] == ["chat", "all"]
    assert made.targets["chat"].node == graph(SIZES).targets["chat@size=2k"].node
    assert codes(SIZES, size="3k") == ["T211"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("vary size in []\ndataset d from tasks { shuffle() }", "T202"),
        ("vary prompt in [1, 2]\ndataset d from tasks { shuffle() }", "T104"),
        ('vary x in ["a/b", "a_b"]\ndataset d from tasks { shuffle() }', "T102"),
        ("vary n in [1, 2]\nconst n = 3\ndataset d from tasks { limit(n) }", "T102"),
        (f"vary n in [{', '.join(map(str, range(1, 66)))}]\ndataset d from tasks {{ limit(n) }}", "T211"),
        ('vary n in [1, "a"]\ndataset d from tasks { limit(n) }', "T201"),
    ],
)
def test_what_is_wrong_is_told(text: str, code: str) -> None:
    assert code in codes(text + "\n")


def test_only_the_seed_of_the_spec_line_varies() -> None:
    text = 'spec s(license: l)\nvary l in ["MIT", "Apache-2.0"]\n' + TASKS + "dataset d from tasks { shuffle() }\n"
    [found] = compile_spec(Path("t.tune"), load_catalogue(), {}, text).diagnostics
    assert found.code == "T209" and "`license`" in found.message


def test_a_problem_of_one_variant_names_it_and_one_of_all_is_told_once() -> None:
    stages = "select(size, by: random()) split { train: 100% }"
    text = f"{TASKS}{MORE}vary size in [1, 3]\ndataset d from [tasks, more] {{ {stages} }}\n"
    found = check_spec(Path("t.tune"), load_catalogue(), text=text).diagnostics
    many = [d for d in found if d.code == "T321"]
    assert [d.notes for d in many] == [("variant: size=3",)]
    assert sum(d.code == "T307" for d in found) == 1
    assert not [d for d in found if d.code == "T323"]


def test_an_unused_vary_is_told() -> None:
    text = TASKS + "vary size in [1, 2]\ndataset d from tasks { shuffle() }\n"
    found = check_spec(Path("t.tune"), load_catalogue(), text=text).diagnostics
    assert [d.message for d in found if d.code == "T323"] == ["unused vary `size`"]


def test_the_formatter_knows_it() -> None:
    assert format_text(Source("t", "vary   size in [1k,2k ,]\n")) == "vary size in [1k, 2k]\n"
