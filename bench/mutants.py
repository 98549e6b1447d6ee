"""Specs with one thing wrong: each mutant knows what was done, the lines where a report may stand, and the right word.

Whether a mutant must be caught is decided by how it is made, never by what the compiler says of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tunec.compiler.catalogue import Parameter
from tunec.compiler.elaborate.walk import walk
from tunec.compiler.types import FIELDS
from tunec.dsl.lexer import Token
from tunec.dsl.parser import parse_tokens
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import (
    Argument,
    Binary,
    Block,
    Call,
    Declaration,
    Import,
    ListOf,
    Literal,
    Name,
    Param,
    Record,
    Spec,
)
from tunec.runtime.catalogue import load_catalogue

#: What a number of an argument cannot be, as the reference says it: written by hand, so that it tests the catalogue.
BAD_NUMBERS: dict[str, tuple[str, ...]] = {
    "temperature": ("-0.7", "90"), "top_p": ("0", "1.5", "-0.1"), "batch_size": ("0", "-4", "2.5"),
    "max_tokens": ("0", "-1"), "demonstrations": ("-1",), "rouge_l": ("-0.6", "1.7"), "rows": ("0", "-1", "1.5"),
    "requests": ("0", "-80"), "cost": ("-$2", "3"), "jaccard": ("0", "1.2", "-0.5"), "ngram": ("0", "-3", "2.5"),
    "n": ("0", "-10", "1.5"), "longer_than": ("-8",), "share": ("0", "1.5", "-70%"), "skips": ("-1",),
    "threshold": ("1.5", "-2"), "cosine": ("1.5", "-2"), "false_positives": ("-1%", "300%"), "size": ("0", "-5", "2.5"),
    "count": ("0", "-3", "0.5"), "limit": ("0", "-5"), "rank": ("0", "-8", "4.5"), "alpha": ("0", "-16"),
    "dropout": ("1.5", "-0.1"), "epochs": ("0", "-2"), "learning_rate": ("0", "-1e-4", "3"), "max_length": ("0", "-1"),
    "warmup": ("1.5", "-5%"), "weight_decay": ("-0.01",), "micro_batch_size": ("0", "-2"), "shots": ("-1", "0.5"),
    "k": ("0", "-4"), "scale": ("0", "-0.4"), "top": ("0", "-2"), "times": ("0", "-2"), "sample": ("0", "-500"),
}  # fmt: skip
#: Values that are of no type that a parameter of this type takes.
BAD_VALUES: dict[str, tuple[str, ...]] = {
    "int": ('"many"', "[1, 2]", "5s", "$3", "none_of_it"), "float": ('"much"', "[0.5]", "10s", "{a: 1}"),
    "share": ('"most"', "[1%]", "$1", "5m"), "money": ("5", '"cheap"', "10%"), "bool": ("1", '"on"', "maybe"),
    "path": ("5", "[3]", "true"), "regex": ("5", "true", '"(unclosed"', 'r"[a-"'), "enum": ("5", '"x"', "true"),
    "rows": ("5", '"tasks"', "true"), "model": ("5", '"gpt"'), "embedder": ("5", '"e"'), "field": ("5", "nothing_such"),
    "operator": ("5", "nothing_such", "true"), "text": ("5", "true", "[1]"), "list": ("5", "true"),
    "range": ("5", '"1-5"'), "character": ('";;"', "5"),
}  # fmt: skip
#: Words that people know from elsewhere, for the words of the language.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "words": ("word_count", "num_words", "length"), "chars": ("len", "length", "num_chars"), "lang": ("language",),
    "tokens": ("token_count", "num_tokens"), "matches": ("regex", "match"), "contains": ("includes", "has"),
    "lower": ("lowercase",), "strip": ("trim",), "none": ("null", "None"), "true": ("yes", "True"),
    "false": ("no", "False"), "and": ("&&",), "or": ("||",), "not": ("!",), "drop": ("remove", "exclude", "reject"),
    "keep": ("include", "where"), "dataset": ("data",), "source": ("src",), "rank": ("r",), "alpha": ("lora_alpha",),
    "learning_rate": ("lr",), "batch_size": ("bs", "batch"), "max_length": ("max_len", "seq_len"),
    "dropout": ("lora_dropout",), "epochs": ("num_epochs",), "warmup": ("warmup_ratio",), "dedup": ("deduplicate",),
    "temperature": ("temp",), "separator": ("delimiter", "sep"), "limit": ("head", "take"), "license": ("licence",),
    "concat": ("join",), "starts_with": ("startswith",), "ends_with": ("endswith",), "share": ("fraction", "ratio"),
    "select": ("choose",), "repeat": ("upsample",), "similarity": ("cosine_similarity",),
    "jaccard": ("threshold",), "embedder": ("embedding",), "const": ("var",), "param": ("arg",), "repetition": ("rep",),
}  # fmt: skip
_MARKS = {"==": ("===", "="), "!=": ("<>", "=/="), "..": ("...", " to "), ":": ("=",), "=": (":", ":="), "#": ("//",)}
_BRACKETS = {"LPAR": "[{", "CALL_OPEN": "[{", "RPAR": "]}", "LBRACKET": "({", "RBRACKET": ")}", "LBRACE": "([",
             "RBRACE": ")]"}  # fmt: skip
_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "svxfrdghokjlkmbipewtryicxuzs", strict=False))
_PATHS = ("path", "data")
_FIELDS = frozenset(name for fields in FIELDS.values() for name in fields) | {"id", "origin", "split"}


@dataclass(frozen=True)
class Mutant:
    """A text with one thing wrong. `word` is what stood there, `wrong` what stands there now."""

    kind: str
    text: str
    lines: tuple[int, ...]
    word: str = ""
    wrong: str = ""
    suggests: bool = False  # a misspelling, for which the right word ought to be suggested
    must: bool = True


@dataclass
class Spelled:
    """A word of a spec: what it is, and where."""

    role: str
    span: Span
    text: str
    near: tuple[Span, ...] = field(default=())  # other places where a report may stand


class Maker:
    """Makes the mutants of one spec."""

    def __init__(self, path: Path, seed: int) -> None:
        self.source = Source(str(path), path.read_text(encoding="utf-8"))
        self.file, self.tokens, problems = parse_tokens(self.source)
        assert not problems, problems
        self.random = random.Random(f"{path.name} {seed}")
        self.catalogue = load_catalogue()
        self.declared = {d.name: d for d in self.file.declarations if isinstance(d, Declaration | Param)}
        self.aliases = {d.alias for d in self.file.declarations if isinstance(d, Import) and d.alias}
        imported = [d.path for d in self.file.declarations if isinstance(d, Import)]
        inner = [parse_tokens(Source(p, (path.parent / p).read_text("utf-8")))[0] for p in imported]
        self.imported = {d.name for f in inner for d in f.declarations if isinstance(d, Declaration | Param)}

    def all(self) -> Iterator[Mutant]:
        """Every mutant, grouped by how it is made."""
        yield from self.misspelt()
        yield from self.wrong_numbers()
        yield from self.wrong_values()
        yield from self.wrong_operands()
        yield from self.wrong_words()
        yield from self.tokens_lost_and_doubled()
        yield from self.synonyms()
        yield from self.declarations_lost_and_doubled()
        yield from self.wrong_kinds()

    # --- helpers

    def put(self, span: Span, text: str) -> str:
        return self.source.text[: span.start] + text + self.source.text[span.end :]

    def lines(self, *spans: Span) -> tuple[int, ...]:
        return tuple(
            dict.fromkeys(line for s in spans for line in range(self.at(s.start), self.at(max(s.end - 1, s.start)) + 1))
        )

    def at(self, offset: int) -> int:
        return self.source.position(offset)[0]

    def of(self, token: Token) -> Span:
        return Span(self.source.name, token.start, token.end)

    def uses(self, name: str) -> tuple[Span, ...]:
        return tuple(
            node.span if isinstance(node, Name) else node.name_span
            for node in walk(self.file_tree())
            if (isinstance(node, Name) and node.parts[0] == name) or (isinstance(node, Call) and node.name == name)
        )

    def file_tree(self) -> Block:
        return Block(self.file.declarations, Span(self.source.name, 0, 0))  # type: ignore[arg-type]

    def calls(self) -> Iterator[tuple[Call, str]]:
        """Every call with the kind of operator that it is, "" where it is none."""
        for item in self.file.declarations:
            if isinstance(item, Declaration):
                yield from self._calls(item.value, _VALUE.get(item.kind, "functions"))
                yield from self._calls(item.block, _BLOCK.get(item.kind, "stages"))

    def _calls(self, node: object, kind: str) -> Iterator[tuple[Call, str]]:
        for part in _direct(node):
            if isinstance(part, Call):
                own = next((k for k in _kinds(kind) if self.catalogue.find(k, part.name)), "functions")
                yield part, own
                operator = self.catalogue.find(own, part.name)
                for index, argument in enumerate(part.arguments):
                    parameter = self.parameter(own, part, argument, index)
                    wants = parameter.type if parameter else None
                    inner = wants.words[0] if wants is not None and wants.name == "operator" else "functions"
                    yield from self._calls(argument.value, inner)
                block = {"filter": "functions", "balance": "functions"}.get(part.name, part.name)
                yield from self._calls(part.block, block if operator is not None else "functions")
            elif part is not node:
                yield from self._calls(part, kind)

    def parameter(self, kind: str, call: Call, argument: Argument, index: int) -> Parameter | None:
        operator = self.catalogue.find(kind, call.name)
        if operator is None:
            return None
        if argument.name is not None:
            return operator.parameter(argument.name)
        positional = [p for p in operator.parameters if not p.keyword_only]
        return positional[index] if index < len(positional) else None

    def arguments(self) -> Iterator[tuple[Call, str, Argument, Parameter]]:
        for call, kind in self.calls():
            for index, argument in enumerate(call.arguments):
                parameter = self.parameter(kind, call, argument, index)
                if parameter is not None:
                    yield call, kind, argument, parameter

    # --- words

    def spelled(self) -> Iterator[Spelled]:
        """Every word that a person may misspell."""
        seen: set[int] = set()
        for word in self._words():
            if word.span.start not in seen and word.text:
                seen.add(word.span.start)
                yield word

    def _words(self) -> Iterator[Spelled]:
        for item in self.file.declarations:
            if isinstance(item, Declaration | Param) and self.uses(item.name):
                yield Spelled("declared name", item.name_span, item.name, self.uses(item.name))
            if isinstance(item, Import):
                where = item.span.start + self.source.text[item.span.start : item.span.end].index('"') + 1
                yield Spelled("path", Span(self.source.name, where, where + len(item.path)), item.path)
        for index, token in enumerate(self.tokens):
            before = self.tokens[index - 1].type if index else ""
            if token.type != "NAME" and token.text.isalpha() and token.type not in ("TEXT", "SPEC"):
                yield Spelled("keyword", self.of(token), token.text)
            elif token.type == "NAME" and before == "COLON" and index > 2 and self._row_type(index):
                yield Spelled("row type or param type", self.of(token), token.text)
        for call, kind in self.calls():
            rule = call.name.split(".")[-1] in {*self.declared, *self.imported}
            builtin = call.name in ("share", "count", "between")
            role = "rule" if rule else "built-in function" if builtin else f"operator: {kind}"
            yield Spelled(role, _last(call.name_span, call.name), call.name.split(".")[-1])
        for node in walk(self.file_tree()):
            yield from self._named(node)
        for call, kind, argument, parameter in self.arguments():
            yield from self._literal(call, kind, argument, parameter)

    def _row_type(self, index: int) -> bool:
        start = self.tokens[index - 3].type if index >= 3 else ""
        return start in ("PARAM", "DATASET", "GENERATE")

    def _named(self, node: object) -> Iterator[Spelled]:
        if isinstance(node, Call | Record | Block | Spec):
            parts = {Call: "arguments", Record: "fields", Block: "statements", Spec: "arguments"}[type(node)]
            what = {Call: "argument's name", Record: "record entry", Block: "share's name", Spec: "argument's name"}
            for entry in getattr(node, parts):
                if isinstance(entry, Argument) and entry.name and entry.name_span is not None:
                    role = what[type(node)]
                    if isinstance(node, Record) and entry.name == "topic":
                        continue  # any other column is as good
                    if role == "argument's name" and entry.name.startswith("meta."):
                        continue  # a new column
                    if role == "share's name" and entry.name not in self.declared:
                        uses = [n.span for n in walk(self.file_tree()) if isinstance(n, Name) and entry.name in n.parts]
                        if not uses:
                            continue
                        yield Spelled(role, entry.name_span, entry.name, tuple(uses))
                        continue
                    yield Spelled(role, entry.name_span, entry.name)
        elif isinstance(node, Name):
            head, last = node.parts[0], node.parts[-1]
            span = _last(node.span, node.text)
            if head == "meta":
                yield Spelled("column", span, last)
            elif head in self.declared or head in self.imported or head in self.aliases:
                first = Span(node.span.file, node.span.start, node.span.start + len(head))
                role = "alias" if head in self.aliases else "reference"
                yield Spelled(role, first, head)
                if len(node.parts) > 1:
                    role = "reference" if head in self.aliases else "part"
                    yield Spelled(role, span, last)
            elif head in _FIELDS and not self._is_word(node):
                yield Spelled("field", node.span, head)
            elif not self._is_let(head):
                yield Spelled("word of a list", node.span, head)

    def _is_let(self, name: str) -> bool:
        return f"let {name} =" in self.source.text

    def _is_word(self, node: Name) -> bool:
        return any(a.value is node and p.type.name in ("enum", "operator") for _, _, a, p in self.arguments())

    def _literal(self, call: Call, kind: str, argument: Argument, parameter: Parameter) -> Iterator[Spelled]:
        value = argument.value
        inside = None
        if isinstance(value, Literal) and value.kind == "text":
            inside = Span(value.span.file, value.span.start + 1, value.span.end - 1)
        if inside is not None and parameter.type.name == "path":
            yield Spelled("path", inside, str(value.value))  # type: ignore[union-attr]
        elif inside is not None and call.name == "bundled":
            yield Spelled("bundled id", inside, str(value.value))  # type: ignore[union-attr]
        elif isinstance(value, Record) and parameter.name == "format":
            for entry in value.fields:
                if isinstance(entry.value, Literal) and entry.value.kind == "text" and entry.name != "strip_prefix":
                    where = Span(value.span.file, entry.value.span.start + 1, entry.value.span.end - 1)
                    yield Spelled("column in a format", where, str(entry.value.value))

    def misspelt(self) -> Iterator[Mutant]:
        taken = {w.text for w in self.spelled()} | {o for _, o in self.catalogue.operators}
        for word in self.spelled():
            for wrong in self.misspellings(word.text):
                if wrong not in taken:
                    lines = self.lines(word.span, *word.near)
                    suggests = len(word.text) >= 3
                    yield Mutant(f"misspelt {word.role}", self.put(word.span, wrong), lines, word.text, wrong, suggests)

    def misspellings(self, word: str) -> list[str]:
        """Some of the ways in which a finger slips."""
        at = self.random.randrange(len(word))
        letters = [i for i, c in enumerate(word) if c.isalpha()] or [0]
        one = self.random.choice(letters)
        swap = self.random.choice(letters[:-1] or letters)
        made = [
            word[:one] + word[one] + word[one:],
            word[:one] + _NEIGHBOURS.get(word[one].lower(), "q") + word[one + 1 :],
            word[:swap] + word[swap + 1 : swap + 2] + word[swap] + word[swap + 2 :],
            word[:at] + self.random.choice("aeinorst") + word[at:],
        ]
        if len(word) > 3:
            made.append(word[:one] + word[one + 1 :])
        if word[0].isalpha() and word[0].lower() == word[0] and word[0].upper() != word[0]:
            made.append(word[0].upper() + word[1:])
        return [m for m in dict.fromkeys(made) if m != word and m and (not word.isidentifier() or m.isidentifier())]

    # --- values

    def wrong_numbers(self) -> Iterator[Mutant]:
        for _, kind, argument, parameter in self.arguments():
            if isinstance(argument.value, Literal) and argument.value.kind in ("int", "float", "share", "money"):
                for bad in BAD_NUMBERS.get(parameter.name, ()):
                    if kind == "functions" and parameter.name == "rows":
                        continue
                    text = self.put(argument.value.span, bad)
                    yield Mutant("number out of range", text, self.lines(argument.span), parameter.name, bad)
        for node in walk(self.file_tree()):
            if isinstance(node, Binary) and isinstance(node.left, Call) and isinstance(node.right, Literal):
                bad = {"share": ("-30%", "130%", "$5"), "count": ("-5", "2.5", "10%")}.get(node.left.name, ())
                for wrong in bad:
                    yield Mutant("bound out of range", self.put(node.right.span, wrong), self.lines(node.span))
            if isinstance(node, Block):
                for entry in node.statements:
                    if isinstance(entry, Argument) and isinstance(entry.value, Literal):
                        for wrong in ("-10%", "140%", "33%", '"10%"', "80"):
                            if wrong != self.source.text[entry.value.span.start : entry.value.span.end]:
                                text = self.put(entry.value.span, wrong)
                                yield Mutant("share out of range", text, self.lines(node.span))

    def wrong_values(self) -> Iterator[Mutant]:
        for _, kind, argument, parameter in self.arguments():
            name = parameter.type.name
            lines = self.lines(argument.span)
            if kind == "functions" and parameter.form != "value":
                name = "row text" if parameter.type.name == "text" else ""
                for bad in ('"prompt"', "5", "true", "messages_", "[prompt]") if name else ():
                    if isinstance(argument.value, Name) and argument.value.parts[0] != "meta":
                        yield Mutant("wrong type: text of a row", self.put(argument.value.span, bad), lines)
                continue
            if name == "character" or parameter.name == "rows":
                continue
            for bad in BAD_VALUES.get(name, ()):
                if name == "text" and bad == "true" and parameter.form != "value":
                    continue
                yield Mutant(f"wrong type: {name}", self.put(argument.value.span, bad), lines)
        for item in self.file.declarations:
            if isinstance(item, Param) and item.default is not None:
                for bad in {"text": ("5",), "path": ("5",), "bool": ('"x"',)}.get(item.type, ('"x"', "[1]", "true")):
                    yield Mutant("wrong type: param", self.put(item.default.span, bad), self.lines(item.span))
        for call, kind, argument, parameter in self.arguments():
            if parameter.required and kind != "functions" and argument.name is None and len(call.arguments) == 1:
                text = self.put(argument.span, "")
                yield Mutant("argument missing", text, self.lines(call.name_span, call.span))

    def wrong_operands(self) -> Iterator[Mutant]:
        for node in walk(self.file_tree()):
            if not isinstance(node, Binary) or node.operator in ("and", "or"):
                continue
            lines = self.lines(node.span)
            right = node.right
            left_call = node.left.name if isinstance(node.left, Call) else ""
            operator = self.catalogue.find("functions", left_call)
            column = isinstance(node.left, Name) and node.left.parts[0] == "meta"
            if isinstance(right, Literal) and right.kind in ("int", "float", "share"):
                if operator is not None or column or left_call in ("share", "count"):
                    for bad in ('"ten"', "true", "[1, 2]", "5s", "$1"):
                        yield Mutant("wrong type: operand", self.put(right.span, bad), lines)
            elif isinstance(right, Literal) and right.kind == "text" and (operator is not None or column):
                for bad in ("5", "true", "1..3", "$1"):
                    yield Mutant("wrong type: operand", self.put(right.span, bad), lines)
            elif node.operator == "in" and (operator is not None or column):
                numeric = operator is not None and operator.returns.name in ("int", "float")
                for bad in ('["a", "b"]', '"x"') if numeric else ("1..5", "[1, 2]", "5"):
                    if isinstance(right, Name) or not numeric or column:
                        continue
                    yield Mutant("wrong type: operand", self.put(right.span, bad), lines)
        for call, kind in self.calls():
            if kind == "functions" and call.name in ("words", "chars", "lang", "mtld"):
                text = self.put(call.span, self.source.text[call.span.start : call.span.end] + ' + "x"')
                if call.name != "lang":
                    yield Mutant("wrong type: operand", text, self.lines(call.span))

    def wrong_words(self) -> Iterator[Mutant]:
        for call, kind, argument, parameter in self.arguments():
            lines = self.lines(argument.span)
            kinds = parameter.type
            words = kinds.item if kinds.name == "list" and kinds.item is not None else kinds
            if words.name == "enum":
                for bad in ("default", "other", "best_of", "medium"):
                    value = argument.value.items[0] if isinstance(argument.value, ListOf) else argument.value
                    yield Mutant("wrong word of a list", self.put(value.span, bad), lines)
            if kind in ("models", "embedders") and call.name == "bundled" and parameter.name == "id":
                for bad in ('"bert-base"', '"gpt-4o"', '"all-MiniLM"', '""'):
                    yield Mutant("wrong bundled id", self.put(argument.value.span, bad), lines)
            if parameter.name == "format" and isinstance(argument.value, Name):
                for bad in ("json", "openai", "chatml"):
                    yield Mutant("wrong word of a list", self.put(argument.value.span, bad), lines)
        for node in walk(self.file_tree()):
            if isinstance(node, Binary) and isinstance(node.left, Call):
                bad = {"lang": ('"english"', '"EN"', '"cn"', '"xx"', '"eng"'), "topic": ('"maths and more"', '"Law"'),
                       "task": ('"role play"', '"Coding"')}.get(node.left.name, ())  # fmt: skip
                for wrong in bad:
                    right = node.right.items[0] if isinstance(node.right, ListOf) else node.right
                    if isinstance(right, Literal) and right.kind == "text":
                        yield Mutant("wrong code or label", self.put(right.span, wrong), self.lines(node.span))
        spec = next((d for d in self.file.declarations if isinstance(d, Spec)), None)
        for argument in spec.arguments if spec is not None else ():
            for bad in {"version": ('"1.0"', '"v1"', "1.0", '"latest"'), "seed": ('"x"', "1.5", "-1"),
                        "license": ("5", '"none of them"')}.get(argument.name or "", ()):  # fmt: skip
                yield Mutant("wrong value in spec", self.put(argument.value.span, bad), self.lines(argument.span))

    # --- structure

    def tokens_lost_and_doubled(self) -> Iterator[Mutant]:
        for index, token in enumerate(self.tokens):
            span, line = self.of(token), self.at(token.start)
            following = self.tokens[index + 1] if index + 1 < len(self.tokens) else token
            previous = self.tokens[index - 1] if index else token
            near = (line, self.at(following.start), self.at(previous.start))
            if token.type in _BRACKETS:
                pair = self._partner(index)
                places = (*near, self.at(pair.start)) if pair is not None else near
                yield Mutant("bracket deleted", self.put(span, ""), places, token.text)
                yield Mutant("bracket doubled", self.put(span, token.text * 2), places, token.text)
                for wrong in _BRACKETS[token.type]:
                    yield Mutant("wrong bracket", self.put(span, wrong), places, token.text, wrong)
            elif token.type in ("COMMA", "COLON", "EQUALS", "COMPARE", "DOT", "PLUS", "TIMES"):
                harmless = token.type == "COMMA" and (
                    following.type in ("RPAR", "RBRACKET", "RBRACE") or self._between_entries(index)
                )
                if not harmless:
                    yield Mutant("mark deleted", self.put(span, ""), near, token.text)
                doubled = token.text + (" " if token.type != "DOT" else "") + token.text
                yield Mutant("mark doubled", self.put(span, doubled), near, token.text)
            elif token.type == "NAME" and not self._free(index):
                yield Mutant("word doubled", self.put(span, f"{token.text} {token.text}"), near, token.text)
                yield Mutant("word deleted", self.put(span, ""), near, token.text, must=False)
            elif token.type == "TEXT" and not token.text.startswith('"""'):
                yield Mutant("quote deleted", self.put(Span(span.file, span.end - 1, span.end), ""), near, token.text)
                yield Mutant("quote deleted", self.put(Span(span.file, span.start, span.start + 1), ""), near)
            elif token.text.isalpha() and token.type not in ("TRUE", "FALSE", "NONE", "SPEC"):
                must = token.type not in ("NOT",)
                yield Mutant("keyword deleted", self.put(span, ""), near, token.text, must=must)
                yield Mutant("keyword doubled", self.put(span, f"{token.text} {token.text}"), near, must=must)

    def _free(self, index: int) -> bool:
        return index > 0 and self.tokens[index - 1].type in ("AS", "SPEC")

    def _between_entries(self, index: int) -> bool:
        depth = 0
        for token in reversed(self.tokens[:index]):
            if token.type in ("RPAR", "RBRACKET", "RBRACE"):
                depth += 1
            elif token.type in _BRACKETS:
                if depth == 0:
                    return token.type == "LBRACE" and self._is_block(token)
                depth -= 1
        return False

    def _is_block(self, token: Token) -> bool:
        return any(isinstance(n, Block) and n.span.start == token.start for n in walk(self.file_tree()))

    def _partner(self, index: int) -> Token | None:
        opening = self.tokens[index].type in ("LPAR", "CALL_OPEN", "LBRACKET", "LBRACE")
        step, depth = (1, 0) if opening else (-1, 0)
        at = index
        while 0 <= at < len(self.tokens):
            kind = self.tokens[at].type
            if kind in ("LPAR", "CALL_OPEN", "LBRACKET", "LBRACE"):
                depth += step
            elif kind in ("RPAR", "RBRACKET", "RBRACE"):
                depth -= step
            if depth == 0:
                return self.tokens[at]
            at += step
        return None

    def synonyms(self) -> Iterator[Mutant]:
        for index, token in enumerate(self.tokens):
            line = (self.at(token.start),)
            if self._free(index):
                continue
            after = self.tokens[index + 1].type if index + 1 < len(self.tokens) else ""
            for other in SYNONYMS.get(token.text, ()):
                called = token.text in ("share", "limit", "tokens") and after != "CALL_OPEN"
                value = token.type in ("NONE", "TRUE", "FALSE")
                if called or (token.type == "NAME" and self._before(index) == "TEXT"):
                    continue
                if value and other in ("no", "yes") and token.type == "NONE":
                    continue
                yield Mutant("synonym", self.put(self.of(token), other), line, token.text, other, suggests=True)
            for other in _MARKS.get(token.text, ()):
                yield Mutant("mark from elsewhere", self.put(self.of(token), other), line, token.text, other)
        for number, text in enumerate(self.source.text.split("\n")[:40]):
            if text.startswith("##"):
                lines = self.source.text.split("\n")
                lines[number] = "//" + text[2:]
                yield Mutant("mark from elsewhere", "\n".join(lines), (number + 1,), "#", "//")

    def _before(self, index: int) -> str:
        return self.tokens[index - 1].type if index else ""

    def declarations_lost_and_doubled(self) -> Iterator[Mutant]:
        for item in self.file.declarations:
            if isinstance(item, Declaration | Param | Import):
                text = self.source.text[item.span.start : item.span.end]
                uses = self.uses(item.name) if isinstance(item, Declaration | Param) else ()
                if uses:
                    yield Mutant("declaration deleted", self.put(item.span, ""), self.lines(*uses), item.name)  # type: ignore[union-attr]
                if isinstance(item, Declaration | Param):
                    again = self.put(Span(item.span.file, item.span.end, item.span.end), "\n" + text)
                    height = text.count("\n") + 1
                    first = self.at(item.span.start)
                    yield Mutant("declaration doubled", again, tuple(range(first, first + 2 * height)), item.name)
        for call, kind in self.calls():
            if kind in ("generation", "adapters", "objectives", "methods"):
                text = self.source.text[call.span.start : call.span.end]
                again = self.put(Span(call.span.file, call.span.end, call.span.end), "\n" + text)
                first = self.at(call.span.start)
                yield Mutant("stage doubled", again, (first, first + 1))
            for argument in call.arguments:
                if argument.name is not None:
                    text = self.source.text[argument.span.start : argument.span.end]
                    again = self.put(Span(call.span.file, argument.span.end, argument.span.end), ", " + text)
                    yield Mutant("argument doubled", again, self.lines(argument.span, call.name_span))
            if call.name in ("share", "count") and call.arguments and call.arguments[0].name is None:
                for put in ("of: ", "x = ", "origin = "):
                    at = Span(call.span.file, call.arguments[0].span.start, call.arguments[0].span.start)
                    yield Mutant("name in share or count", self.put(at, put), self.lines(call.span))

    def wrong_kinds(self) -> Iterator[Mutant]:
        """References to a declaration of another kind."""
        kinds = {name: _kind(item) for name, item in self.declared.items()}
        for node in walk(self.file_tree()):
            if isinstance(node, Name) and len(node.parts) == 1 and node.text in kinds:
                own = kinds[node.text]
                others = [n for n, k in kinds.items() if k != own and n != node.text]
                for other in self.random.sample(others, min(3, len(others))):
                    yield Mutant("reference of another kind", self.put(node.span, other), self.lines(node.span))


_VALUE = {
    "source": "connectors", "seeds": "connectors", "benchmark": "connectors", "model": "models",
    "embedder": "embedders",
}  # fmt: skip
_BLOCK = {"dataset": "stages", "generate": "methods", "train": "objectives", "evaluate": "evaluate"}


def _kinds(kind: str) -> tuple[str, ...]:
    return {"methods": ("methods", "generation", "stages"), "objectives": ("adapters", "objectives")}.get(kind, (kind,))


def _kind(item: Declaration | Param) -> str:
    if isinstance(item, Param):
        return "value"
    kind = item.kind
    groups = {"source": "rows", "seeds": "rows", "benchmark": "rows", "dataset": "rows", "generate": "rows",
              "const": "value", "train": "model"}  # fmt: skip
    return groups.get(kind, kind)


def _direct(node: object) -> Iterator[object]:
    """A node and what stands in it, calls not entered."""
    if node is None:
        return
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, Call):
            waiting += reversed(_children(part))


def _children(node: object) -> list[object]:
    out: list[object] = []
    for name in ("arguments", "fields", "items", "statements", "condition", "value", "left", "right", "operand", "then",
                 "otherwise"):  # fmt: skip
        value = getattr(node, name, None)
        if isinstance(value, tuple):
            out += value
        elif value is not None and not isinstance(value, str | int | float | bool):
            out.append(value)
    return out


def _last(span: Span, text: str) -> Span:
    """The place of the last part of a dotted name."""
    return Span(span.file, span.end - len(text.split(".")[-1]), span.end)
