"""What identifies a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import IntExpr, TextExpr


@operator(version=2, cost="scan", row_wise=True, packages=("phonenumbers", "python-stdnum"))
def pii(
    text: TextExpr,
    *,
    kinds: list[
        Literal["email", "url", "iban", "bitcoin", "chinese_id", "credit_card", "ssn", "mac", "ip", "phone"]
    ] = [],  # noqa: B006 - read only; documentation shows it
    phones: Literal["possible", "valid"] = "possible",
) -> IntExpr:
    """The number of places of a text that identify a person: addresses, telephone and account numbers, and the like.

    Numbers that have a checksum count only where it is right: IBAN (mod 97), credit card (Luhn, and a beginning that
    issuers use), Chinese identity number (its date too), Bitcoin address. Telephone numbers count where a country code,
    a shape that only they have, or a word beside them says so. Addresses at `example.com` and the like, loopback and
    documentation networks are no one's and do not count. Names and postal addresses are not looked for.

    Measured in `docs/functions-measured.md`. `mask(pii(response))` replaces what is found.

    Args:
        text: where it is looked for; missing gives missing.
        kinds: what is looked for; all kinds where none is named.
        phones: `valid` leaves telephone numbers out that no country has given out (555-0199).

    Source: libphonenumber (phonenumbers), python-stdnum; the kinds follow Microsoft Presidio's.

    Example:
        drop pii(response) > 0
    """
    import polars as pl

    from tunec.runtime.text.personal import KINDS, counted

    return text.map_batches(
        lambda texts: counted(texts, kinds or KINDS, phones), return_dtype=pl.Int64, is_elementwise=True
    )
