"""The codes of the language and its compiler: name, severity and the page that `tunec explain` prints.

Rules of the linter are not here. Each has its code, name, severity and page in its own file, and its diagnostics carry
them along (`Diagnostic.about`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """The name and severity of a code, and its page: what is wrong, why it matters, what to write instead."""

    name: str
    severity: Severity
    page: str


CODES: dict[str, Code] = {
    "T001": Code(
        "unexpected-token",
        "error",
        """The parser met something that cannot stand at this place. It skipped to the next statement and went on, so
that one run reports every such place.""",
    ),
    "T002": Code(
        "unclosed-bracket",
        "error",
        """A `{`, `(` or `[` was opened and never closed. The mark stands where it was opened, because that is where the
mend belongs.""",
    ),
    "T003": Code(
        "bad-character",
        "error",
        """This character has no meaning in the language. Text goes between quotes.""",
    ),
    "T004": Code(
        "space-before-call",
        "error",
        """The `(` of a call touches its name: `words(prompt)`, not `words (prompt)`. Newlines mean nothing to the
parser, and this is what keeps the end of one statement apart from the start of the next.""",
    ),
    "T005": Code(
        "bad-statement-start",
        "error",
        """A statement starts with a name or a keyword, never with `(`, `[` or `-`. Newlines mean nothing to the
parser, so such a start would read as the continuation of the statement above.""",
    ),
    "T006": Code(
        "unclosed-text",
        "error",
        """A text was opened with a quote and never closed. Plain text ends on its own line; text over several lines
stands between triple quotes.""",
    ),
    "T007": Code(
        "bad-literal",
        "error",
        """A number, a range or a text that cannot be read: `10x` has a unit that does not exist, `5..3` is upside down,
and `"\\q"` has an escape that does not exist. Write `10k` or `2M` for large numbers, `30%` for a share, `30s`, `5m` or
`2h` for a duration, `24GB` for a size and `$0.25` for money; `\\\\` for a backslash, or `r"…"` for a regular
expression.""",
    ),
    "T008": Code(
        "nested-too-deeply",
        "error",
        """Brackets, or operators in one expression, more than 200 levels deep. Nobody can read that: give
the parts names with `let` or `const`, or write `x in [a, b, c]` in place of a long chain of `or`.""",
    ),
    "T101": Code(
        "unknown-name",
        "error",
        """A name that nothing declares and that is no field of the row. Names resolve over the whole file, in any
order: first to the fields of the row, then to what a `let` named, then to declarations.""",
    ),
    "T102": Code(
        "duplicate-name",
        "error",
        """Two things with one name. A name means one thing in the whole file.""",
    ),
    "T103": Code(
        "unknown-operator",
        "error",
        """A called name that the catalogue does not have at this place. `tunec ops` lists what there is.""",
    ),
    "T104": Code(
        "ambiguous-name",
        "error",
        """A name that could mean two things: a field of the row and a declaration, say. Nothing may hide anything
else, so one of them needs another name.""",
    ),
    "T106": Code(
        "cycle",
        "error",
        """Declarations, or imports, that need one another in a circle. The path of the circle is in the message.""",
    ),
    "T107": Code(
        "import-not-found",
        "error",
        """An imported file that cannot be read. Paths are relative to the file that states them.""",
    ),
    "T108": Code(
        "param-not-set",
        "error",
        """A `param` without a default has to be set on the command line: `--set name=value`.""",
    ),
    "T109": Code(
        "spec-not-first",
        "error",
        """`spec` says what the whole file is, so it stands first.""",
    ),
    "T110": Code(
        "not-built-yet",
        "error",
        """The language has this form; this version of tunec reads, checks and formats it, but cannot build it yet.""",
    ),
    "T201": Code(
        "wrong-argument",
        "error",
        """An argument of the wrong type, or a word that the parameter does not know.""",
    ),
    "T202": Code(
        "missing-argument",
        "error",
        """Something that has to be said is missing: an argument without a default, or a block.""",
    ),
    "T203": Code(
        "wrong-row-type",
        "error",
        """Rows of one type stand where rows of another are needed. An instruction widens to a chat by itself; nothing
else does.""",
    ),
    "T204": Code(
        "unknown-argument",
        "error",
        """A named argument that the operator does not have. Unknown arguments are never ignored.""",
    ),
    "T205": Code(
        "too-many-arguments",
        "error",
        """More arguments than the operator takes, or one argument twice.""",
    ),
    "T206": Code(
        "wrong-operand",
        "error",
        """An operation on values that it is not made for, such as a comparison of a text with a number.""",
    ),
    "T207": Code(
        "wrong-place",
        "error",
        """A form of the language at a place where it means nothing, such as `keep` outside `filter`.""",
    ),
    "T208": Code(
        "wrong-kind",
        "error",
        """The name means something, but not what this place needs: rows, a model, a function.""",
    ),
    "T209": Code(
        "not-constant",
        "error",
        """This place needs one value for all rows, known before the run.""",
    ),
    "T210": Code(
        "unknown-field",
        "error",
        """`set` writes the content fields of the row type, and `meta.NAME`.""",
    ),
    "T211": Code(
        "bad-value",
        "error",
        """A param, its type, or a format that cannot be what it says.""",
    ),
    "T301": Code(
        "text-changed-after-comparison",
        "error",
        """`dedup` and `decontaminate` compare texts. A stage that changes text afterwards makes their promise void:
what was compared is no longer what is trained on. Clean first, compare then. `mask` is the exception,
because it only removes.""",
    ),
    "T302": Code(
        "stage-after-split",
        "error",
        """After `split` only `repeat`, `shuffle` and `check` may follow. Anything that drops or adds rows there would
break the sizes of the splits, or let near-duplicates straddle them.""",
    ),
    "T303": Code(
        "drop-after-balance",
        "warning",
        """A stage that drops rows after `balance` or `mix` can break the shares that they set. The shares are checked
again, but the order is better the other way round.""",
    ),
    "T304": Code(
        "shares-not-whole",
        "error",
        """The shares of a `split` or `mix` have to add up to 100%.""",
    ),
    "T398": Code(
        "bad-allowance",
        "warning",
        """`# tunec: allow T305 because "…"` silences a problem on its own line or the next. It names one code (or
several, with commas) that may be silenced, and gives the reason between quotes: the next reader has to be able to judge
whether it still holds. Errors of the language itself cannot be allowed, because nothing can be built from them.""",
    ),
    "T399": Code(
        "unused-allowance",
        "warning",
        """An allowance that silences nothing: the problem is gone, or stands on another line. Take the comment
out, or it will hide the next problem of that kind.""",
    ),
    "T601": Code(
        "file-not-found",
        "error",
        """A file that the spec names is not there. Paths are relative to the file that states them.""",
    ),
    "T602": Code(
        "unbounded-generation",
        "error",
        """A `generate` without a bound would spend without end. `until(rows: …, requests: …, cost: …)` bounds it; the
first bound reached wins.""",
    ),
    "T603": Code(
        "not-installed",
        "error",
        """A model or a package that the spec needs is not on this machine. The message says how to get it.""",
    ),
}
