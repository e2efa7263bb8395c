"""`lifecycle`: the root of the commands, and the one place where a refusal becomes a sentence and an exit code.

1. A command's module is imported when the command is asked for, and imports nothing heavy before it runs.
2. 0 done; 1 it could not be done; 2 what was typed cannot be meant; 3 cancelled, or not waited for; 4 not allowed; 5 it ran and the
   answer is bad news; 130 Ctrl-C.
3. A refusal is one sentence on standard error; standard output has results only.
"""

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from deployments.cli.shown import printable
from lifecycle_core.errors import LifecycleError

FAILED, MISUSED, NOT_ALLOWED, INTERRUPTED = 1, 2, 4, 130

MISUSES = {400, 404, 413, 422}
DENIALS = {401, 403}
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

COMMANDS = {
    "ingest": ("ingest", "Take conversations in from files or standard input."),
    "backfill": ("backfill", "Take many files in, by several flow runs."),
    "quarantine": ("quarantine", "The records that could not be taken in, and why."),
    "drift": ("drift", "Whether a variant's behaviour has changed, and when it did."),
    "retrain": ("retrain", "Improve a prompt, test it, and let it in by its evidence."),
    "report": ("report", "What was done and why, as a page to be read, sent or kept."),
    "failures": ("failures", "Why conversations fail: what failures show more than successes do."),
    "training": ("training", "What a retraining learns from: masked, each conversation once, split by goals."),
    "cases": ("cases", "What each version has to pass before it is tested beside the present one."),
    "shadow": ("shadow", "Tests of candidates beside their incumbents."),
    "alerts": ("alerts", "What alerts, who is told of it, and whether that arrives."),
    "policy": ("policy", "What counts as drift for a variant, and what is done about it."),
    "versions": ("versions", "What an agent is told, and the way back to what it was."),
    "status": ("status", "Tell how everything stands, on one page."),
    "serve": ("serve", "Serve the API, Prefect and the hourly watch, until Ctrl-C."),
    "down": ("serve", "End what `lifecycle serve` started on this data folder."),
    "demo": ("demo", "Play the whole loop on simulated traffic, from a drift to a promotion."),
    "keys": ("keys", "Keys to the API, each with the roles that it may be used for."),
    "audit": ("audit", "Who changed what, and whether anybody has changed that since."),
    "db": ("db", "The database: its schema, and whether its contents hold."),
    "maintain": ("maintain", "Let go of traffic whose time is over."),
    "doctor": ("doctor", "Examine this installation, with a remedy for each fault."),
    "completion": ("completion", "Print what SHELL needs to complete commands, options and the names of variants."),
    "config": ("config", "What this installation is set to."),
}
"""Each command, its module, and its summary, which would cost ten imports to ask for; in the order of their use."""

EPILOG = """\b
First steps:
  lifecycle ingest traffic.jsonl.gz      take an agent's conversations in
  lifecycle drift check baseline         ask whether its behaviour has changed
  lifecycle serve                        watch every variant each hour

\b
Exit codes:
  0    done
  1    it could not be done
  2    what was typed cannot be meant: no such command, variant or value
  3    cancelled at a question, or past --timeout
  4    not allowed
  5    it ran, and the answer is bad news: a drift, a candidate refused
  130  Ctrl-C
"""


class _Modules(Mapping[str, click.Command]):
    """The commands by name, each imported when it is looked at."""

    def __getitem__(self, name: str) -> click.Command:
        command: click.Command = getattr(import_module(f"deployments.cli.{COMMANDS[name][0]}"), name)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Root(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> NoReturn:  # noqa: ANN401 - click's signature
        """Run one command line, and exit by what came of it."""
        extra["standalone_mode"] = False
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: a check's matrices are small, and threads that wait cost more
        try:
            code = super().main(*args, **extra)
        except click.Abort:
            _refuse("interrupted", INTERRUPTED)
        except click.ClickException as error:
            _refuse(_told(error), error.exit_code)
        except LifecycleError as error:
            _refuse(str(error), exit_code_of(error))
        except OSError as error:
            if error.errno not in UNWRITABLE or error.filename is not None:
                raise
            _leave_output()
            _refuse(f"the output cannot be written: {error.strerror}; make room where it goes, or send it elsewhere", FAILED)
        sys.exit(code if isinstance(code, int) else 0)


def exit_code_of(error: LifecycleError) -> int:
    """What the program exits with after `error`.

    >>> from lifecycle_core.errors import DatabaseUnavailableError, UnknownVariantError
    >>> exit_code_of(UnknownVariantError("no variant")), exit_code_of(DatabaseUnavailableError("locked"))
    (2, 1)
    """
    if error.status in DENIALS:
        return NOT_ALLOWED
    return MISUSED if error.status in MISUSES or error.field is not None else FAILED


def _told(error: click.ClickException) -> str:
    message = error.format_message()
    if not isinstance(error, click.UsageError) or isinstance(error, NoArgsIsHelpError) or error.ctx is None:
        return message
    return f"{message if message.endswith(('.', '?')) else f'{message}.'} See: {error.ctx.command_path} --help"


def _leave_output() -> None:
    """Let what waits to be written go nowhere, else Python would try once more in its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(message: str, code: int) -> NoReturn:
    click.echo("\n".join(printable(line) for line in message.split("\n")), err=True)
    sys.exit(code)


@click.group("lifecycle", cls=_Root, commands=_Modules(), epilog=EPILOG, context_settings={"max_content_width": 100})
@click.option(
    "--database",
    metavar="URL",
    help="The database: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. Wins over LIFECYCLE_DATABASE_URL.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours: on a terminal, always or never.  [default: auto]",
)
@click.version_option(package_name="agent-lifecycle", message="lifecycle %(version)s")
def main(database: str | None, color: str) -> None:
    """Keep an LLM agent good after launch."""
    click.get_current_context().color = {"always": True, "never": False}.get(color)
    if database is not None:
        from tasks import context

        context.configure(LIFECYCLE_DATABASE_URL=database)
