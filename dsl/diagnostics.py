"""What the compiler has to say about a spec: values, collected and rendered elsewhere, never raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tunec.dsl.codes import CODES
from tunec.dsl.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that explains the first, with a few words."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` where `span` is."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A named set of edits that mends the problem."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: its code, where it is, a sentence in the file's own names, and the mend where there is one.

    `label` stands under the carets of the primary span; `labels` are other places.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()

    @property
    def name(self) -> str:
        """The name that goes with the code, such as `wrong-row-type`."""
        return CODES[self.code].name

    @property
    def severity(self) -> Severity:
        """Whether the problem stops a build."""
        return CODES[self.code].severity


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether a build has to stop."""
    return any(d.severity == "error" for d in diagnostics)
