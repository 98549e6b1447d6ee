"""Random expressions and stages for `random_builds.py`: every function, stage and rule that asks no language model."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from random_generations import MODEL
from random_rows import WORDS

Random = random.Random
OPERATORS = ("<", "<=", "==", "!=", ">", ">=", "in")
#: What is named wherever an embedder is asked for.
EMBEDDER = "minilm"
#: What reads the probabilities of a model that runs here.
LOCAL = ("perplexity", "ifd", "reward")


class Expressions:
    """Random expressions: mostly of the type that is asked for, sometimes of any."""

    def __init__(self, r: Random, rows: str, others: dict[str, str]) -> None:
        from tunec.compiler.types import FIELDS, RowType
        from tunec.runtime.catalogue import load_catalogue

        self.r = r
        self.fields = {**FIELDS[RowType(rows)], "id": "text", "origin": "origin", **others}
        self.texts = [n for n, kind in FIELDS[RowType(rows)].items() if kind == "text"]
        self.embeds = r.random() < 0.05  # an embedder takes its time
        catalogue = load_catalogue()
        self.asks = r.random() < 0.05  # and so does what asks a model
        costs = ("cheap", "scan", "index", *(["embed"] if self.embeds else []), *(["model"] if self.asks else []))
        self.functions = [
            operator
            for operator in (catalogue.at(f"functions.{name}") for name in catalogue.names("functions"))
            if operator.cost in costs and operator.name not in LOCAL
        ]

    def field(self) -> str:
        """A field that is text."""
        return self.r.choice(self.texts) if self.r.random() < 0.97 else self.r.choice(list(self.fields))

    def value(self, kind: str, depth: int = 2) -> str:
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.leaf(kind)
        if kind == "bool":
            return r.choice([self.compared, self.joined, self.called])(kind, depth)
        if kind in ("int", "float", "share") and r.random() < 0.3:
            return f"{self.value(kind, depth - 1)} {r.choice('+-*/')} {self.value(kind, depth - 1)}"
        if r.random() < 0.1:
            return f"if {self.value('bool', depth - 1)} then {self.value(kind, depth - 1)} else {self.leaf(kind)}"
        return self.called(kind, depth)

    def leaf(self, kind: str) -> str:
        r = self.r
        if r.random() < 0.6:
            fitting = [n for n, k in self.fields.items() if k == kind or (k, kind) == ("int", "float")]
            if kind == "scalar":
                fitting = [n for n, k in self.fields.items() if k in ("int", "float", "text", "bool", "scalar")]
            if fitting and r.random() < 0.98:
                return r.choice(fitting)
            if not fitting and r.random() < 0.1:
                return r.choice(list(self.fields))
        if r.random() < 0.01:
            kind = r.choice(["int", "text", "bool", "list"])
        if kind in ("int", "float", "share"):
            return r.choice(["0", "3", "7", *(["0.5", "30%"] if kind != "int" else [])])
        if kind == "bool":
            return r.choice(["true", "false", f"{r.choice(list(self.fields))} == none"])
        if kind == "list":
            return r.choice(['["a", "b"]', "[1, 2]", "[]"])
        return json.dumps(r.choice(WORDS), ensure_ascii=False)

    def compared(self, kind: str, depth: int) -> str:
        r = self.r
        kind = r.choice(["int", "text", "float"])
        left, operator = self.value(kind, depth - 1), r.choice(OPERATORS)
        if operator == "in":
            return f"{left} in " + ('["en", "7"]' if kind == "text" else r.choice(["3..50", "0.1.."]))
        if r.random() < 0.1:
            return f"not ({left} {operator} {self.leaf(kind)})"
        return f"{left} {operator} {self.leaf(kind)}"

    def joined(self, kind: str, depth: int) -> str:
        return f"{self.value('bool', depth - 1)} {self.r.choice(['and', 'or'])} {self.value('bool', depth - 1)}"

    def called(self, kind: str, depth: int) -> str:
        r = self.r
        fitting = [o for o in self.functions if o.returns.name == kind] or self.functions
        operator = r.choice(fitting if r.random() < 0.97 else self.functions)
        words = []
        for parameter in operator.parameters:
            kind = parameter.type.name
            if not parameter.required and (kind in ("embedder", "model") or r.random() < 0.8):
                continue
            named = {"embedder": EMBEDDER, "model": MODEL, "range": "1..5"}
            said = named.get(kind) or self._argument(parameter.type, parameter.form, depth)
            words.append(f"{parameter.name}: {said}" if parameter.keyword_only else said)
        return f"{operator.name}({', '.join(words)})"

    def _argument(self, wanted: object, form: str, depth: int) -> str:
        kind, words = wanted.name, wanted.words  # type: ignore[attr-defined]
        item = wanted.item  # type: ignore[attr-defined]
        if kind == "enum":
            return str(self.r.choice(words))
        if kind == "list":
            if item is not None and item.name == "enum":
                return f"[{', '.join(self.r.sample(item.words, k=2))}]"
            return f"[{self.value('bool', depth - 1)}, {self.value('bool', depth - 1)}]"
        if form == "value":
            odd = {"int": "3", "float": "0.5", "share": "50%"}
            return odd.get(kind) or json.dumps(self.r.choice(["red", "a+", "颜", "7"]), ensure_ascii=False)
        return self.value("text" if kind == "regex" else kind, depth - 1)


def sets(r: Random, e: Expressions) -> str:
    """What `set` writes: a field of the row, or one of `meta`."""
    name = r.choice(["meta.x", "meta.x", *e.texts])
    return f"set({name}: {e.value('text')})"


def normal(r: Random) -> str:
    form, blanks = r.choice(["nfc", "nfkc", "keep"]), r.choice(["keep", "strip", "collapse"])
    return f"normalize(unicode: {form}, whitespace: {blanks}, turns: {r.choice(['keep', 'merge', 'strict'])})"


def near(r: Random, e: Expressions) -> str:
    rules = [f"exact({e.field()})", f"near({e.field()}, jaccard: {r.choice(['0.5', '0.8'])}, ngram: {r.choice('135')})"]
    rules.append(f"exact({e.value('text')}, normalize: false)")
    if e.embeds:
        rules += [f"semantic({e.field()}, cosine: 0.97, using: {EMBEDDER})"] * 2
    keep = r.choice(["first", f"longest({e.field()})", "best(quality)", f"prefer({e.value('bool')})"])
    greedy = r.choice(["", ", greedy: true"])
    return f"dedup(keep: {keep}{greedy}) {{ {' '.join(r.sample(rules, k=r.randrange(1, 3)))} }}"


def clean(r: Random, e: Expressions) -> str:
    rules = ["exact()", f"ngram({r.choice([3, 5, 13])})", "tokens(4, share: 50%)"]
    if e.embeds:
        rules += [f"cosine(0.8, using: {EMBEDDER})"]
    if e.asks and e.embeds:
        rules += [f"cosine(0.4, using: {EMBEDDER}) confirm({MODEL}, top: 1)"]
    more = r.choice(["", ", with: question_answer", ", action: report", ', review: "leaks.jsonl"'])
    return f"decontaminate(against: [bench]{more}) {{ {' '.join(r.sample(rules, k=r.randrange(1, len(rules) + 1)))} }}"


def chosen(r: Random, e: Expressions) -> str:
    ways = ["random()", f"top({e.value('float')})", f"top({e.value('int')})"]
    if e.embeds:
        using = f"using: {EMBEDDER}"
        ways = [
            f"k_center({e.field()}, {using})", f"facility_location({e.field()}, {using})", f"dpp({e.field()}, {using})",
            f"clusters({e.field()}, {using}, k: 3, take: {r.choice(['equal', 'proportional'])})",
            f"deita({e.value('float')}, {e.field()}, {using})",
        ]  # fmt: skip
    return f"select({r.randrange(1, 25)}, by: {r.choice(ways)})"


def review(r: Random, e: Expressions) -> str:
    asked = r.choice([f", when: {e.value('bool')}", ", pairs: 60%", ""])
    becomes = r.choice(["", ", unreviewed: drop"])
    return f'review("look.jsonl"{asked}{becomes})'


def masked(r: Random, e: Expressions) -> str:
    finder = r.choice([f"pii({e.field()})", f'matches({e.field()}, r"[a-c]+|颜")', f"pii({e.field()}, kinds: [email])"])
    word = r.choice(["", ', with: "#"'])
    return f"mask({finder}{word})"


def bounds(r: Random, e: Expressions) -> str:
    by = r.choice(["", "", "(by: tokens)", f"(score: {e.value('float')})"])
    share = r.choice([f"share({e.value('bool')}) <= 50%", f"share({e.leaf('text')}) <= 60%"])
    count = r.choice(["", f"count({e.value('bool')}) >= 1"])
    return f"balance{by} {{ {share} {count} }}"


def mixed(r: Random, e: Expressions) -> str:
    shares = r.choice(["{ a: 50%, b: 50% }", "{ a: 80%, b: 20% }"])
    return r.choice([f"mix {shares}", f"mix(by: tokens) {shares}", f"mix(epochs: 2) {shares}", "mix(temperature: 1.4)"])


def ends(r: Random, e: Expressions) -> list[str]:
    """How a data set ends."""
    found = []
    if r.random() < 0.4:
        by = r.choice(["", f"(group: {e.field()})", f"(stratify: {e.value('text')})"])
        found.append(f"split{by} {{ train: {r.choice(['80%, test: 20%', '50%, validation: 30%, test: 20%'])} }}")
        found += [f"repeat({r.choice(['a', e.value('bool')])}, 2)"] if r.random() < 0.2 else []
    found += ["shuffle()"] if r.random() < 0.1 else []
    found += [f"check count({r.choice(['true', 'true', e.value('bool')])}) >= 1"] if r.random() < 0.1 else []
    return found


def stages(r: Random, e: Expressions, several: bool) -> list[str]:
    """The stages of a data set."""
    made: list[Callable[[], str]] = [
        lambda: normal(r),
        lambda: sets(r, e),
        lambda: f"let measured = {e.value(r.choice(['int', 'float', 'text', 'bool']))}",
        lambda: f"filter {{ {r.choice(['keep', 'drop'])} {e.value('bool')} }}",
        lambda: f"filter {{ keep {e.value('bool')} drop {e.value('bool')} as rule }}",
        lambda: near(r, e),
        lambda: clean(r, e),
        lambda: masked(r, e),
        lambda: review(r, e),
        lambda: bounds(r, e),
        lambda: chosen(r, e),
        lambda: f"limit({r.randrange(1, 25)})",
        lambda: f"sample({r.randrange(1, 25)})",
        *([lambda: mixed(r, e)] * 2 if several else []),
    ]
    # In an order that is allowed: what changes texts comes first, what holds shares last. Some are out of order.
    order = [r.randrange(len(made)) for _ in range(r.randrange(1, 5))]
    told = [made[n]() for n in (sorted(order) if r.random() < 0.9 else order)]
    if any("best(quality)" in stage for stage in told):
        told.insert(0, f"let quality = {e.value(r.choice(['int', 'float']))}")
    return [*told, *ends(r, e)]
