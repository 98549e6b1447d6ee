"""Finds what identifies a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.text.masking import Search
    from tunec.runtime.values import Field


@operator(version=2, cost="scan", row_wise=True, packages=("phonenumbers", "python-stdnum"))
def pii(
    field: Field,
    *,
    kinds: list[
        Literal["email", "url", "iban", "bitcoin", "chinese_id", "credit_card", "ssn", "mac", "ip", "phone"]
    ] = [],  # noqa: B006 - read only; documentation shows it
    phones: Literal["possible", "valid"] = "possible",
) -> Search:
    """Finds e-mail addresses, telephone numbers, account numbers and the like in a field, for `mask` to replace.

    What is found is what the row function `pii` counts; its page says more.

    Args:
        field: where it looks. Of a chat every turn is read: `prompt` is all that the user says, `response` all that the
            assistant says, `text` the whole, system turns too; of a preference `response` is both answers.
        kinds: what it looks for; all kinds where none is named.
        phones: `valid` leaves telephone numbers out that no country has given out.

    Example:
        mask(pii(text, kinds: [email, phone]))
    """
    from tunec.runtime.text.masking import Search
    from tunec.runtime.text.personal import KINDS, found

    return Search(field, lambda texts: found(texts, kinds or KINDS, phones))
