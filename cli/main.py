"""The command line. Each command lives in a module of its own and is imported only when it is called."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from tunec.console.output import echo, style

#: Commands in the order in which `--help` lists them, with what they do.
COMMANDS = {
    "build": "Build the targets of a spec and publish a version.",
    "plan": "Show what a build would do, and why.",
    "new": "Start a project with example data.",
    "advise": "Say how to adapt a model, by eight questions.",
    "lint": "Check specs for problems without running them.",
    "fmt": "Format specs in the canonical style.",
    "explain": "Explain a diagnostic.",
    "graph": "Print the compiled graph.",
    "ops": "List the operators: connectors, stages, functions and more.",
    "peek": "Show a few rows of a data set, source or generation.",
    "why": "Trace a row: where it came from, and why it was kept or dropped.",
    "versions": "List published versions.",
    "agreement": "Measure how far the labels of a judge agree with those of people.",
    "diff": "Compare two versions, or a version and a spec.",
    "verify": "Verify the files and guarantees of a version.",
    "report": "Write the report of a version as one HTML file.",
    "show": "Browse a version in a browser, on this machine alone.",
    "gc": "Delete unreferenced data.",
    "export": "Export a version in the file layout of another tool.",
    "recording": "Write the recorded answers of a model to a file, for `replay`.",
    "push": "Upload a data set or a model of a version to the Hugging Face Hub.",
    "lsp": "Run the language server for an editor.",
}


class Lazy(click.Group):
    """A group whose commands are imported when they are needed, so that `lint` starts without the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tunec.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from tunec.compiler.names import closest

            near = closest(args[0], COMMANDS)
            ctx.fail(f"unknown command `{args[0]}`" + (f"; did you mean `{near}`?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The table above, not the commands themselves: help must not import them all.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tunec", message="tunec %(version)s")
def app() -> None:
    """Build fine-tuning data sets, and the models trained on them, from one `.tune` file."""


def main() -> None:
    """The entry point. Ctrl-C exits with 130; finished steps are saved."""
    _open_outputs()
    # Starting, and reading rows, makes many small objects and hardly any garbage: a tenth of `lint`'s time.
    gc.set_threshold(200_000, 20, 20)
    asked = list[int]()

    def interrupt(number: int, _: FrameType | None) -> NoReturn:
        asked.append(number)
        raise KeyboardInterrupt

    def unraised(lost: sys.UnraisableHookArgs) -> None:
        # Struck in a finalizer or a callback, from which nothing rises: strike again when that is left.
        if asked and issubclass(lost.exc_type, KeyboardInterrupt):
            main_thread = threading.main_thread().ident
            assert main_thread is not None
            threading.Timer(0.01, signal.pthread_kill, (main_thread, asked[-1])).start()
        else:
            sys.__unraisablehook__(lost)

    sys.unraisablehook = unraised

    # Asked to end by a system or a scheduler: the same as Ctrl-C, so that locks and unfinished folders are let go.
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as in the background of a script
        signal.signal(signal.SIGINT, interrupt)
    try:
        _run()
    except BaseException:
        # A library in which the interrupt struck may have made another error of it.
        if not asked:
            raise
    if asked:
        _interrupted()


def _open_outputs() -> None:
    """What is said to an output that is closed goes nowhere, and never to a file that is opened in its place. What an
    output cannot show is written as its escape."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = os.open(os.devnull, os.O_RDONLY if name == "stdin" else os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
        elif name != "stdin" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run() -> NoReturn:
    """Runs the command and exits; what goes wrong becomes a message and a code."""
    try:
        code = app(standalone_mode=False)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        if context is not None:
            echo(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n", err=True)
        echo(f"Error: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _interrupted()
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or _system()}: {error.strerror or error}")
    except MemoryError as error:
        _fail(
            f"out of memory{f': {error}' if str(error) else ''}; finished steps are saved: rerun with fewer rows at a "
            "time (`--memory`, `--sample`), or where there is more memory"
        )
    except BaseException as error:  # a library that panics raises no Exception
        if isinstance(error, SystemExit) or os.environ.get("TUNEC_TRACEBACK"):
            raise
        from tunec.runtime.store.format import StoreError

        if isinstance(error, StoreError):
            _fail(str(error))
        _fail(
            f"a defect of tunec: {type(error).__name__}: {error}\n"
            "  finished steps are saved. Please report this; TUNEC_TRACEBACK=1 shows where it happened"
        )
    _leave(code if isinstance(code, int) else 0)


def _system() -> str:
    """What an error of the system is about that names no file."""
    try:
        Path.cwd()
    except OSError:
        return "the folder that the command runs in"
    return "the system"


def _leave(code: int) -> NoReturn:
    """Exits. Where no other thread runs, the system takes everything back at once when all that waits for the end has
    had its turn: to tear down module after module is a tenth of `lint`'s time."""
    if threading.active_count() == 1:
        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            sys.exit(code)  # the interpreter says what it says of an output that is closed or full
        os._exit(code)
    sys.exit(code)


def _interrupted() -> NoReturn:
    """Ends at once, whatever threads of libraries still compute: tearing the interpreter down under them could abort
    the process. All that is to be let go of was let go of on the way here."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError, ValueError):  # nobody may be listening any more
        print("interrupted. Finished steps are saved; rerun to resume.", file=sys.stderr, flush=True)
        sys.stdout.flush()
    os._exit(130)


def _fail(message: str) -> NoReturn:
    echo(f"{style('error', fg='red', bold=True)}: {message}", err=True)
    sys.exit(3)
