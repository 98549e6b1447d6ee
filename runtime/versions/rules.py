"""Rules as people read them: with the names of the spec in place of references to nodes.

Stored rows hold the canonical text of a rule (`tunec.compiler.wording`); the manifest knows the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.planning.plan import Plan
from tunec.compiler.wording import named_rules


def told_rules(plan: Plan, catalogue: Catalogue) -> dict[tuple[str, str], str]:
    """As `named_rules`, by the fingerprints that accounts and ledgers have for nodes."""
    named = named_rules(plan.graph, catalogue)
    return {(plan.prints[node][:SHORT], text): name for (node, text), name in named.items()}


def shown(manifest: Mapping[str, Any], node: str | None, rule: str | None) -> str:
    """A rule of a ledger as people read it."""
    entry = manifest["rules"].get(node or "", {}).get(rule or "", {})
    return str(entry.get("shown") or _named(manifest, node, rule or ""))


def name_of(manifest: Mapping[str, Any], node: str | None, rule: str | None) -> str:
    """The name of a rule of a ledger: what the spec calls it, or the check of a training that rows fail."""
    stated = manifest["rules"].get(node or "", {}).get(rule or "", {})
    if "name" in stated:
        return str(stated["name"])
    known = manifest["nodes"].get(node or "", {}).get("id")
    left = (item for step in manifest["steps"] if known in step["ids"] for item in step.get("left_out", ()))
    return next((str(item["check"]) for item in left if item["rule"] == rule), "")


def _named(manifest: Mapping[str, Any], node: str | None, rule: str) -> str:
    """A rule that the manifest does not list (such as what a `select` goes by) with the names that its node refers to,
    wherever only one is of a kind."""
    if "@" not in rule:
        return rule
    wanted = manifest["nodes"].get(node or "", {}).get("id")
    params: Mapping[str, Any] = next((n["params"] for n in manifest["graph"]["nodes"] if n["id"] == wanted), {})
    owners = {known["id"]: (known["op"].split(".")[-1], known["owner"]) for known in manifest["nodes"].values()}
    names: dict[str, set[str]] = {}
    for reference in _references(params):
        kind, owner = owners.get(reference, ("", ""))
        names.setdefault(kind, set()).add(owner)
    only = {kind: next(iter(owners)) for kind, owners in names.items() if len(owners) == 1 and "" not in owners}
    return re.sub(r"@(\w+)", lambda found: only.get(found[1], found[0]), rule)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "ref" in value:
            yield str(value["ref"])
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def shown_value(manifest: Mapping[str, Any], value: str | None) -> str | None:
    """What was measured of a row, with the names of the sources in it."""
    for origin, names in manifest["origins"].items():
        value = value and value.replace(origin, names[0])
    return value


def shown_threshold(manifest: Mapping[str, Any], node: str | None, rule: str | None, threshold: str) -> str:
    """What a row was measured against, likewise. It is the end of the rule's text, or holds no reference."""
    entry = manifest["rules"].get(node or "", {}).get(rule or "", {})
    if not (rule or "").endswith(threshold) or "shown" not in entry:
        return threshold
    before = (rule or "").removesuffix(threshold)
    return str(entry["shown"])[_length_named(before, str(entry["shown"])) :]


def _length_named(before: str, named: str) -> int:
    """How much of a named text stands for the beginning `before` of its canonical text."""
    pattern = "".join(r"[\w.]+" if part.startswith("@") else re.escape(part) for part in re.split(r"(@\w+)", before))
    found = re.match(pattern, named)
    return found.end() if found else 0
