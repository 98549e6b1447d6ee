"""One mistake is one message: what follows from it is not said as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources import looking

SPEC = """import "shared.tune" as shared

const words_of = ["a", "b"]
source notes = jsonl("notes.jsonl", license: "MIT", format: {
    messages: "turns", role: "by", content: "said", user: "pupil", assistant: "tutor",
})
source pages = rows([{text: "One page, and what is on it."}, {text: "Another page."}], license: "MIT")
model m = bundled("smollm2-135m-instruct")
rule fine = words(response) > 2

generate asked from pages {
    backtranslate(m, at_least: 3)
    filter { keep words(response) > 2 and fine()  drop prompt == "" }
    until(rows: 5, requests: 9)
}
dataset all from [notes, asked] {
    normalize()
    filter {
        keep meta.level in shared.levels
        drop refusal(response)
        drop starts_with(response, "a") and turns > 9
    }
    dedup { exact(prompt) } as distinct
    decontaminate(against: [shared.quiz]) { exact() }
    split { train: 90%, validation: 10% }
    check share(lang(prompt) == "en") > 1%
}
dataset few from all.distinct { filter { keep words(prompt) > 1 }  limit(5) }
train tuned from m on all {
    lora(rank: 4)
    sft(epochs: 1)
}
evaluate scores of [m, tuned] { perplexity(on: all.validation) }
"""

SHARED = """const levels = 1..3
benchmark quiz = rows([{question: "Which?", answer: "This"}])
"""

#: What is wrong, and the code that says so.
MISTAKES = (
    ("backtranslate(m", "backtransslate(m", "T103"),
    ("backtranslate(m, at", "backtranslate((m, at", "T002"),
    ("lora(rank: 4)", "lora((rank: 4)", "T002"),
    ("sft(epochs", "sft[epochs", "T001"),
    ("rule fine =", "fine =", "T001"),
    ("as shared", "shared", "T001"),
    ('"shared.tune" as', '"shared.tune as', "T006"),
    ("const words_of", "words_of", "T001"),
    ('["a", "b"]', '[["a", "b"]', "T002"),
    ("keep meta.level", "keep meta meta.level", "T101"),
    ("drop refusal(", "drop drop refusal(", "T001"),
    ("check share(", "check check share(", "T207"),
    ('"a") and turns', '"a") and and turns', "T001"),
    ("turns > 9", "turns turns > 9", "T206"),
    ("all.validation", "all..validation", "T206"),
    ("} as distinct", "} as", "T001"),
    ("{ keep words(prompt) > 1 }", "keep words(prompt) > 1 }", "T001"),
    ("dedup { exact", "dedup exact", "T001"),
    ('{text: "One', "{text: One", "T006"),
    ("pages {", "tuned {", "T208"),
    ('role: "by"', 'role: "byy"', "T316"),
    ('content: "said"', 'content: "siad"', "T316"),
    ('user: "pupil"', 'user: "pupli"', "T316"),
    ('assistant: "tutor"', 'assistant: "tutr"', "T316"),
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine looks into files no less."""
    monkeypatch.setattr(looking, "SECONDS", 5.0)


def _checked(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "shared.tune").write_text(SHARED, encoding="utf-8")
    talk = [{"by": "pupil", "said": "Why?"}, {"by": "tutor", "said": "That is so since it is."}]
    record = json.dumps({"turns": talk, "level": 2})
    (folder / "notes.jsonl").write_text(f"{record}\n" * 60, encoding="utf-8")
    found = check_spec(folder / "spec.tune", load_catalogue(), text=text).diagnostics
    return [d for d in found if d.severity == "error"]


def test_the_spec_has_no_errors(tmp_path: Path) -> None:
    assert not _checked(tmp_path, SPEC)


@pytest.mark.parametrize(("right", "wrong", "code"), MISTAKES, ids=[wrong for _, wrong, _ in MISTAKES])
def test_one_mistake_is_one_message(tmp_path: Path, right: str, wrong: str, code: str) -> None:
    assert SPEC.count(right) == 1
    found = _checked(tmp_path, SPEC.replace(right, wrong))
    assert [d.code for d in found] == [code]


def test_two_mistakes_are_two_messages(tmp_path: Path) -> None:
    """What is left out follows from another mistake; a mistake of its own in the same declaration does not."""
    text = SPEC.replace("backtranslate(m", "backtransslate(m").replace("drop prompt ==", "drop promt ==")
    assert [d.code for d in _checked(tmp_path, text)] == ["T103", "T101"]


SPREAD = """spec spread(
    version: "1.0.0",
)

vary size in [70, 90]
vary way in [top(words(response)), k_center(prompt, using: eyes)]

source notes = jsonl(
    "notes.jsonl",
    format: {
        instruction: "q",
        response: "a",
    },
    license: "MIT",
)
model m = bundled("smollm2-135m-instruct")
embedder eyes = bundled("all-minilm-l6-v2")
rule plain(x) = words(x) >= 1

generate more from notes {
    magpie(m)
    until(rows: 90, requests: 99)
}
dataset all from [notes, more] {
    normalize()
    filter { keep plain(response)  drop refusal(response) }
    dedup { exact(prompt) }
    select(size, by: way)
    split(stratify: prompt) {
        train: 80%, validation: 20%
    }
    check count(validation) > 1
}
dataset alone from notes {
    normalize()
    filter { drop refusal(response) }
    dedup { exact(prompt) }
    split { train: 80%, validation: 20% }
}
train tuned from m on all {
    lora(rank: 4)
    sft(
        epochs: 1,
        max_length: 512,
    )
}
# tunec: allow T314 because "there is no other"
train other from m on alone { lora(rank: 4)  sft(epochs: 1, max_length: 512) }
"""

#: The same over several lines, with variants and something allowed.
SPREAD_MISTAKES = (
    ("spec spread(", "spec spread", "T001"),
    ("spec spread(", "spec spread[", "T001"),
    ("jsonl(", "jsonl", "T001"),
    ("jsonl(", "jsonl[", "T001"),
    ("format: {", "format:", "T001"),
    ("plain(x)", "plainx)", "T001"),
    ("sft(\n", "sft\n", "T001"),
    ("sft(\n", "sft[\n", "T001"),
    ("until(rows", "until((rows", "T002"),
    ("until(rows", "until{rows", "T002"),
    ("stratify: prompt)", "stratify: prompt", "T002"),
    ("split(stratify", "split{stratify", "T002"),
    ("vary size in", "vary size", "T001"),
    ("vary way in", "vary way", "T001"),
    ("embedder eyes", "embedder eyess", "T101"),
    ("keep plain(", "keep plan(", "T103"),
    ('"notes.jsonl"', '"nots.jsonl"', "T332"),
)


@pytest.mark.parametrize(("right", "wrong", "code"), SPREAD_MISTAKES, ids=[wrong for _, wrong, _ in SPREAD_MISTAKES])
def test_one_mistake_in_a_spec_of_many_lines(tmp_path: Path, right: str, wrong: str, code: str) -> None:
    records = "".join(json.dumps({"q": f"What is {n}?", "a": f"It is {n}."}) + "\n" for n in range(200))
    (tmp_path / "notes.jsonl").write_text(records, encoding="utf-8")
    (tmp_path / "spread.tune").write_text(SPREAD, encoding="utf-8")

    def found(text: str) -> list[str]:
        return [d.code for d in check_spec(tmp_path / "spread.tune", load_catalogue(), text=text).diagnostics]

    assert not found(SPREAD)
    assert found(SPREAD.replace(right, wrong, 1)) == [code]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("verify(", "verfy("), ("shortest", "shrtest"), ('starts_with(response, "b")', 'starts_wth(response, "b")')],
)
def test_what_a_wrong_stage_adds_is_known(tmp_path: Path, right: str, wrong: str) -> None:
    """`verify` gives each row a `pass_rate`."""
    stages = 'verify(keep: shortest(response)) { keep starts_with(response, "b") }\n    filter { keep pass_rate > 0.5 }'
    text = SPEC.replace("    dedup { exact", f"    {stages}\n    dedup {{ exact")
    assert not _checked(tmp_path, text)
    assert text.count(right) == 1
    assert [d.code for d in _checked(tmp_path, text.replace(right, wrong))] == ["T103"]


def test_an_import_that_lost_its_alias_lets_no_names_collide(tmp_path: Path) -> None:
    text = SPEC.replace("const words_of", "const levels = [1]\nconst words_of")
    assert not _checked(tmp_path, text)
    assert [d.code for d in _checked(tmp_path, text.replace("as shared", "shared"))] == ["T001"]


@pytest.mark.parametrize(
    ("right", "wrong", "near"),
    [
        ('role: "by"', 'role: "byy"', "by"),
        ('content: "said"', 'content: "siad"', "said"),
        ('user: "pupil"', 'user: "pupli"', "pupil"),
    ],
)
def test_a_misspelt_part_of_a_turn_is_told_with_what_is_there(
    tmp_path: Path, right: str, wrong: str, near: str
) -> None:
    (found,) = _checked(tmp_path, SPEC.replace(right, wrong))
    assert found.help == f"did you mean `{near}`?" and [e.text for f in found.fixes for e in f.edits] == [near]
