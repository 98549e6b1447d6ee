"""`tunec advise`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tunec.advise.advice import NAMES, Advice, advise
from tunec.advise.questions import QUESTIONS, Baseline, Question, Situation
from tunec.console.opening import fail, graph_of, json_option, version_folder
from tunec.console.output import echo, echo_json, style

_HELP = {q.flag: f"{q.text} " + "; ".join(f"{a}: {said}" for a, said in q.answers.items()) for q in QUESTIONS}


def _flag(question: Question) -> Any:
    kind = click.Choice(list(question.answers)) if question.answers else click.IntRange(min=0)
    return click.option(f"--{question.flag}", type=kind, help=_HELP[question.flag])


def _flags(command: Any) -> Any:
    for question in reversed(QUESTIONS):
        command = _flag(question)(command)
    return command


@click.command()
@_flags
@click.option("--tokens", type=click.IntRange(min=0), default=0, help="Tokens of raw text for a new ability.")
@click.option(
    "--evaluate",
    "spec",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A spec with an `evaluate` of the model as it is: it is built, and what the model reaches is told.",
)
@click.option("--start", type=click.Path(path_type=Path, file_okay=False), help="Start a project in this folder.")
@json_option
def command(tokens: int, spec: Path | None, start: Path | None, as_json: bool, **given: Any) -> int:
    """Say how to adapt a model: prompt, retrieval, LoRA, full fine-tuning, continued pretraining, or a mix.

    Eight questions, with the reasons and the figures of the guide that they are from. What is not given as a flag is
    asked in the terminal.
    """
    missing = [q for q in QUESTIONS if given[q.flag] is None]
    if missing and not sys.stdin.isatty():
        raise click.UsageError(f"not answered: {', '.join('--' + q.flag for q in missing)}")
    for question in missing:
        given[question.flag] = _asked(question)
    if given["knowledge"] == "ability" and not tokens and missing:
        tokens = click.prompt("How many tokens of raw text do you have for it?", type=int, default=0, err=True)
    baseline = None if spec is None else _baseline(spec)
    advice = advise(Situation(**given, tokens=tokens, baseline=baseline))
    if as_json:
        measured = None if baseline is None else asdict(baseline)
        echo_json({**asdict(advice), "answers": {**given, "tokens": tokens}, "baseline": measured})
    else:
        echo("\n".join(_told(advice)))
    if start is not None:
        from tunec.commands.new import command as new

        new.main([str(start), "--template", advice.template], standalone_mode=False)
    return 0


def _baseline(spec: Path) -> Baseline:
    """What the first model of the first evaluation of a spec reaches. The spec is built for it."""
    from tunec.commands.build import command as build
    from tunec.runtime.store.published import manifest_of
    from tunec.runtime.versions.report.scores import scores_of

    if build.main([str(spec), "--quiet"], standalone_mode=False):
        fail("what the model reaches is not known: the spec was not built", 1)
    graph, _ = graph_of(spec)
    folder = version_folder(str(graph.spec["name"]), None, None)
    evaluations = [n for n, t in manifest_of(folder)["targets"].items() if t["kind"] == "evaluate"]
    for score in (score for name in evaluations for score in scores_of(folder, name)):
        low, value, high = score.values[0]
        if value is not None:
            return Baseline(score.models[0], score.measure, score.number, value, low, high)
    fail(f"{spec} measures no model: add `evaluate NAME of MODEL {{ … }}`", 2)


def _asked(question: Question) -> Any:
    echo(f"\n{style(question.text, bold=True)}", err=True)
    for answer, said in question.answers.items():
        echo(f"  {answer:<8} {said}", err=True)
    kind: Any = click.Choice(list(question.answers)) if question.answers else click.IntRange(min=0)
    return click.prompt(question.flag, type=kind, show_choices=False, err=True)


def _told(advice: Advice) -> list[str]:
    lines = [style(" + ".join(NAMES[way.name] for way in advice.ways), bold=True)]
    for way in advice.ways:
        lines += ["", NAMES[way.name], *(f"  - {reason}" for reason in way.reasons)]
    lines += ["", "not:", *(f"  {NAMES.get(way.name, way.name)}: {'; '.join(way.reasons)}" for way in advice.against)]
    if advice.mind:
        lines += ["", "mind:", *(f"  - {said}" for said in advice.mind)]
    return [*lines, "", f"start: tunec new DIR --template {advice.template}"]
