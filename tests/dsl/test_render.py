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
