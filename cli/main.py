"""The command line. Each command lives in a module of its own and is imported only when it is called."""

from __future__ import annotations

import gc
import importlib
import signal
import sys
from typing import Any

import click

#: Commands in the order in which `--help` lists them, with what they do.
COMMANDS = {
    "build": "Build everything that the targets need, and publish a version.",
    "plan": "Say what a build would do, and why.",
    "lint": "Report everything that is wrong with specs.",
    "fmt": "Bring specs into their one canonical form.",
    "explain": "Print the page of a diagnostic.",
    "graph": "Print the compiled graph.",
    "ops": "Print the catalogue: operators, functions, connectors.",
    "peek": "Show a few rows of a data set or source.",
    "why": "Tell the life of a row: origin, verdict, reason.",
    "versions": "List the published versions.",
    "diff": "Compare two versions, or a version and a spec.",
    "verify": "Check every promise of a version again.",
    "report": "Write the report of a version, one HTML file.",
    "gc": "Free what nothing refers to.",
    "export": "Write a version as files that another tool reads as they are.",
    "push": "Send a data set of a version to the Hugging Face hub.",
    "lsp": "Run the language server, for an editor to start.",
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
            ctx.fail(f"no command `{args[0]}`" + (f"; did you mean `{near}`?" if near else ""))
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
    """The entry point. Ctrl-C ends with 130 and keeps what is finished."""
    gc.set_threshold(50_000)  # starting makes many small objects and hardly any garbage: a tenth of `lint`'s time
    # Asked to end by a system or a scheduler: the same as Ctrl-C, so that locks and unfinished folders are let go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("interrupted: what is finished is kept, and the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
