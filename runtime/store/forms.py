"""The forms of the JSON files in a store and in a version. A checksum tells damage; whoever can write such a file can
write a checksum too, so nothing is read by its parts before it has the form that tunec gives it.

A form is a type; `[form]`, a list; `(form, form)`, a list of just these; `{"*": form}`, an object with any names; or an
object whose names are given, of which those that end in `?` may be missing. Names beyond them are not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from tunec.compiler.types import RowType

Form: TypeAlias = "type | list[Form] | tuple[Form, ...] | Mapping[str, Form]"
#: What JSON of one form or another may hold at most: numbers beyond it have no place in a table.
_MOST = 1 << 63

_TEXTS: Form = {"*": str}
_COUNTS: Form = {"*": int}
_FOUND: Form = {
    "benchmarks?": [{"origin": str, "items": int, "matched": int}], "rows?": int, "kept?": int, "masked?": _COUNTS,
    "classes?": _COUNTS, "shares?": {"*": (int, int)},
    "constraints?": [{"rule": str, "bounds": [(str, float)], "shares": {"*": (float, float)}}],
    "search?": {"rows": int, "curve": [(int, float, object)]},
    "mixture?": {"shares": {"*": float}, "proportional": {"*": float}, "better": object, "proxies": list},
}  # fmt: skip
_ACCOUNT: Form = {
    "node": str, "op": str, "rows_in": int, "rows_out": int, "made": int, "dropped": int, "rules": _COUNTS,
    "notes?": [str], "starts?": [int], "splits?": _COUNTS, "mixed?": _TEXTS, "findings?": _FOUND,
}  # fmt: skip
_STEP: Form = {
    "label": str, "ids": [str], "fingerprint": str, "rows_in?": int, "rows_out?": int, "made?": int, "dropped?": int,
    "nodes?": [_ACCOUNT], "requests?": int, "prompt_tokens?": int, "completion_tokens?": int,
}  # fmt: skip
_NODE: Form = {"id": str, "op": str, "inputs": [str], "params": dict}
_TARGET: Form = {
    "kind": str, "splits?": _COUNTS, "benchmarks?": [str], "rows?": int, "entered?": int, "doc?": str,
    "declared?": str, "variant?": dict,
}  # fmt: skip
_READ: Form = {"version": str, "dataset": str, "split": str, "licence": str, "sources": [(str, str)]}
MANIFEST: Form = {
    "version": str, "contents": _TEXTS, "recipe": str,
    "spec": {"name": str, "version": str, "license": str, "description": str}, "params?": dict, "text?": _TEXTS,
    "lock": {"*": {"*": object}}, "packages?": {"*": object},
    "graph": {"nodes": [_NODE], "targets": {"*": {"kind": str, "node": str}}},
    "targets": {"*": _TARGET}, "steps": [_STEP],
    "fingerprints": {"*": {"print": str, "inputs": [str], "arguments": dict, "operator": _COUNTS, "outside": dict}},
    "nodes": {"*": {"op": str, "id": str, "place": str, "owner": str}}, "origins": {"*": [str]},
    "rules": {"*": {"*": {"place": str, "name": str, "shown?": str}}}, "paths": _TEXTS,
    "files?": {"*": [(str, int)]}, "licences": _TEXTS, "earlier?": {"*": _READ},
    "accepted?": [{"code": str, "message": str, "reason": str}], "row_types": {"*": object},
}  # fmt: skip
RUN: Form = {
    "finished?": str, "seconds?": float, "store?": str, "files?": _TEXTS, "steps?": {"*": float},
    "requests?": _COUNTS, "vectors?": _COUNTS, "scores?": _COUNTS, "ran?": [str], "cached?": [str],
    "cost?": float, "cost_in_all?": float, "possibly_paid?": float, "costs?": {"*": {"*": float}}, "host?": dict,
    "variants?": [{
        "evaluation": str, "measure": str, "compared": str, "lower": bool, "from": object,
        "rows": [{"variant": _TEXTS, "model": str, "value": float, "runs?": int, "apart?": (float, float)}],
    }],
}  # fmt: skip
RECORD: Form = {
    "fingerprint": str, "files": {"*": (str, int)}, "recordings": [str], "rows_in?": int, "rows_out?": int,
    "made?": int, "dropped?": int, "nodes?": [_ACCOUNT], "left_out?": list,
}  # fmt: skip
#: Notes on earlier builds, by the folder of the store that they lie in.
NOTES: Mapping[str, Form] = {
    "last": {"*": {"fingerprint": str, "inputs": [str], "measured?": {"*": float}}},
    "publications": {
        "version": str, "folder": str, "manifest": str, "accounts": [{"step": str, "stages": [_ACCOUNT]}],
    },
}  # fmt: skip


def misfit(value: Any, form: Form, place: str = "") -> str:
    """Where a value is not of a form: `steps[0].label`; nothing where it is."""
    return next(_misfits(value, form, place), "")


def _misfits(value: Any, form: Form, place: str) -> Iterator[str]:
    if isinstance(form, type):
        if not _is(value, form):
            yield place or "it"
    elif isinstance(form, list):
        if not isinstance(value, list):
            yield place or "it"
            return
        for number, one in enumerate(value):
            yield from _misfits(one, form[0], f"{place}[{number}]")
    elif isinstance(form, tuple):
        if not isinstance(value, list) or len(value) != len(form):
            yield place or "it"
            return
        for number, (one, part) in enumerate(zip(value, form, strict=True)):
            yield from _misfits(one, part, f"{place}[{number}]")
    elif not isinstance(value, dict):
        yield place or "it"
    elif "*" in form:
        for name, one in value.items():
            yield from _misfits(one, form["*"], f"{place}.{name}".lstrip("."))
    else:
        for name, part in form.items():
            inner = f"{place}.{name}".strip(".?")
            if name.rstrip("?") in value:
                yield from _misfits(value[name.rstrip("?")], part, inner)
            elif not name.endswith("?"):
                yield inner


def _is(value: Any, form: type) -> bool:
    if form in (int, float):
        whole = isinstance(value, int) or (form is float and isinstance(value, float) and math.isfinite(value))
        return whole and not isinstance(value, bool) and abs(value) < _MOST
    return isinstance(value, form)


def disjointed(manifest: Mapping[str, Any]) -> str:
    """What a manifest, of the right form, names and does not hold; nothing where all of it hangs together."""
    graph, targets = manifest["graph"], manifest["targets"]
    ids = {node["id"] for node in graph["nodes"]}
    named = [*(i for node in graph["nodes"] for i in node["inputs"]), *(t["node"] for t in graph["targets"].values())]
    lost = [f"graph.{name}" for name in named if name not in ids]
    lost += [f"graph.targets.{name}" for name in targets if name not in graph["targets"]]
    lost += [f"fingerprints.{i}" for step in manifest["steps"] for i in step["ids"] or ("",)
             if i not in manifest["fingerprints"]]  # fmt: skip
    for name, target in targets.items():
        if "splits" in target:
            told = ("benchmarks", "rows", "entered", "doc")
            lost += [f"targets.{name}.{part}" for part in told if part not in target]
            lost += [] if manifest["row_types"].get(name) in [*RowType] else [f"row_types.{name}"]
    return lost[0] if lost else ""
