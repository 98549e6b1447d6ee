"""Random trees of the language, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.characters import ANY
from tunec.dsl.source import Span
from tunec.dsl.tables import WORDS
from tunec.dsl.tree import (
    Argument,
    Binary,
    Block,
    Call,
    Check,
    Declaration,
    Expression,
    File,
    If,
    Import,
    Keep,
    Let,
    ListOf,
    Literal,
    Name,
    Param,
    Range,
    Record,
    Spec,
    Stage,
    Unary,
    Vary,
)

AT = Span("", 0, 0)
SOFT = sorted(set(WORDS) - {"if", "not", "true", "false", "none", "then", "else", "and", "or", "in", "as"})
plain = st.from_regex(r"[a-z_][a-z0-9_]{0,5}|[a-z]中文|é", fullmatch=True).filter(lambda word: word not in WORDS)
words = plain | st.sampled_from(SOFT)
heads = plain
texts = st.text(ANY, max_size=12)
names = st.lists(words, min_size=1, max_size=2).map(lambda parts: Name(tuple(parts), AT))
keys = words | st.just("meta.topic") | texts

small = st.integers(0, 10**6)
literals = st.one_of(
    st.integers(0, 2**63 - 1).map(lambda value: Literal("int", value, AT)),
    st.integers(1, 10**6).map(lambda value: Literal("int", -value, AT)),
    st.floats(0, 1e12, allow_nan=False).map(lambda value: Literal("float", value, AT)),
    st.integers(0, 10**5).map(lambda value: Literal("share", value / 1000, AT)),
    small.map(lambda value: Literal("money", value / 100, AT)),
    small.map(lambda value: Literal("duration", value / 4, AT)),
    small.map(lambda value: Literal("size", value, AT)),
    st.sampled_from([Literal("bool", True, AT), Literal("bool", False, AT), Literal("none", None, AT)]),
    texts.map(lambda value: Literal("text", value, AT)),
    st.sampled_from([r"\d+", "", r"a\"b", "[^#]{1,3}"]).map(lambda value: Literal("regex", value, AT)),
)


def ranges() -> st.SearchStrategy[Range]:
    ends = st.integers(-100, 100)
    closed = st.tuples(ends, ends).map(sorted).map(lambda pair: Range(_int(pair[0]), _int(pair[1]), AT))
    either = ends.map(_int) | names
    named = st.builds(lambda low, high: Range(low, high, AT), names, either | st.none())
    return closed | named | either.map(lambda end: Range(end, None, AT)) | either.map(lambda end: Range(None, end, AT))


def _int(value: int) -> Literal:
    return Literal("int", value, AT)


def arguments(values: st.SearchStrategy[Expression]) -> st.SearchStrategy[tuple[Argument, ...]]:
    named = st.builds(lambda name, value: Argument(name, value, AT), st.none() | keys, values)
    return st.lists(named, max_size=3).map(tuple)


def records(values: st.SearchStrategy[Expression]) -> st.SearchStrategy[Record]:
    entry = st.builds(lambda name, value: Argument(name, value, AT), keys, values)
    return st.lists(entry, max_size=3).map(lambda fields: Record(tuple(fields), AT))


OPERATORS = ["and", "or", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]


def calls(values: st.SearchStrategy[Expression]) -> st.SearchStrategy[Call]:
    return st.builds(lambda name, given: Call(name, given, AT, AT), heads | st.just("common.rule"), arguments(values))


def larger(values: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    minus = values.filter(lambda value: not (isinstance(value, Literal) and type(value.value) in (int, float)))
    return st.one_of(
        calls(values),
        st.lists(values, max_size=3).map(lambda items: ListOf(tuple(items), AT)),
        records(values),
        st.builds(lambda value: Unary("not", value, AT), values),
        st.builds(lambda value: Unary("-", value, AT), minus),
        st.builds(lambda kind, a, b: Binary(kind, a, b, AT), st.sampled_from(OPERATORS), values, values),
        st.builds(lambda a, b, c: If(a, b, c, AT), values, values, values),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(literals | names | ranges(), larger, max_leaves=8)
labels = st.none() | words


def stages(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Stage]:
    bare = st.builds(lambda name, block: Call(name, (), AT, AT, block, False), heads, inner)
    full = st.builds(
        lambda name, given, block: Call(name, given, AT, AT, block), heads, arguments(expressions), st.none() | inner
    )
    bound = st.builds(
        lambda call, kind, value: Binary(kind, call, value, AT),
        calls(expressions),
        st.sampled_from(["<=", ">="]),
        literals,
    )
    return st.builds(lambda value, label: Stage(value, AT, label), bare | full | bound, labels)


def blocks(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    statement = st.one_of(
        st.builds(lambda value, label: Keep("keep", value, AT, label), expressions, labels),
        st.builds(lambda value, label: Keep("drop", value, AT, label), expressions, labels),
        st.builds(lambda name, value: Let(name, value, AT, AT), words, expressions),
        st.builds(lambda value: Check(value, AT), expressions),
        st.builds(lambda name, value: Argument(name, value, AT), keys, expressions),
        stages(inner),
    )  # fmt: skip
    return st.lists(statement, max_size=4).map(lambda statements: Block(tuple(statements), AT))


all_blocks = st.recursive(st.just(Block((), AT)), blocks, max_leaves=4)
docs = st.sampled_from(["", "one line", "two\nlines"])
references = names | st.lists(names, max_size=3).map(lambda items: ListOf(tuple(items), AT))
VALUED = ["const", "source", "seeds", "benchmark", "model", "embedder", "rule"]
declarations = st.one_of(
    st.builds(lambda name, given, doc: Spec(name, given, AT, AT, doc), words, arguments(expressions), docs),
    st.builds(lambda path, alias, doc: Import(path, alias, AT, doc), texts, labels, docs),
    st.builds(lambda name, items: Vary(name, tuple(items), AT, AT), words, st.lists(expressions, max_size=3)),
    st.builds(lambda name, kind, value: Param(name, kind, value, AT, AT), words, words, st.none() | expressions),
    st.builds(
        lambda kind, name, value, doc: Declaration(kind, name, AT, AT, value=value, doc=doc),
        st.sampled_from(VALUED), words, expressions, docs,
    ),
    st.builds(
        lambda name, given, value: Declaration("rule", name, AT, AT, value=value, parameters=tuple(given)),
        words, st.lists(words.map(lambda word: Name((word,), AT)), min_size=1, max_size=3), expressions,
    ),
    st.builds(
        lambda kind, name, row_type, rows, block: Declaration(kind, name, AT, AT, row_type, source=rows, block=block),
        st.sampled_from(["generate", "dataset"]), words, labels, references, all_blocks,
    ),
    st.builds(
        lambda kind, name, rows, block: Declaration(kind, name, AT, AT, source=rows, block=block),
        st.sampled_from(["rule", "merge"]), words, references, all_blocks,
    ),
    st.builds(
        lambda name, models, block: Declaration("evaluate", name, AT, AT, of=models, block=block),
        words, references, all_blocks,
    ),
    st.builds(
        lambda kind, name, model, rows, block: Declaration(kind, name, AT, AT, source=model, on=rows, block=block),
        st.sampled_from(["tokenizer", "train"]), words, references, references, all_blocks,
    ),
    st.builds(
        lambda name, rows, using, block: Declaration(
            "train", name, AT, AT, source=rows, on=rows, using=using, block=block
        ),
        words, references, references, all_blocks,
    ),
)  # fmt: skip
files = st.lists(declarations, max_size=4).map(lambda items: File(tuple(items), AT))
