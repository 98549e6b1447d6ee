"""Which licences go together, worked out by hand from their terms."""

from __future__ import annotations

import pytest

from tunec.compiler.licences import FAMILIES, LICENCES, conflicts, licence_of, strictest, strictness, unknown_in


@pytest.mark.parametrize(
    "identifier, family",
    [
        ("CC0-1.0", "public domain"), ("MIT", "permissive"), ("apache-2.0", "permissive"), ("cc-by-4.0", "permissive"),
        ("CC-BY-SA-4.0", "share-alike"), ("gpl-3.0", "share-alike"), ("ODbL-1.0", "share-alike"),
        ("CC-BY-NC-4.0", "non-commercial"), ("CC-BY-NC-SA-4.0", "non-commercial, share-alike"),
        ("CC-BY-ND-4.0", "no derivatives"), ("CC-BY-NC-ND-4.0", "no derivatives"),
    ],
)  # fmt: skip
def test_families(identifier: str, family: str) -> None:
    licence = licence_of(identifier)
    assert licence is not None and licence.family == family


def test_every_licence_has_a_family_and_passes_to_known_ones() -> None:
    for licence in LICENCES.values():
        assert licence.family in FAMILIES
        assert licence.passes_to <= set(LICENCES)


@pytest.mark.parametrize(
    "given, expected",
    [
        ([], ""),
        (["MIT"], "MIT"),
        (["MIT", "Apache-2.0"], "MIT"),
        (["CC0-1.0", "MIT", "CC-BY-NC-4.0", "CC-BY-SA-4.0"], "CC-BY-NC-4.0"),
        (["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"], "CC-BY-NC-SA-4.0"),
        (["CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"], "CC-BY-ND-4.0"),
        (["MIT", ""], ""),
        (["CC-BY-NC-ND-4.0", "LicenseRef-house"], "LicenseRef-house"),
        (["CC-BY-4.0", "MIT OR CC-BY-NC-4.0"], "CC-BY-4.0"),
        # What is made from both may stand under the later version alone.
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], "CC-BY-SA-4.0"),
        (["CC-BY-SA-4.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0"], "CC-BY-SA-4.0"),
        (["LGPL-3.0-only", "MIT", "GPL-3.0-only"], "GPL-3.0-only"),
        (["ODbL-1.0", "CC-BY-SA-4.0"], "ODbL-1.0"),
        (["CC-BY-4.0", "MIT AND CC-BY-NC-4.0"], "MIT AND CC-BY-NC-4.0"),
    ],
)
def test_strictest(given: list[str], expected: str) -> None:
    assert strictest(given) == expected


def test_strictness_follows_the_families() -> None:
    order = ["CC0-1.0", "MIT", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "no such", ""]
    assert [strictness(i) for i in order] == [0, 1, 2, 3, 4, 5, 6, 6]


@pytest.mark.parametrize(
    "sources, spec, reasons",
    [
        ({"a": "MIT", "b": "CC-BY-4.0", "c": ""}, "Apache-2.0", []),
        ({"a": "CC-BY-NC-4.0"}, "Apache-2.0", ["non-commercial"]),
        ({"a": "CC-BY-NC-4.0"}, "CC-BY-NC-SA-4.0", []),
        ({"a": "CC-BY-NC-4.0"}, "", []),
        ({"a": "CC-BY-SA-4.0"}, "MIT", ["share-alike"]),
        ({"a": "CC-BY-SA-3.0"}, "CC-BY-SA-4.0", []),
        ({"a": "CC-BY-SA-4.0"}, "CC-BY-SA-3.0", ["share-alike"]),
        ({"a": "CC-BY-SA-4.0"}, "GPL-3.0", []),
        ({"a": "CC-BY-NC-SA-4.0"}, "CC-BY-SA-4.0", ["non-commercial"]),
        ({"a": "CC-BY-NC-SA-4.0"}, "CC-BY-NC-4.0", ["share-alike"]),
        ({"a": "CC-BY-ND-4.0"}, "", ["no-derivatives"]),
        ({"a": "CC-BY-SA-4.0", "b": "ODbL-1.0"}, "", ["two-share-alikes"]),
        ({"a": "CC-BY-SA-3.0", "b": "CC-BY-SA-4.0"}, "CC-BY-SA-4.0", []),
        ({"a": "CC-BY-SA-4.0", "b": "CC-BY-NC-SA-4.0"}, "", ["two-share-alikes"]),
        ({"a": "CC-BY-NC-4.0", "b": "CC-BY-SA-3.0"}, "", ["excluded"]),
        ({"a": "CC-BY-SA-3.0", "b": "MIT", "c": "CC-BY-NC-4.0"}, "", ["excluded"]),
        ({"a": "CC-BY-NC-4.0", "b": "CC-BY-SA-3.0"}, "CC-BY-NC-4.0", ["share-alike"]),
        ({"a": "CC-BY-NC-4.0", "b": "CC-BY-NC-SA-4.0"}, "", []),
        ({"a": "MIT OR CC-BY-NC-4.0"}, "MIT", []),
        ({"a": "MIT AND CC-BY-NC-4.0"}, "MIT", ["non-commercial"]),
        ({"a": "Apachy"}, "MIT", ["unknown"]),
    ],
)
def test_conflicts(sources: dict[str, str], spec: str, reasons: list[str]) -> None:
    assert [c.reason for c in conflicts(sources, spec)] == reasons


def test_a_conflict_of_two_names_both() -> None:
    (found,) = conflicts({"wiki": "CC-BY-SA-4.0", "map": "ODbL-1.0"}, "")
    assert (found.source, found.licence, found.other, found.other_licence) == (
        "map", "ODbL-1.0", "wiki", "CC-BY-SA-4.0",
    )  # fmt: skip


def test_unknown_identifiers() -> None:
    assert unknown_in("MIT AND (Apachy OR CC0-1.0)") == ["Apachy"]
    assert unknown_in("LicenseRef-ours") == []
    assert unknown_in("GPL-2.0-or-later WITH Classpath-exception-2.0") == []


def test_of_equals_its_own_licence_counts() -> None:
    assert strictest(["MIT", "MIT"], "Apache-2.0") == "Apache-2.0"
    assert strictest(["CC-BY-NC-4.0"], "MIT") == "CC-BY-NC-4.0"
    assert strictest(["MIT", ""], "MIT") == "" and strictest([], "MIT") == "MIT" == strictest(["MIT"], None)
