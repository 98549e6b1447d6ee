"""What licences allow: which may feed which, and which of several is the strictest.

Licences are named by their SPDX identifiers, in any letter case, alone or joined by `AND` and `OR`. This is a reading
of their plain terms as they bear on a data set that is made from others and published, and no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from tunec.dsl.record import record

Reason = Literal["no-derivatives", "non-commercial", "share-alike", "two-share-alikes", "excluded", "unknown"]


@record
class Licence:
    """One licence. `passes_to`: where it is share-alike, the identifiers under which what is made from it may stand."""

    id: str
    attribution: bool = True
    commercial: bool = True
    derivatives: bool = True
    passes_to: frozenset[str] = frozenset()

    @property
    def share_alike(self) -> bool:
        """Whether what is made from it has to stand under it, or under one that it names."""
        return bool(self.passes_to)

    @property
    def family(self) -> str:
        """A word for what matters of it; `strictness` orders the words."""
        if not self.derivatives:
            return "no derivatives"
        if not self.commercial:
            return "non-commercial, share-alike" if self.share_alike else "non-commercial"
        if self.share_alike:
            return "share-alike"
        return "permissive" if self.attribution else "public domain"


#: From the freest family to the strictest. A licence that nobody here knows counts as stricter than all of them.
FAMILIES = (
    "public domain", "permissive", "share-alike", "non-commercial", "non-commercial, share-alike", "no derivatives",
)  # fmt: skip

_PUBLIC = "CC0-1.0 PDDL-1.0 CC-PDDC Unlicense 0BSD WTFPL MIT-0 CC-PDM-1.0"
_PERMISSIVE = (
    "MIT Apache-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear ISC Zlib PSF-2.0 PostgreSQL NCSA AFL-3.0 Artistic-2.0 "
    "BSL-1.0 MulanPSL-2.0 ODC-By-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 C-UDA-1.0 OGL-UK-3.0 etalab-2.0 "
    "CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0"
)
_NON_COMMERCIAL = "CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 PolyForm-Noncommercial-1.0.0"
_NO_DERIVATIVES = (
    "CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 "
    "CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0"
)
#: A share-alike licence, and others than itself under which a work made from it may stand: later versions, and the
#: licences that Creative Commons names as compatible.
_SHARE_ALIKE = {
    "CC-BY-SA-2.0": "CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0",
    "CC-BY-SA-2.5": "CC-BY-SA-3.0 CC-BY-SA-4.0",
    "CC-BY-SA-3.0": "CC-BY-SA-4.0",
    "CC-BY-SA-4.0": "GPL-3.0-only GPL-3.0-or-later",
    "ODbL-1.0": "",
    "CDLA-Sharing-1.0": "",
    "GFDL-1.3-only": "",
    "GFDL-1.3-or-later": "GFDL-1.3-only",
    "GPL-2.0-only": "",
    "GPL-2.0-or-later": "GPL-2.0-only GPL-3.0-only GPL-3.0-or-later AGPL-3.0-only AGPL-3.0-or-later",
    "GPL-3.0-only": "AGPL-3.0-only",
    "GPL-3.0-or-later": "GPL-3.0-only AGPL-3.0-only AGPL-3.0-or-later",
    "AGPL-3.0-only": "",
    "AGPL-3.0-or-later": "AGPL-3.0-only",
    "LGPL-2.1-only": "GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later",
    "LGPL-2.1-or-later": "LGPL-2.1-only LGPL-3.0-only LGPL-3.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only "
    "GPL-3.0-or-later",
    "LGPL-3.0-only": "GPL-3.0-only GPL-3.0-or-later",
    "LGPL-3.0-or-later": "LGPL-3.0-only GPL-3.0-only GPL-3.0-or-later",
    "MPL-2.0": "LGPL-2.1-or-later LGPL-3.0-or-later GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later AGPL-3.0-only "
    "AGPL-3.0-or-later",
    "EUPL-1.2": "CC-BY-SA-3.0 GPL-2.0-only GPL-3.0-only AGPL-3.0-only MPL-2.0",
}
_NON_COMMERCIAL_SHARE_ALIKE = {
    "CC-BY-NC-SA-2.0": "CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0",
    "CC-BY-NC-SA-2.5": "CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0",
    "CC-BY-NC-SA-3.0": "CC-BY-NC-SA-4.0",
    "CC-BY-NC-SA-4.0": "",
}


def _all() -> dict[str, Licence]:
    found = [Licence(i, attribution=False) for i in _PUBLIC.split()]
    found += [Licence(i) for i in _PERMISSIVE.split()]
    found += [Licence(i, commercial=False) for i in _NON_COMMERCIAL.split()]
    found += [Licence(i, derivatives=False, commercial="-NC-" not in i) for i in _NO_DERIVATIVES.split()]
    for table, commercial in ((_SHARE_ALIKE, True), (_NON_COMMERCIAL_SHARE_ALIKE, False)):
        found += [
            Licence(i, commercial=commercial, passes_to=frozenset({i, *others.split()})) for i, others in table.items()
        ]
    return {licence.id: licence for licence in found}


#: Every licence that is known here, by its SPDX identifier.
LICENCES: Mapping[str, Licence] = _all()
_BY_FOLDED = {i.lower(): i for i in LICENCES}
#: Identifiers that SPDX has retired, and what model hubs write in their place.
_OLD = {
    "gpl-2.0": "GPL-2.0-only", "gpl-3.0": "GPL-3.0-only", "agpl-3.0": "AGPL-3.0-only", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only", "gfdl": "GFDL-1.3-or-later", "gfdl-1.3": "GFDL-1.3-only", "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0", "pddl": "PDDL-1.0",
}  # fmt: skip


@record
class Conflict:
    """A source whose licence forbids what the spec does. `other` is the second source, where two do not go together."""

    source: str
    licence: str
    reason: Reason
    other: str = ""
    other_licence: str = ""


def licence_of(text: str) -> Licence | None:
    """The licence of a single identifier, or None where it is not known."""
    folded = text.strip().lower()
    return LICENCES.get(_BY_FOLDED.get(folded, _OLD.get(folded, "")))


def unknown_in(text: str) -> list[str]:
    """The identifiers of an expression that are not known here. `LicenseRef-…` is nobody's mistake."""
    words = [word for choice in _choices(text) for word in choice]
    return [w for w in words if licence_of(w) is None and not w.lower().startswith("licenseref-")]


def strictness(text: str) -> int:
    """How strict an expression is: the place of its family in `FAMILIES`; one more where it is not known or empty.

    Of `A OR B` the freer counts, of `A AND B` the stricter.
    """
    return min((max(map(_rank, choice)) for choice in _choices(text) if choice), default=len(FAMILIES))


def strictest(licences: Iterable[str], own: str | None = None) -> str:
    """The licence that a set made from sources under these has to respect most: the strictest; of equals one that what
    is made from all of them may stand under, or else the first. Its `own` licence, where it has one, comes before those
    of its sources.

    The empty text where there are none, or where the licence of a source is not stated: then nothing can be promised.
    """
    given = [*filter(None, [own]), *licences]
    if not given or not all(given):
        return ""
    most = max(map(strictness, given))
    equals = [text for text in given if strictness(text) == most]
    return next((text for text in equals if all(_may_become(other, text) for other in equals)), equals[0])


def _may_become(text: str, other: str) -> bool:
    """Whether what is made from a set under one licence may stand under another of the same strictness."""
    ours, theirs = _freest(text), _freest(other)
    return ours is None or not ours.share_alike or (theirs is not None and theirs.id in ours.passes_to)


def conflicts(source_licences: Mapping[str, str], spec_licence: str) -> list[Conflict]:
    """What the licences of sources, by their names, forbid a spec under `spec_licence` to do; in the order of sources.

    A source without a licence conflicts with nothing here; without a spec licence only what holds under any remains.
    """
    found: list[Conflict] = []
    passing: list[tuple[str, str, frozenset[str]]] = []
    read: list[tuple[str, str, Licence]] = []
    stated = _freest(spec_licence) is not None
    for name, text in source_licences.items():
        if not text:
            continue
        licence = _freest(text)
        if licence is None:
            found.append(Conflict(name, text, "unknown"))
            continue
        reason = _forbidden(licence, spec_licence)
        if reason is not None:
            found.append(Conflict(name, text, reason))
        if licence.share_alike:
            clash = next((other for other in passing if not other[2] & licence.passes_to), None)
            if clash is not None:
                found.append(Conflict(name, text, "two-share-alikes", clash[0], clash[1]))
            passing.append((name, text, licence.passes_to))
        # Where the spec states a licence, it is in conflict with one of the two.
        enemy = None if stated else next((other for other in read if _exclude(licence, other[2])), None)
        if enemy is not None:
            found.append(Conflict(name, text, "excluded", enemy[0], enemy[1]))
        read.append((name, text, licence))
    return found


def told(conflict: Conflict, spec_licence: str) -> str:
    """A conflict in a sentence."""
    source = f"`{conflict.source}`"
    two = " and ".join(f"`{name}`" for name in sorted((conflict.source, conflict.other)))
    return {
        "non-commercial": f"{source} is non-commercial, but the spec is published under {spec_licence}",
        "share-alike": f"what is made from {source} must be published under {conflict.licence}, not {spec_licence}",
        "no-derivatives": f"{source} allows no derivatives, but a data set made from it is one",
        "two-share-alikes": f"{two} must each keep their own licence",
        "excluded": f"the licences of {two} exclude each other: one forbids commercial use, "
        "and the other must be passed on with the right to it",
        "unknown": f"the licence of {source} is not known: {conflict.licence}",
    }[conflict.reason]


def _exclude(one: Licence, other: Licence) -> bool:
    """Whether what is made from both cannot be published: one wants a licence without commercial use, the other one of
    those that allow it. (Of two share-alikes more is known.)"""
    if one.commercial == other.commercial or (one.share_alike and other.share_alike):
        return False
    free = one if one.commercial else other
    return free.share_alike and all(LICENCES[i].commercial for i in free.passes_to)


def _forbidden(licence: Licence, spec_licence: str) -> Reason | None:
    if not licence.derivatives:
        return "no-derivatives"
    target = _freest(spec_licence)
    if target is None:
        return None
    if not licence.commercial and target.commercial:
        return "non-commercial"
    if licence.share_alike and target.id not in licence.passes_to:
        return "share-alike"
    return None


def _freest(text: str) -> Licence | None:
    """The one licence that an expression comes down to: of its choices the freest, of that the strictest part."""
    known = [[licence_of(word) for word in choice] for choice in _choices(text)]
    whole = [[x for x in choice if x is not None] for choice in known if choice and None not in choice]
    parts = [max(choice, key=lambda x: FAMILIES.index(x.family)) for choice in whole]
    return min(parts, key=lambda x: FAMILIES.index(x.family), default=None)


def _choices(text: str) -> list[list[str]]:
    words = text.replace("(", " ").replace(")", " ").split()
    choices: list[list[str]] = [[]]
    skip = False
    for word in words:
        if skip or word.upper() == "AND":
            skip = False
        elif word.upper() == "OR":
            choices.append([])
        elif word.upper() == "WITH":
            skip = True  # an exception only adds freedom
        else:
            choices[-1].append(word)
    return choices


def _rank(identifier: str) -> int:
    licence = licence_of(identifier)
    return len(FAMILIES) if licence is None else FAMILIES.index(licence.family)
