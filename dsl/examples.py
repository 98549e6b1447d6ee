"""Examples for the pages of the language's codes: a spec in which the code fires, and what to write instead.

A `~` stands for the line `source tasks = rows(…)` of all of them.
"""

from __future__ import annotations

_TASKS = """\
source tasks = rows(
    [{instruction: "Say hi.", response: "Hi!"}, {instruction: "Say bye.", response: "Bye!"}],
)

"""


def _block(*lines: str) -> str:
    return "~\ndataset chat from tasks {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


_EXAMPLES: dict[str, tuple[str, str]] = {
    "T001": (_block("limit(1, )", "shuffle() shuffle = 3"), _block("limit(1)", "shuffle()")),
    "T002": (_block("filter { keep words(prompt in 3..150 }"), _block("filter { keep words(prompt) in 3..150 }")),
    "T003": (
        _block("filter { keep words(prompt) > 1 && words(response) > 1 }"),
        _block("filter { keep words(prompt) > 1 and words(response) > 1 }"),
    ),
    "T004": (_block("filter { keep words (prompt) > 1 }"), _block("filter { keep words(prompt) > 1 }")),
    "T005": (
        _block("let size = words(prompt)", "(shuffle())"),
        _block("let size = words(prompt)", "shuffle()"),
    ),
    "T006": (
        _block('filter { keep contains(response, "Hi) }'),
        _block('filter { keep contains(response, "Hi") }'),
    ),
    "T007": (_block("filter { keep words(prompt) in 150..1 }"), _block("filter { keep words(prompt) in 1..150 }")),
    "T101": (_block("filter { keep words(promt) > 1 }"), _block("filter { keep words(prompt) > 1 }")),
    "T102": (
        "~\nconst most = 1\nconst most = 2\n\ndataset chat from tasks {\n    limit(most)\n}\n",
        "~\nconst most = 1\nconst least = 2\n\ndataset chat from tasks {\n"
        "    filter { keep words(prompt) >= least }\n    limit(most)\n}\n",
    ),
    "T103": (_block("filter { keep wrds(prompt) > 1 }"), _block("filter { keep words(prompt) > 1 }")),
    "T104": (
        "~\nconst prompt = 5\n\ndataset chat from tasks {\n    filter { keep words(prompt) > 1 }\n}\n",
        "~\nconst least = 1\n\ndataset chat from tasks {\n    filter { keep words(prompt) > least }\n}\n",
    ),
    "T106": (
        "dataset a from b { shuffle() }\n\ndataset b from a { shuffle() }\n",
        "~\ndataset a from tasks { shuffle() }\n\ndataset b from a { shuffle() }\n",
    ),
    "T107": ('import "comon.tune"\n', _block("shuffle()")),
    "T108": (
        "~\nparam most: int\n\ndataset chat from tasks {\n    limit(most)\n}\n",
        "~\nparam most: int = 1\n\ndataset chat from tasks {\n    limit(most)\n}\n",
    ),
    "T109": (
        '~\nspec chat(version: "1.0.0")\n\ndataset chat from tasks { shuffle() }\n',
        'spec chat(version: "1.0.0")\n\n~\ndataset chat from tasks { shuffle() }\n',
    ),
    "T201": (_block('limit("one")'), _block("limit(1)")),
    "T202": (_block("limit()"), _block("limit(1)")),
    "T203": (
        "~\ndataset chat: chat from tasks { shuffle() }\n",
        "~\ndataset chat: instruction from tasks { shuffle() }\n",
    ),
    "T204": (_block("dedup { near(text, jacard: 0.8) }"), _block("dedup { near(text, jaccard: 0.8) }")),
    "T205": (_block("limit(1, 2)"), _block("limit(1)")),
    "T206": (_block("filter { keep prompt > 3 }"), _block("filter { keep words(prompt) > 3 }")),
    "T207": (_block("keep words(prompt) > 1"), _block("filter { keep words(prompt) > 1 }")),
    "T208": (
        "~\nconst most = 1\n\ndataset chat from most { shuffle() }\n",
        "~\nconst most = 1\n\ndataset chat from tasks { limit(most) }\n",
    ),
    "T209": (_block("limit(words(prompt))"), _block("limit(1)")),
    "T210": (_block("set(answer: strip(response))"), _block("set(response: strip(response))")),
    "T211": (
        '~\nparam most: int = "one"\n\ndataset chat from tasks {\n    limit(most)\n}\n',
        "~\nparam most: int = 1\n\ndataset chat from tasks {\n    limit(most)\n}\n",
    ),
    "T301": (
        _block("dedup { exact(prompt) }", "normalize(whitespace: collapse)"),
        _block("normalize(whitespace: collapse)", "dedup { exact(prompt) }"),
    ),
    "T302": (
        _block("dedup { exact(prompt) }", "split { train: 50%, validation: 50% }", "limit(1)"),
        _block("dedup { exact(prompt) }", "limit(1)", "split { train: 50%, validation: 50% }"),
    ),
    "T303": (
        _block('balance { share(contains(prompt, "bye")) <= 50% }', "filter { drop refusal(response) }"),
        _block("filter { drop refusal(response) }", 'balance { share(contains(prompt, "bye")) <= 50% }'),
    ),
    "T304": (
        _block("dedup { exact(prompt) }", "split { train: 90%, validation: 5% }"),
        _block("dedup { exact(prompt) }", "split { train: 95%, validation: 5% }"),
    ),
    "T399": (
        _block('# tunec: allow T318 because "a placeholder"', "filter { keep words(response) >= 1 }"),
        _block("# An empty answer teaches nothing.", "filter { keep words(response) >= 1 }"),
    ),
    "T602": (
        '~\nmodel base = bundled("smollm2-135m-instruct")\n\ngenerate fresh from tasks {\n'
        "    self_instruct(base, demonstrations: 1)\n}\n\ndataset chat from fresh { shuffle() }\n",
        '~\nmodel base = bundled("smollm2-135m-instruct")\n\ngenerate fresh from tasks {\n'
        "    self_instruct(base, demonstrations: 1)\n    until(rows: 10, requests: 40)\n}\n\n"
        "dataset chat from fresh { shuffle() }\n",
    ),
}

#: By code: the example, and what to write instead.
EXAMPLES = {
    code: (example.replace("~\n", _TASKS), instead.replace("~\n", _TASKS))
    for code, (example, instead) in _EXAMPLES.items()
}
