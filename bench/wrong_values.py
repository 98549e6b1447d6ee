"""Mutants with a wrong value: numbers out of range, values of another type, words that no list has."""

from __future__ import annotations

from collections.abc import Iterator

from bench.mutants import Maker, Mutant
from bench.wrong_words import BAD_NUMBERS, BAD_VALUES
from tunec.compiler.elaborate.walk import walk
from tunec.dsl.tree import Argument, Binary, Block, Call, ListOf, Literal, Name, Param, Spec


def wrong_numbers(maker: Maker) -> Iterator[Mutant]:
    for _, kind, argument, parameter in maker.arguments():
        if isinstance(argument.value, Literal) and argument.value.kind in ("int", "float", "share", "money"):
            for bad in BAD_NUMBERS.get(parameter.name, ()):
                if kind == "functions" and parameter.name == "rows":
                    continue
                text = maker.put(argument.value.span, bad)
                yield Mutant("number out of range", text, maker.lines(argument.span), parameter.name, bad)
    for node in walk(maker.file_tree()):
        if isinstance(node, Binary) and isinstance(node.left, Call) and isinstance(node.right, Literal):
            bad = {"share": ("-30%", "130%", "$5"), "count": ("-5", "2.5", "10%")}.get(node.left.name, ())
            for wrong in bad:
                yield Mutant("bound out of range", maker.put(node.right.span, wrong), maker.lines(node.span))
        if isinstance(node, Block):
            for entry in node.statements:
                if isinstance(entry, Argument) and isinstance(entry.value, Literal):
                    for wrong in ("-10%", "140%", "33%", '"10%"', "80"):
                        if wrong != maker.source.text[entry.value.span.start : entry.value.span.end]:
                            text = maker.put(entry.value.span, wrong)
                            yield Mutant("share out of range", text, maker.lines(node.span))


def wrong_values(maker: Maker) -> Iterator[Mutant]:
    for _, kind, argument, parameter in maker.arguments():
        name = parameter.type.name
        lines = maker.lines(argument.span)
        if kind == "functions" and parameter.form != "value":
            name = "row text" if parameter.type.name == "text" else ""
            for bad in ('"prompt"', "5", "true", "messages_", "[prompt]") if name else ():
                if isinstance(argument.value, Name) and argument.value.parts[0] != "meta":
                    yield Mutant("wrong type: text of a row", maker.put(argument.value.span, bad), lines)
            continue
        if name == "character" or parameter.name == "rows":
            continue
        for bad in BAD_VALUES.get(name, ()):
            if name == "text" and bad == "true" and parameter.form != "value":
                continue
            yield Mutant(f"wrong type: {name}", maker.put(argument.value.span, bad), lines)
    for item in maker.file.declarations:
        if isinstance(item, Param) and item.default is not None:
            for bad in {"text": ("5",), "path": ("5",), "bool": ('"x"',)}.get(item.type, ('"x"', "[1]", "true")):
                yield Mutant("wrong type: param", maker.put(item.default.span, bad), maker.lines(item.span))
    for call, kind, argument, parameter in maker.arguments():
        if parameter.required and kind != "functions" and argument.name is None and len(call.arguments) == 1:
            text = maker.put(argument.span, "")
            yield Mutant("argument missing", text, maker.lines(call.name_span, call.span))


def wrong_operands(maker: Maker) -> Iterator[Mutant]:
    for node in walk(maker.file_tree()):
        if not isinstance(node, Binary) or node.operator in ("and", "or"):
            continue
        lines = maker.lines(node.span)
        right = node.right
        left_call = node.left.name if isinstance(node.left, Call) else ""
        operator = maker.catalogue.find("functions", left_call)
        column = isinstance(node.left, Name) and node.left.parts[0] == "meta"
        if isinstance(right, Literal) and right.kind in ("int", "float", "share"):
            if operator is not None or column or left_call in ("share", "count"):
                for bad in ('"ten"', "true", "[1, 2]", "5s", "$1"):
                    yield Mutant("wrong type: operand", maker.put(right.span, bad), lines)
        elif isinstance(right, Literal) and right.kind == "text" and (operator is not None or column):
            for bad in ("5", "true", "1..3", "$1"):
                yield Mutant("wrong type: operand", maker.put(right.span, bad), lines)
        elif node.operator == "in" and (operator is not None or column):
            numeric = operator is not None and operator.returns.name in ("int", "float")
            for bad in ('["a", "b"]', '"x"') if numeric else ("1..5", "[1, 2]", "5"):
                if isinstance(right, Name) or not numeric or column:
                    continue
                yield Mutant("wrong type: operand", maker.put(right.span, bad), lines)
    for call, kind in maker.calls():
        if kind == "functions" and call.name in ("words", "chars", "lang", "mtld"):
            text = maker.put(call.span, maker.source.text[call.span.start : call.span.end] + ' + "x"')
            if call.name != "lang":
                yield Mutant("wrong type: operand", text, maker.lines(call.span))


def wrong_words(maker: Maker) -> Iterator[Mutant]:
    for call, kind, argument, parameter in maker.arguments():
        lines = maker.lines(argument.span)
        kinds = parameter.type
        words = kinds.item if kinds.name == "list" and kinds.item is not None else kinds
        if words.name == "enum":
            for bad in ("default", "other", "best_of", "medium"):
                value = argument.value.items[0] if isinstance(argument.value, ListOf) else argument.value
                yield Mutant("wrong word of a list", maker.put(value.span, bad), lines)
        if kind in ("models", "embedders") and call.name == "bundled" and parameter.name == "id":
            for bad in ('"bert-base"', '"gpt-4o"', '"all-MiniLM"', '""'):
                yield Mutant("wrong bundled id", maker.put(argument.value.span, bad), lines)
        if parameter.name == "format" and isinstance(argument.value, Name):
            for bad in ("json", "openai", "chatml"):
                yield Mutant("wrong word of a list", maker.put(argument.value.span, bad), lines)
    for node in walk(maker.file_tree()):
        if isinstance(node, Binary) and isinstance(node.left, Call):
            bad = {"lang": ('"english"', '"EN"', '"cn"', '"xx"', '"eng"'), "topic": ('"maths and more"', '"Law"'),
                   "task": ('"role play"', '"Coding"')}.get(node.left.name, ())  # fmt: skip
            for wrong in bad:
                right = node.right.items[0] if isinstance(node.right, ListOf) else node.right
                if isinstance(right, Literal) and right.kind == "text":
                    yield Mutant("wrong code or label", maker.put(right.span, wrong), maker.lines(node.span))
    spec = next((d for d in maker.file.declarations if isinstance(d, Spec)), None)
    for argument in spec.arguments if spec is not None else ():
        for bad in {"version": ('"1.0"', '"v1"', "1.0", '"latest"'), "seed": ('"x"', "1.5", "-1"),
                    "license": ("5", '"none of them"')}.get(argument.name or "", ()):  # fmt: skip
            yield Mutant("wrong value in spec", maker.put(argument.value.span, bad), maker.lines(argument.span))


VALUES = (wrong_numbers, wrong_values, wrong_operands, wrong_words)
