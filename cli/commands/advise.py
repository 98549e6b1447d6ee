"""`tunec advise`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tunec.advise.advice import NAMES, Advice, advise
from tunec.advise.questions import QUESTIONS, Question, Situation
from tunec.console.opening import json_option
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
@click.option("--start", type=click.Path(path_type=Path, file_okay=False), help="Start a project in this folder.")
@json_option
def command(tokens: int, start: Path | None, as_json: bool, **given: Any) -> int:
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
    advice = advise(Situation(**given, tokens=tokens))
    if as_json:
        echo_json({**asdict(advice), "answers": {**given, "tokens": tokens}})
    else:
        echo("\n".join(_told(advice)))
    if start is not None:
        from tunec.commands.new import command as new

        new.main([str(start), "--template", advice.template], standalone_mode=False)
    return 0


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
