"""After any edits, an editor is told what it would be told of the text alone; and most of a text is not looked at."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.work import steps
from tunec.compiler.elaborate.kept import Memory
from tunec.dsl import parser
from tunec.dsl.kept import KEPT
from tunec.dsl.source import Source
from tunec.lsp.analysis import Analysis, analyse
from tunec.lsp.diagnostics import check
from tunec.lsp.index import Marked
from tunec.lsp.room import with_room
from tunec.runtime.catalogue import load_catalogue

SPECS = Path(__file__).parents[2] / "specs"
TYPED = [
    "keep words(prompt) > 3\n",
    "let long = words(text) > 40\n",
    "}\n",
    "{",
    '"',
    '"""',
    "\n\n",
    "x",
    "rule r(a) = words(a) > 9\n\n",
    "const most = 150\n\n",
    "keep r(prompt)\n",
    "most",
    "# note\n",
    "## doc\n",
    "vary v in [1, 2]\n",
    "keep task_id == 1\n",
    'source more = rows([{instruction: "a", output: "b", kind: 1}])\n',
    "dataset other from chat {\n    shuffle()\n}\n",
]


def edited(drawn: random.Random, text: str) -> str:
    """A text after an edit as people make them."""
    lines = text.splitlines(True) or ["\n"]
    at, words = drawn.randrange(len(lines)), re.findall(r"\w+", text) or ["x"]
    match drawn.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, drawn.choice(TYPED))
        case 2:
            lines[at] = lines[at].replace(drawn.choice(words), drawn.choice(words))
        case 3:
            return text.replace(drawn.choice(words), drawn.choice(words))
        case 4:
            place = drawn.randrange(len(text) + 1)
            return text[:place] + drawn.choice(TYPED) + text[place + drawn.randrange(3) :]
        case _:
            lines[at : at + 1], lines[-1:] = lines[-1:], lines[at : at + 1]
    return "".join(lines)


def known(analysis: Analysis) -> dict[str, Any]:
    """All that is known of a spec."""
    held = vars(analysis.builder)
    names = ("nodes", "spans", "owners", "rule_spans", "written", "labels", "params", "canonical", "plain", "flows")
    entities = {
        n: (e.kind, e.span, e.declared, e.node, e.sound, e.flow and e.flow.node, [*e.taps])
        for n, e in held["entities"].items()
    }
    marks = analysis.index().marks
    return {name: held[name] for name in names} | {"entities": entities, "order": [*held["nodes"]], "marks": marks}


def forget() -> None:
    KEPT.clear()
    parser._parsed.cache_clear()


@pytest.mark.parametrize("seed", range(6))
def test_edits_one_after_another(seed: int) -> None:
    drawn, catalogue, memory, marked = random.Random(seed), load_catalogue(), Memory(), Marked()
    path = SPECS / "typed.tune"
    original = text = (SPECS / "chat.tune").read_text(encoding="utf-8")
    forget()
    for step in range(16):
        # Each third text is whole again, but for one edit: what was wrong is not to hide what comes after.
        text = edited(drawn, original if step % 3 == 0 else text)
        roomy = with_room(text)
        now = known(analyse(path, roomy, catalogue, lambda other: None, memory, marked))
        judged = check(path, roomy, catalogue, lambda other: None, memory)
        before = {**KEPT}
        forget()
        alone = check(path, roomy, catalogue, lambda other: None)
        assert judged == alone, text
        assert now == known(analyse(path, roomy, catalogue, lambda other: None)), text
        plain = check(path, text, catalogue, lambda other: None)
        places = [
            [(d.code, d.message, compiled.sources[str(path)].place(d.span)) for d in compiled.diagnostics]
            for compiled in (plain, alone)
        ]
        assert sorted(places[0]) == sorted(places[1]), text
        KEPT.update(before)
        parser._parsed.cache_clear()


def test_an_import_that_moves_is_found_where_it_is() -> None:
    """Above a declaration that stays where it is, because it has room."""
    catalogue, memory, marked, path = load_catalogue(), Memory(), Marked(), SPECS / "typed.tune"
    text = '# note\nimport "chat.tune" as base\n\ndataset d from base.tasks {\n    shuffle()\n}\n'
    for one in (text, text.replace("note", "notes")):
        now = analyse(path, with_room(one), catalogue, lambda other: None, memory, marked).index().marks
        alone = analyse(path, with_room(one), catalogue, lambda other: None).index().marks
        assert now == alone


def work(count: int) -> int:
    """The steps that an edit of one among so many declarations takes."""
    catalogue, memory, path = load_catalogue(), Memory(), SPECS / "typed.tune"
    block = "dataset d{} from tasks {{\n    filter {{\n        keep words(text) in 3..{}\n    }}\n}}\n\n"
    text = 'source tasks = rows([{text: "a"}])\n\n' + "".join(block.format(n, 150 + n) for n in range(count))
    analyse(path, with_room(text), catalogue, lambda other: None, memory)
    changed = with_room(text.replace("3..155", "3..1550"))
    return steps(lambda: analyse(path, changed, catalogue, lambda other: None, memory))


def test_an_edit_is_looked_at_by_itself() -> None:
    """A declaration that stays costs a small part of what one costs that is elaborated."""
    few, many = work(10), work(100)
    assert (many - few) / 90 < few / 15


def test_room_changes_no_line_and_no_column() -> None:
    text = (SPECS / "chat.tune").read_text(encoding="utf-8")
    roomy = with_room(text)
    assert [line.rstrip() for line in roomy.split("\n")] == [line.rstrip() for line in text.split("\n")]
    assert all(one.strip() or not other for one, other in zip(roomy.split("\n"), text.split("\n"), strict=True))
    starts = [Source("a", roomy).text.index(f"\n{word} ") + 1 for word in ("param", "generate", "dataset", "train")]
    assert all(start % 128 == 0 for start in starts)
