"""The text of a spec from what a configuration says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.types import FIELDS
from tunec.dsl.format import format_text
from tunec.dsl.source import Source
from tunec.dsl.tables import WORDS
from tunec.from_yaml.settings import Left
from tunec.from_yaml.start import Source as Declared
from tunec.from_yaml.start import Start
from tunec.from_yaml.training import share, training_text

#: What a source cannot be called: keywords, the other names of the spec, and fields, which it would hide.
_TAKEN = frozenset(WORDS) | {"data", "held_out", "base", "tuned", "scores", "id", "origin", "split", "meta"}
#: Objectives that train on rows of one type only.
_OBJECTIVES = {"dpo": "preference", "orpo": "preference", "kto": "rated", "pretrain": "text"}
_FIELDS = frozenset(name for fields in FIELDS.values() for name in fields)


def spec_text(start: Start, catalogue: Catalogue) -> str:
    """The spec, before formatting. Keys that cannot be written are added to what is left."""
    stem = plain_name(Path(start.file).stem) or "spec"
    seed = f", seed: {start.seed}" if start.seed is not None else ""
    lines = [f"# From {_comment(start.file)}, a configuration of {start.tool}.", f'spec {stem}(version: "0.0.0"{seed})']
    names = _Names()
    _once(start)
    named = [(source, names.of(source)) for source in start.sources]
    watched = [(source, names.of(source)) for source in start.held_out]
    told: set[int] = set()
    groups = _groups(named)
    _part(start, groups)
    for source, name in (*named, *watched):
        lines += ["", *_source(source, name, start.left, told)]
    held_out = _groups(watched)
    for number, (rows, group) in enumerate(held_out.items()):
        _dataset(lines, "held_out" if number == 0 else names.free(f"held_out_{rows}"), group, [])
    of_type: dict[str, str] = {}
    for number, (rows, group) in enumerate(groups.items()):
        name = "data" if number == 0 else names.free(f"data_{rows}")
        of_type[rows] = name
        _dataset(lines, name, group, _stages(start, group))
    if start.training is not None:
        training = start.training
        if training.objective == "sft" and next(iter(of_type), "") == "text":
            training = replace(training, objective="pretrain")  # there is no turn of an assistant to learn
        rows = of_type.get(_OBJECTIVES.get(training.objective) or next(iter(of_type), ""), "")
        text, live = training_text(training, rows, "held_out" if held_out else "", catalogue)
        lines += ["", text] if live else ["", "# The training of the configuration, which is not supported yet:"]
        lines += [] if live else [f"#     {line}".rstrip() for line in format_text(Source(stem, text)).splitlines()]
    lines += _rest(start, told)
    return "\n".join(lines) + "\n"


def plain_name(text: str) -> str:
    """A name as a spec may give it, from a path or a repository; "" where nothing is left of it."""
    stem = re.sub(
        r"\.(jsonl?|ndjson|csv|tsv|parquet|txt|md)(\.(gz|zst|bz2))?$", "", re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    )
    plain = re.sub(r"\W+", "_", stem.lower()).strip("_")
    return plain if not plain or (re.match(r"[^\W\d]", plain) and plain not in _TAKEN | _FIELDS) else f"s_{plain}"


def _once(start: Start) -> None:
    """Keep each data set once: a list of rows names nothing twice, and a row is in a data set once."""
    found: dict[tuple[object, ...], int] = {}
    shares = dict[int, float]()
    for number, source in enumerate(start.sources):
        same = found.setdefault((source.connector, source.arguments, source.format.text, source.sample), number)
        if start.shares:
            shares[same] = shares.get(same, 0) + start.shares[number]
        if same != number:
            source.settings.leave_entry("the data set is named twice: written once, as a row is in a data set once")
    start.sources = [start.sources[number] for number in found.values()]
    start.shares = [shares[number] for number in found.values()] if start.shares else []


class _Names:
    """Gives each source a name of its own."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def of(self, source: Declared) -> str:
        return self.free(plain_name(source.name) or "source_1")

    def free(self, name: str) -> str:
        while name in self.used:
            head, _, number = name.rpartition("_")
            name = f"{head}_{int(number) + 1}" if head and number.isdecimal() else f"{name}_2"
        self.used.add(name)
        return name


def _source(source: Declared, name: str, left: list[Left], told: set[int]) -> list[str]:
    """A source under everything that is left of its entry, as a comment where it has no format."""
    settings = source.settings
    lines = []
    for said in left:
        own = said.file == settings.file.name and f"{said.key}.".startswith(f"{settings.place}.")
        if settings.place and own and id(said) not in told:
            told.add(id(said))
            lines.append(f"# {said}")
    text = f"{source.connector}({', '.join(source.arguments)})"
    if not source.format.ready:
        return [*lines, f"# source {name} = {text}"]
    if source.sample is None:
        return [*lines, f"source {name} = {text}"]
    return [*lines, f"source {name}_all = {text}", f"source {name} = sample({name}_all, {source.sample})"]


def _groups(named: Iterable[tuple[Declared, str]]) -> dict[str, list[tuple[Declared, str]]]:
    """The sources by what can stand in one data set: chats and instructions together, every other type alone."""
    groups: dict[str, list[tuple[Declared, str]]] = {}
    for source, name in named:
        if source.format.ready:
            rows = "chat" if source.format.rows == "instruction" else source.format.rows
            groups.setdefault(rows, []).append((source, name))
    return groups


def _part(start: Start, groups: dict[str, list[tuple[Declared, str]]]) -> None:
    """Say what is lost where sources that a tool reads together need data sets of their own."""
    first, *others = groups.values() or [[]]
    if start.together:
        for source, _ in (pair for group in others for pair in group):
            rows = first[0][0].format.rows
            reason = f"{source.format.rows} rows cannot be combined with {rows} rows in one data set"
            source.settings.leave_entry(reason)
    missing = sum(len(group) for group in groups.values()) < len(start.sources)
    if start.shares and (others or missing):
        start.sources[0].settings.leave_entry("not carried: shares, because not all sources are in one data set")
        start.shares = []


def _dataset(lines: list[str], name: str, named: list[tuple[Declared, str]], stages: list[str]) -> None:
    of = [own for _, own in named]
    listed = f"[{', '.join(of)}]" if len(of) > 1 else of[0]
    body = [f"dataset {name} from {listed} {{", *stages, "}"] if stages else [f"dataset {name} from {listed} {{}}"]
    lines += ["", *body]


def _stages(start: Start, group: list[tuple[Declared, str]]) -> list[str]:
    lines = [
        "# Not of the configuration: a text that comes twice is learnt twice.",
        "normalize()",
        "dedup { exact(text) }",
    ]
    if start.shares and len(group) > 1:
        shares = zip((name for _, name in group), whole_shares(start.shares), strict=True)
        lines.append("mix { " + ", ".join(f"{name}: {part}%" for name, part in shares) + " }")
    if start.validation:
        rest = float(1 - Decimal(repr(start.validation)))
        lines.append(f"split {{ train: {share(rest)}, validation: {share(start.validation)} }}")
    else:
        lines.append("# The configuration holds no rows out; `split { train: 90%, validation: 10% }` would.")
    return lines


def whole_shares(weights: list[float]) -> list[str]:
    """Weights as percentages with two decimals at most, which add up to exactly one hundred."""
    total = sum(Decimal(repr(weight)) for weight in weights)
    parts = [(Decimal(repr(w)) * 100 / total).quantize(Decimal("0.01")) for w in weights]
    parts[parts.index(max(parts))] += 100 - sum(parts)
    return [f"{part.normalize():f}" for part in parts]


def _rest(start: Start, told: set[int]) -> list[str]:
    others = sorted((said for said in start.left if id(said) not in told), key=lambda said: (said.file, said.line))
    return ["", "# What is left of the configuration:", *(f"# {said}" for said in others)] if others else []


def _comment(text: str) -> str:
    return " ".join(text.split())
