"""A lexer for Pygments, so that documents and sites colour specs. The words and the patterns are the language's own."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from tunec.dsl.tables import DECLARATIONS, PATTERNS, WORDS

DECLARING = tuple(word for word, terminal in WORDS.items() if terminal in DECLARATIONS)
CONSTANTS = ("true", "false", "none")
OPERATORS = ("and", "or", "not", "in")
OTHERS = tuple(word for word in WORDS if word not in (*DECLARING, *CONSTANTS, *OPERATORS))

#: Behind these a word is a name all the same: the key of an argument, or what owns a part.
_NO_NAME = r"\b(?!\s*[:.])"


class TuneLexer(RegexLexer):  # type: ignore[misc]  # Pygments ships no types
    """For `.tune` files."""

    name = "tune"
    aliases: ClassVar[list[str]] = ["tune"]
    filenames: ClassVar[list[str]] = ["*.tune"]
    mimetypes: ClassVar[list[str]] = ["text/x-tune"]
    version_added = ""

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"[\s\ufeff]+", Whitespace),
            (r"##[^\n]*", Comment.Special),
            (r"#[^\n]*", Comment.Single),
            (PATTERNS["REGEX"], String.Regex),
            (PATTERNS["TEXT"], String.Double),
            (PATTERNS["NUMBER"], Number),
            # A declaration is a keyword, a name or a path, and something more; `model` may also be a column.
            (words(DECLARING, prefix=r"(?<![\w.])", suffix=r'\b(?=[ \t]+[\w"])'), Keyword.Declaration),
            (words(CONSTANTS, prefix=r"(?<![\w.])", suffix=_NO_NAME), Keyword.Constant),
            (words(OPERATORS, prefix=r"(?<![\w.])", suffix=_NO_NAME), Operator.Word),
            (words(OTHERS, prefix=r"(?<![\w.])", suffix=_NO_NAME), Keyword),
            (PATTERNS["NAME"] + r"(?=\s*:)", Name.Attribute),
            (PATTERNS["NAME"] + r"(?=\()|" + PATTERNS["NAME"] + r"(?=[ \t]*\{)", Name.Function),
            (PATTERNS["NAME"], Name),
            (r"==|!=|<=|>=|\.\.|[=<>+\-*/]", Operator),
            (r"[{}()\[\],:.]", Punctuation),
        ]
    }
