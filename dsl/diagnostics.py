"""The compiler's diagnostics: values, collected and rendered elsewhere, never raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tunec.dsl.codes import CODES, Code, Severity
from tunec.dsl.record import record
from tunec.dsl.secrets import masked
from tunec.dsl.source import Span


@record
class Label:
    """A second location that explains the first, in a few words."""

    span: Span
    text: str


@record
class Edit:
    """Put `text` where `span` is."""

    span: Span
    text: str


@record
class Fix:
    """A named set of edits that fixes the problem.

    `safe`: it can only mean this, so that `tunec lint --fix` may apply it without asking. A guess at a name is not.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@record
class Diagnostic:
    """One problem: its code, where it is, a sentence in the file's own names, and the fix where there is one.

    `label` stands under the carets of the primary span; `labels` are other locations. `notes` are facts that help to
    judge: the signature of what was called, what was seen in a file. `about` describes a code that is not in `CODES`: a
    rule of the linter carries its own name, severity and page.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    notes: tuple[str, ...] = ()
    about: Code | None = None

    def __post_init__(self) -> None:
        # The one door for all forms in which a diagnostic is shown: what it quotes of a URL holds no secret.
        for name in ("message", "label", "help"):
            object.__setattr__(self, name, masked(getattr(self, name)))
        object.__setattr__(self, "notes", tuple(map(masked, self.notes)))

    @property
    def described(self) -> Code:
        """The name, severity and page of the code."""
        return self.about or CODES[self.code]

    @property
    def name(self) -> str:
        """The name that goes with the code, such as `wrong-row-type`."""
        return self.described.name

    @property
    def severity(self) -> Severity:
        """Whether the problem stops a build."""
        return self.described.severity


def is_syntax(diagnostic: Diagnostic) -> bool:
    """Whether the problem is one of the text: something of it could not be read."""
    return diagnostic.code.startswith("T00")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether a build has to stop."""
    return any(d.severity == "error" for d in diagnostics)


def as_errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The same problems, every one of them an error: what `--strict` asks for."""
    return [replace(d, about=replace(d.described, severity="error")) for d in diagnostics]
