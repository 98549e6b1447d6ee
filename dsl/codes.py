"""The codes of the language and its compiler: name, severity and the page that `tunec explain` prints.

Rules of the linter are not here. Each has its code, name, severity and page in its own file, and its diagnostics carry
them along (`Diagnostic.about`).
"""

from __future__ import annotations

from typing import Literal

from tunec.dsl.record import record

Severity = Literal["error", "warning"]


@record
class Code:
    """The name and severity of a code, and its page: what is wrong, why it matters, what to write instead."""

    name: str
    severity: Severity
    page: str


CODES: dict[str, Code] = {
    "T001": Code(
        "unexpected-token",
        "error",
        """The parser found something that is not allowed here. It skips to the next statement and continues, so one run
reports every such location. Nothing is guessed: a spec that could be read in two ways would build two data sets. The
message says what was expected instead.""",
    ),
    "T002": Code(
        "unclosed-bracket",
        "error",
        """A `{`, `(` or `[` is opened and never closed. The caret points at the opening bracket; add the matching
closing bracket where its content ends.""",
    ),
    "T003": Code(
        "bad-character",
        "error",
        """A character that is not part of the language. Put text in double quotes; write `and`, `or` and `not` instead
of `&&`, `||` and `!`.""",
    ),
    "T004": Code(
        "space-before-call",
        "error",
        """There is a space between the name of a call and its `(`. Newlines have no meaning in the language, so this is
how the parser tells a call from the end of one statement and the start of the next. Write `words(prompt)`, not
`words (prompt)`.""",
    ),
    "T005": Code(
        "bad-statement-start",
        "error",
        """A statement starts with `(`, `[` or `-`. Newlines have no meaning in the language, so such a line would be
read as a continuation of the statement above. Start every statement with a name or a keyword.""",
    ),
    "T006": Code(
        "unclosed-text",
        "error",
        """A string is opened with a quote and never closed. A string in plain quotes must end on the same line; put a
string of several lines between triple quotes.""",
    ),
    "T007": Code(
        "bad-literal",
        "error",
        """A number, range or string that cannot be read: `10x` has an unknown unit, `5..3` is reversed, and `"\\q"` has
an unknown escape sequence. Write `10k` or `2M` for large numbers, `30%` for a share, `30s`, `5m` or `2h` for a
duration, `24GB` for a size and `$0.25` for money; write `\\\\` for a backslash, or `r"…"` for a regular expression.""",
    ),
    "T008": Code(
        "nested-too-deeply",
        "error",
        """Brackets, or operators in one expression, are nested more than 200 levels deep, which nobody can read. Name
the parts with `let` or `const`, or write `x in [a, b, c]` instead of a long chain of `or`.""",
    ),
    "T101": Code(
        "unknown-name",
        "error",
        """A name that is neither a field of the row nor declared anywhere. Names are resolved over the whole file, in
any order: first as fields of the row, then as `let` columns, then as declarations, then as columns of the local files.
Correct the spelling, declare the name, or import the file that declares it; a column of a file that is not at hand is
`meta.NAME`.""",
    ),
    "T102": Code(
        "duplicate-name",
        "error",
        """Two things have the same name. A name means one thing in the whole file, so that no reader has to work out
which one is meant. Rename one of them.""",
    ),
    "T103": Code(
        "unknown-operator",
        "error",
        """A call of an operator that does not exist here. There are operators of several kinds, each for one part of a
spec: functions for expressions, stages for the block of a `dataset`, rules for the block of a stage. `tunec ops` lists
all of them by kind.""",
    ),
    "T104": Code(
        "ambiguous-name",
        "error",
        """A name that could mean two things, such as a field of the row and a declaration. A declaration may never hide
a field or another declaration, so one of the two needs a different name.""",
    ),
    "T106": Code(
        "cycle",
        "error",
        """A circular reference: declarations, or imported files, that depend on each other. None of them can be built
first. The message shows the whole cycle; break it by removing one of the references.""",
    ),
    "T107": Code(
        "import-not-found",
        "error",
        """An imported file cannot be read, so its declarations are missing, and what needs them cannot be checked.
Paths are relative to the file that contains the import. Correct the path, or create the file.""",
    ),
    "T108": Code(
        "param-not-set",
        "error",
        """A `param` without a default has no value, so what depends on it is not known. That is what a param without a
default is for: whoever builds has to decide. Set it on the command line, `--set name=value`, or give it a
default in the spec.""",
    ),
    "T109": Code(
        "spec-not-first",
        "error",
        """`spec` describes the whole file, so it must come first, where a reader looks for it. Move it above all other
declarations.""",
    ),
    "T201": Code(
        "wrong-argument",
        "error",
        """An argument has the wrong type, or is a word that the parameter does not accept. Nothing is converted in
silence, because `"5"` for `5` is more often a mistake than meant. `tunec ops NAME` shows what each parameter
accepts.""",
    ),
    "T202": Code(
        "missing-argument",
        "error",
        """Something required is missing: an argument without a default, or a block. Such arguments have no default
because there is none that fits most data sets. `tunec ops NAME` shows the full signature.""",
    ),
    "T203": Code(
        "wrong-row-type",
        "error",
        """The rows have one type, but rows of another type are needed here. An instruction is converted to a chat
automatically; no other conversion is implicit. Read the rows as the type that is needed, with the `format:` of their
source.""",
    ),
    "T204": Code(
        "unknown-argument",
        "error",
        """An argument that the operator does not have. Unknown arguments are never ignored, because a typo would then
silently change the result. `tunec ops NAME` lists the arguments.""",
    ),
    "T205": Code(
        "too-many-arguments",
        "error",
        """More arguments than the operator takes, or the same argument twice. Which of two values is meant cannot be
told. `tunec ops NAME` lists the arguments.""",
    ),
    "T206": Code(
        "wrong-operand",
        "error",
        """An operation on values it does not support, such as comparing a text with a number. It
would have no result, or one that means nothing, for every row. Compare values of the same type:
measure a text first (`words`, `chars`), or read a number from it (`number`).""",
    ),
    "T207": Code(
        "misplaced",
        "error",
        """A part of the language where it has no meaning, such as `keep` outside `filter`. Each form is allowed in one
kind of block, so that a reader knows what a line does without reading those around it. The message says what is allowed
here.""",
    ),
    "T208": Code(
        "wrong-kind",
        "error",
        """The name exists, but is not what is needed here: rows, a model, or a function. The message says which
kind is needed, and as what the name was declared.""",
    ),
    "T209": Code(
        "not-constant",
        "error",
        """A value that depends on a row, where one value for all rows is needed before the run. Write a literal, a
`const` or a `param`.""",
    ),
    "T210": Code(
        "unknown-field",
        "error",
        """`set` can write only the content fields of the row type and `meta.NAME`. Use one of these, or write
`meta.NAME: …` for a column of your own. Messages are changed by `normalize` and `mask` only, and a finder, such as
`pii`, can search only fields that hold text.""",
    ),
    "T211": Code(
        "bad-value",
        "error",
        """A param, its type, or a format is invalid, so the values that depend on it cannot be checked: the value
does not have the declared type, the type does not
exist, or no row type has these fields. So is a `--set` that picks no item of a `vary`, and a spec whose `vary` lines
make more variants than a spec may have: list fewer items. Names that become names of files (of the spec, its
declarations, versions and splits) have at most 100 bytes.""",
    ),
    "T301": Code(
        "text-changed-after-comparison",
        "error",
        """A stage changes text after `dedup` or `decontaminate` has compared it. What was compared is then no longer
what is trained on, so duplicates and benchmark items can be back in the data. Clean the text first and compare
afterwards. `mask` is allowed, because it only removes.""",
    ),
    "T302": Code(
        "stage-after-split",
        "error",
        """After `split`, only `repeat`, `shuffle` and `check` are allowed. Anything that drops or adds rows there would
change the sizes of the splits, or put near-duplicates on both sides. Move the stage above `split`.""",
    ),
    "T303": Code(
        "drop-after-balance",
        "warning",
        """A stage drops rows after `balance` or `mix`, which can break the shares these have set. The shares are
checked again afterwards: a bound of `balance` that no longer holds is an error (T903), a mixture that is no longer what
it says a warning of the build. Move the stage above `balance` or `mix`.""",
    ),
    "T304": Code(
        "shares-not-whole",
        "error",
        """The shares of a `split` or `mix` do not add up to 100%. Whether the rest of the rows should be lost or the
others be given more, the spec does not say. Correct a share, or name the part that is missing.""",
    ),
    "T398": Code(
        "bad-allowance",
        "warning",
        """A suppression that cannot be read. `# tunec: allow T305 because "…"` silences a problem on the same line or
the next. It names one code, or several separated by commas, and gives the reason in quotes, so that the next reader can
judge whether it still holds. Errors of the language itself cannot be suppressed, because nothing can be built from
them.""",
    ),
    "T399": Code(
        "unused-allowance",
        "warning",
        """An unused suppression: the problem is gone, or is on another line. Remove the comment, or it will hide the
next problem of that kind.""",
    ),
    "T510": Code(
        "more-memory-than-there-is",
        "warning",
        """A training that needs more memory than the device has, as far as the model's configuration and the
settings tell: weights, gradients, what the optimizer keeps, activations and logits at the longest rows. It would end in
the middle, after minutes or hours. Lower `micro_batch_size` or `max_length`, or train fewer weights with `lora(…)` or
`qlora(…)`. `tunec plan` shows the parts.

Source: `docs/hardware.md`, estimates against measurements.""",
    ),
    "T511": Code(
        "few-trained-weights",
        "warning",
        """An adapter that trains less than 0.1 % of the weights. It learns a tone rather than a subject: Platypus
trained 0.2 to 0.3 % for reasoning. Raise `rank`, or adapt more matrices, such as those of the MLP.

Source: Lee et al., Platypus (arXiv 2308.07317), section 2.4.""",
    ),
    "T601": Code(
        "file-not-found",
        "error",
        """A file that the spec refers to does not exist, or a pattern matches none. Paths are relative to the file that
contains them, not to the folder where the command runs. `tunec lint` says which folder was looked into and which name
is near (T332).""",
    ),
    "T602": Code(
        "unbounded-generation",
        "error",
        """A `generate` without a bound would run, and spend, forever. Add `until(rows: …, requests: …, cost: …)`; the
first bound that is reached ends the generation.""",
    ),
    "T606": Code(
        "outside-refused",
        "error",
        """A spec that reads a file outside its repository, a file of this machine through a URL, or an address of this
machine or of a private network. What is read may be published, so a spec from somebody else must not reach it. If you
trust the spec, allow it with `--allow-outside`, or with `TUNEC_ALLOW_OUTSIDE=1` in your environment. A path that is
given with `--set` is always read. The repository is the nearest folder around the spec that holds `.git`, `.hg` or
`.svn`; without one, it is the spec's folder.""",
    ),
    "T603": Code(
        "not-installed",
        "error",
        """A model or a package that the spec needs is not installed on this machine. It is found before the first step
runs, so that no build stops half way for it. The message says how to get it, most often with `pip install`.""",
    ),
    "T901": Code(
        "nothing-left",
        "error",
        """A rule drops all rows, no record of a source can be read, or a data set, a split or a generation has no rows.
Most often a condition is misspelled: `meta.category == "Closed QA"` is never true where the file says `closed_qa`.
The message has the rule, the counts, and the values that were measured. Nothing is published; finished steps are saved.
Where no rows are a possible result, write `spec NAME(allow_empty: true)`.""",
    ),
    "T902": Code(
        "check-failed",
        "error",
        """A `check` of the spec does not hold. The message has the numbers and, where it can be told from stored rows,
the stage that moved them. Nothing is published; what was built is left beside where it would be published, in
`OUT/NAME-unpublished`: `tunec why`, `report` and `diff` read it, and `tunec peek` shows the rows.""",
    ),
    "T903": Code(
        "shares-moved",
        "error",
        """A stage after `balance` dropped rows, or changed texts whose tokens were counted, and a bound that `balance`
had made hold no longer does. The message has the numbers. Move `balance` below that stage. Where a `mix` is no longer
what it says, to the row, the build warns with the numbers and goes on. What was built is left as by a failed
`check`.""",
    ),
}
