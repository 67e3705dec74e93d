"""The command line: this file names the commands, a file per family holds them and is loaded when one is called."""

from __future__ import annotations

import importlib
import json
import sys
from keyword import iskeyword
from typing import Any

import click

from xlroi.errors import BookError, EngineUnavailable, InputError

__all__ = ["main"]

_COMMANDS = {
    "catalogue": ("xlroi.cli.prices", "Prices and facts with unit, date and source"),
    "models": ("xlroi.cli.cases", "List the models"),
    "new": ("xlroi.cli.cases", "Write a commented case file to start from"),
    "template": ("xlroi.cli.templates", "Check a template of your own"),
    "run": ("xlroi.cli.cases", "Compute a case"),
    "explain": ("xlroi.cli.cases", "Show how a number comes about, down to inputs and sources"),
    "sensitivity": ("xlroi.cli.analyses", "Which inputs move an output"),
    "goal": ("xlroi.cli.analyses", "The value of an input at which an output reaches a target"),
    "simulate": ("xlroi.cli.analyses", "Percentiles, probabilities and drivers over many draws"),
    "portfolio": ("xlroi.cli.portfolio", "Choose what to fund and when, within budgets"),
    "check": ("xlroi.cli.analyses", "Fail where an output misses a requirement"),
    "build": ("xlroi.cli.books", "Write the workbook of a case"),
    "memo": ("xlroi.cli.memos", "Write a case as a memo: answer, figures, risks, sources, proof"),
    "verify": ("xlroi.cli.books", "Recalculate a workbook by other engines and compare every cell"),
    "read": ("xlroi.cli.trips", "Turn an edited workbook back into its case"),
    "diff": ("xlroi.cli.trips", "What changed between two cases, and what each change does"),
    "export": ("xlroi.cli.trips", "Write a case as a long table"),
    "addin": ("xlroi.cli.addin", "Worksheet functions for Excel, xlwings and Calc"),
    "import": ("xlroi.cli.measurements", "Put what a monitor, scheduler or benchmark measured into a case"),
    "bill": ("xlroi.cli.bills", "Bills of cloud providers: profiled, allocated"),
    "books": ("xlroi.cli.books", "Write one ready workbook per model"),
    "demo": ("xlroi.cli.books", "Build and verify the examples"),
}


class _Lazy(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name  # "import" can name no function
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def xlroi() -> None:
    """AI money decided in Excel: models, workbooks, and the proof that they agree."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 a mismatch, 2 bad input, 3 an engine could not run."""
    try:
        code: Any = xlroi.main(prog_name="xlroi", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except (InputError, BookError) as error:
        code = _fail(error, 2)
    except EngineUnavailable as error:
        code = _fail(error, 3)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception, code: int) -> int:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": str(error).splitlines(), "exit": code}, indent=2))
    for line in str(error).splitlines():
        click.echo(f"error: {line}", err=True)
    return code
