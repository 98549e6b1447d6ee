"""`tunec fmt`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tunec.compiler.canonical import spelled_out
from tunec.compiler.elaborate.load import read_text
from tunec.compiler.pipeline import elaborate_spec
from tunec.console.opening import show
from tunec.console.output import echo, emit
from tunec.dsl.diagnostics import has_errors
from tunec.dsl.format import format_text
from tunec.dsl.parser import parse
from tunec.dsl.source import Source
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.files import write_atomically


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if something would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print the changes.")
def command(specs: tuple[str, ...], check: bool, diff: bool) -> int:
    """Format SPECS in the canonical style. `-` reads standard input and writes standard output."""
    code = 0
    for name in specs:
        text = _read(name)
        source = Source("<stdin>" if name == "-" else name, text)
        found = parse(source)[1]
        if has_errors(found):
            show(found, {source.name: source})
            code = 1
            if name == "-":
                emit(text)
            continue
        formatted = format_text(Source(source.name, _spelled_out(name, text)))
        if diff:
            _print_diff(source.name, text, formatted)
        elif name == "-" and not check:
            emit(formatted)
            continue
        if formatted != text:
            if check or diff:
                echo(f"would reformat {source.name}", err=True)
                code = max(code, 1 if check else 0)
            else:
                write_atomically(Path(name), formatted)
                echo(f"reformatted {name}", err=True)
    return code


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else read_text(Path(name))
    except OSError as error:
        raise click.UsageError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"cannot read {name}: not valid UTF-8 at byte {error.start}") from error


def _spelled_out(name: str, text: str) -> str:
    """The text with what the files at hand add to it. Of standard input they are not known."""
    return text if name == "-" else spelled_out(elaborate_spec(Path(name), load_catalogue(), text=text).builder)


def _print_diff(name: str, before: str, after: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(True), after.splitlines(True), name, name)
    echo("".join(lines), nl=False)
