"""What the first screen of a report answers: rows, losses, leaks, gains, costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.report.data import Section
from tunec.runtime.versions.report.scores import Score, scores_of

_SOURCES = 4  # shown by name


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that a reader has, and its answer. `tone`: `good`, `bad`, or nothing; `link`: where more stands."""

    question: str
    answer: str
    details: tuple[str, ...] = ()
    tone: str = ""
    link: str = ""


def answers(
    version: Path, manifest: Mapping[str, Any], sections: Mapping[str, Section], run: Mapping[str, Any]
) -> list[Answer]:
    """The answers of a version."""
    found = [*_rows(sections), *_losses(sections), *_leaks(manifest, sections), *_gains(version, manifest)]
    return [*found, *_cost(manifest, run)]


def _rows(sections: Mapping[str, Section]) -> Iterator[Answer]:
    for name, s in sections.items():
        kept = sum(s.splits.values())
        sources = [f"{source.name}: {source.kept:,} of {source.entered:,}" for source in s.sources[:_SOURCES]]
        if len(s.sources) > _SOURCES:
            sources.append(f"{len(s.sources) - _SOURCES} more sources")
        told = f"{kept:,} rows of {s.entered:,}"
        yield Answer(_of("What came of each source?", name, sections), told, tuple(sources), "", f"#data-{name}")


def _losses(sections: Mapping[str, Section]) -> Iterator[Answer]:
    for name, s in sections.items():
        question = _of("Where were most rows lost?", name, sections)
        by_count = sorted(s.dropped, key=lambda d: -d.count)
        if not by_count:
            yield Answer(question, "Nowhere", ("Every row that entered was kept.",), "", f"#data-{name}")
            continue
        most = by_count[0]
        others = tuple(f"{d.stage} {d.rule}: {d.count:,} ({d.share:.1%})" for d in by_count[1:3])
        told = f"{most.stage}: {most.count:,} ({most.share:.0%})"
        yield Answer(question, told, (most.rule, *others), "", f"#data-{name}")


def _leaks(manifest: Mapping[str, Any], sections: Mapping[str, Section]) -> Iterator[Answer]:
    for name, s in sections.items():
        question = _of("Did a benchmark leak?", name, sections)
        matched = sum(sum(leak["classes"].values()) for leak in s.leaks)
        kept = sum(leak.get("kept", 0) for leak in s.leaks)
        if kept:
            details = (f"{kept:,} rows match a benchmark and were kept (`action: report`).",)
            yield Answer(question, "It may have", details, "bad", f"#leaks-{name}")
        elif s.benchmarks:
            details = (f"Checked on the published text against {', '.join(s.benchmarks)}.",)
            was = "was" if matched == 1 else "were"
            dropped = (f"{matched:,} row{'s' * (matched != 1)} matched, and {was} dropped.",) if matched else ()
            yield Answer(question, "No", details + dropped, "good", f"#leaks-{name}" if s.leaks else "")
        else:
            yield Answer(question, "Not checked", ("The rows were compared with no benchmark.",), "bad")


def _gains(version: Path, manifest: Mapping[str, Any]) -> Iterator[Answer]:
    question = "What did the model gain?"
    measured = [
        (name, score)
        for name, target in manifest["targets"].items()
        if kind_of(target["kind"]).keyword == "evaluate"
        for score in scores_of(version, name)
    ]
    compared = [(name, score) for name, score in measured if len(score.models) > 1]
    if not compared:
        trained = any(target["kind"] == "train" for target in manifest["targets"].values())
        told = "Not measured" if trained or measured else "No model was trained"
        yield Answer(question, told, ("An `evaluate` of both models would say.",) if trained else ())
        return
    name, score = compared[0]
    told = f"{score.number.replace('_', ' ')} {_change(score)}"
    details = [score.measure, _sure(score)]
    details += [f"{s.number.replace('_', ' ')} {_change(s)}: {s.measure}" for _, s in compared[1:3]]
    tone = {"second": "good", "first": "bad"}.get(score.better, "")
    yield Answer(question, told, tuple(details), tone, f"#score-{name}")


def _change(score: Score) -> str:
    first, last = (values[1] for values in (score.values[0], score.values[-1]))
    return f"{_number(first)} → {_number(last)}"


def _sure(score: Score) -> str:
    names = f"{score.models[0]} → {score.models[-1]}"
    if score.difference is not None:
        low, difference, high = score.difference
        verdict = {"second": "better", "first": "worse"}.get(score.better, "not shown to differ")
        return f"{names}: {difference:+.3g}, 95 % interval {low:+.3g} to {high:+.3g}; {verdict}"
    (low_, _, high_), (last_low, _, last_high) = score.values[0], score.values[-1]
    if low_ is None or high_ is None or last_low is None or last_high is None:
        return f"{names}, without an interval"
    return f"{names}, 95 % intervals {_number(low_)}–{_number(high_)} → {_number(last_low)}–{_number(last_high)}"


def _cost(manifest: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[Answer]:
    if not run:
        return
    steps = [s for s in manifest["steps"] if "requests" in s]
    tokens = sum(s.get("prompt_tokens", 0) + s.get("completion_tokens", 0) for s in steps)
    asked, recorded = (run.get("requests", {}).get(key, 0) for key in ("asked", "recorded"))
    details = [f"{len(run.get('ran', ()))} steps run, {len(run.get('cached', ()))} stored"]
    if steps:
        details.append(f"{sum(s['requests'] for s in steps):,} requests and {tokens:,} tokens are in it")
    if asked or recorded:
        details.append(f"{asked:,} requests asked in this build, {recorded:,} answered from the store")
    vectors = run.get("vectors", {})
    if vectors.get("computed"):
        details.append(f"{vectors['computed']:,} texts embedded")
    paid = float(run.get("cost", 0) or 0)
    told = seconds(float(run.get("seconds", 0)))
    yield Answer("What did it cost?", f"${paid:,.2f}, {told}" if paid else told, tuple(details), "", "#costs")


def seconds(count: float) -> str:
    """A time as people say it."""
    if count < 60:
        return f"{count:.1f} s"
    minutes, rest = divmod(round(count), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _of(question: str, name: str, sections: Mapping[str, Section]) -> str:
    return question if len(sections) == 1 else f"{question} ({name})"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3g}"
