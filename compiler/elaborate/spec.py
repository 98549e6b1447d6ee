"""The `spec` line: what a spec is called, its version, its seed; and the params that are set from outside."""

from __future__ import annotations

import re

from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.constants import constant
from tunec.compiler.elaborate.load import Program
from tunec.compiler.elaborate.long_names import too_long
from tunec.compiler.lowered import Json, is_plain, to_json
from tunec.dsl.secrets import masked

#: A semantic version without build metadata (https://semver.org), which is also the name of a folder.
VERSION = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
#: What a spec without a `spec` line may be called after: its file, where that is no path and no hidden file.
NAME = re.compile(r"\w[\w +.-]*")
SPEC_ARGUMENTS = ("version", "seed", "license", "description", "allow_empty")
#: What each expects, where that is no text.
_TYPES = {"seed": "int", "allow_empty": "bool"}


def read_spec(builder: Builder, program: Program) -> dict[str, Json]:
    """What the `spec` line says, defaults filled in; the seed is noted in the builder."""
    spec: dict[str, Json] = {
        "name": program.main.stem,
        "version": "0.0.0",
        "seed": 0,
        "license": "",
        "description": "",
    }
    _check_length(builder, program)
    if program.spec is None:
        if not NAME.fullmatch(program.main.stem):
            file = next(iter(builder.program.files.values()))
            message = f"the file name {program.main.name!r} cannot be used as the name of the spec"
            builder.report(
                "T211", message, file.span, help='rename the file, or begin it with `spec NAME(version: "1.0.0")`'
            )
        return spec
    spec["name"] = program.spec.name
    given: set[str] = set()
    for argument in program.spec.arguments:
        if argument.name in given:
            builder.report("T205", f"`{argument.name}` of `spec` is given twice", argument.span)
            continue
        given.add(argument.name or "")
        if argument.name not in SPEC_ARGUMENTS:
            where = argument.name_span or argument.span
            builder.unknown("argument of `spec`:", argument.name or "?", SPEC_ARGUMENTS, where, "T204")
            continue
        value = constant(builder, argument.value)
        if value is None:
            continue
        wanted = _TYPES.get(argument.name, "text")
        if value.type.name != wanted:
            builder.report(
                "T201", f"`{argument.name}` of `spec`: expected {wanted}, found {value.type}", argument.value.span
            )
            continue
        if not is_plain(value.lowered):
            message = f"`{argument.name}` of `spec` needs a plain value; only arithmetic is computed beforehand"
            builder.report("T209", message, argument.value.span)
            continue
        if argument.name == "seed" and int(str(value.lowered)) < 0:
            builder.report("T201", "`seed` of `spec` must be at least 0", argument.value.span)
            continue
        if argument.name == "version" and not VERSION.fullmatch(str(value.lowered)):
            message = f"{value.lowered!r} is not a semantic version"
            builder.report(
                "T211", message, argument.value.span, help='write MAJOR.MINOR.PATCH, such as `version: "1.0.0"`'
            )
            continue
        if argument.name == "version" and (found := too_long("a version", str(value.lowered))):
            builder.report("T211", found[0], argument.value.span, help=found[1])
            continue
        said = to_json(value.lowered)
        spec[argument.name] = masked(said) if isinstance(said, str) else said  # it is published
    if not spec.get("allow_empty", True):
        del spec["allow_empty"]  # as without it
    builder.seed = int(str(spec["seed"]))
    return spec


def _check_length(builder: Builder, program: Program) -> None:
    """Report a name of the spec that is too long for a file; without a `spec` line it is that of its own file."""
    if program.spec is not None:
        name, span = program.spec.name, program.spec.name_span
    else:
        name, span = program.main.stem, next(iter(program.files.values())).span
    found = too_long("the spec", name)
    if found is not None:
        builder.report("T211", found[0], span, help=found[1])


def check_overrides(builder: Builder) -> None:
    """Report what `--set` names and the spec does not declare."""
    params = [n for n, d in builder.program.declared.items() if not hasattr(d, "kind")]
    for name in builder.overrides:
        if name not in params:
            file = next(iter(builder.program.files.values()))
            builder.unknown("param in `--set`:", name, params, file.span)
