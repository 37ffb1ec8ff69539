"""The `driftline` command: one table names all commands, each imported when it is called."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

import click

from runner import __version__
from runner.cli.invocation import Cli
from runner.cli.options import common_options, take_common_options
from runner.cli.screen.output import Console
from runner.errors import BadUsage, DriftlineError, Interrupted, WrongState
from runner.host.uncollected import end_uncollected, loading

# section -> command -> what it is for. The module of the same name defines it as `command`; a keyword has a `_` there.
COMMANDS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "Write an example configuration and a first stack file.",
        "import": "Write stack files from what another tool has.",
        "demo": "Run the full tour on this machine.",
        "doctor": "Check this installation and show how to fix each problem.",
    },
    "Day by day": {
        "status": "Show what needs you, what is running and what drifted.",
        "plan": "Plan stacks now.",
        "promote": "Show promotions between environments, and plan the next stage early.",
        "approve": "Approve plans.",
        "reject": "Reject plans.",
        "apply": "Execute an approved run now.",
        "history": "List what changed, who changed it, and who approved it.",
        "pause": "Pause planning and drift checks of stacks.",
        "resume": "Resume paused stacks.",
        "logs": "Print the log of a run, or follow it.",
    },
    "Inspect and act": {
        "stack": "List, show, draw, validate, pause, rename and forget stacks.",
        "run": "List, show, wait for and cancel runs.",
        "drift": "Check for drift, and list, acknowledge or heal drift reports.",
        "lock": "List, take and release locks.",
        "state": "List, compare, roll back and import managed states.",
        "pr": "List and show pull requests, and let a fork be planned.",
        "source": "List, sync and check sources.",
        "engine": "List the installed engines.",
        "aws": "Print the policies that reading your AWS accounts needs.",
        "policy": "List policies, run their tests, and try them on a plan.",
        "events": "List or follow the event feed.",
        "notify": "List and test notifications, and retry what could not be delivered.",
        "audit": "List, verify and export the audit log.",
    },
    "Operate": {
        "daemon": "Run the service, or one full pass with --once.",
        "web": "Serve the dashboard and the API.",
        "worker": "Take runs of a pool on another host, and list workers.",
        "pool": "List pools of workers, drain and resume them.",
        "token": "Create, list and revoke API tokens, and print login links.",
        "session": "List who is logged in, and end their sessions.",
        "login": "Log in to a server, and use it from now on.",
        "logout": "Log out of a server.",
        "whoami": "Show who you are, and your roles.",
        "config": "Validate and show the configuration, and print its schema.",
        "backup": "Back up the whole installation into one encrypted file.",
        "restore": "Restore a backup into an empty data directory.",
        "db": "Back up, check and migrate the database.",
        "service": "Install and uninstall the systemd unit; print files for nginx, Prometheus and Grafana.",
        "completion": "Print the completion script of a shell.",
        "version": "Print the version.",
    },
}
_MODULES = {
    name: f"runner.cli.commands.{name}{'_' if iskeyword(name) else ''}"
    for section in COMMANDS.values()
    for name in section
}


class Driftline(click.Group):
    """Loads a command when it is called, and turns every error into its message and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        if cmd_name not in _MODULES:
            return None
        with loading():
            command: click.Command = import_module(_MODULES[cmd_name]).command
        command.name = cmd_name
        take_common_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click looks for similar names among commands that are loaded already, and here none is."""
        name = args[0]
        if name not in _MODULES and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = " or ".join(f"'{one}'" for one in get_close_matches(name, _MODULES))
            raise click.UsageError(
                f"No such command '{name}'.{f' Did you mean {near}?' if near else ''}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click calls it so
        for section, commands in COMMANDS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        cli = extra.setdefault("obj", Cli())
        call = partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        if not standalone_mode:
            return call()
        end_uncollected()
        _never_fail_to_encode()
        code: Any = 1
        try:
            code = call()
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_broken_pipe()
        except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a sentence
            code = report_error(cli, error)
        sys.exit(code if isinstance(code, int) else 0)


def report_error(cli: Cli, error: Exception) -> int:
    """Say on stderr what went wrong; the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        with suppress(BrokenPipeError):
            click.echo(error.format_message(), err=True)
        return BadUsage.exit_code
    if cli.verbose and not isinstance(error, click.ClickException | click.Abort):
        import traceback

        traceback.print_exception(error)
    known = _understood(error)
    if isinstance(known, WrongState):
        from runner.cli.screen.cells import wrong_state

        known = wrong_state(known)
    with suppress(BrokenPipeError):
        Console(no_color=cli.no_color).error(known)
    return known.exit_code


def _understood(error: Exception) -> DriftlineError:
    match error:
        case DriftlineError():
            return error
        case click.Abort():
            return Interrupted()
        case click.UsageError():
            return BadUsage(error.format_message(), hint=_usage(error))
        case click.ClickException():
            return DriftlineError(error.format_message())
        case OSError():
            return DriftlineError(
                ": ".join(str(part) for part in (error.filename, error.strerror) if part) or str(error)
            )
        case _:
            return DriftlineError(
                f"internal error: {type(error).__name__}: {error}",
                hint="run it again with -v and report the output",
            )


def _usage(error: click.UsageError) -> str:
    return f"{error.ctx.command_path} --help" if error.ctx is not None else "driftline --help"


def _never_fail_to_encode() -> None:
    """A terminal that knows no `✔` shows a question mark instead."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _leave_broken_pipe() -> NoReturn:
    """Whoever read has gone; Python would tell so once more while it ends."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(1)


def _tell_version(context: click.Context, _: click.Parameter, asked: Any) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"driftline {__version__}")
        context.exit()


_VERSION = click.Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    # DRIFTLINE_VERSION may well be set, by an image say, and asks for nothing.
    allow_from_autoenv=False,
    callback=_tell_version,
    help="Print the version.",
)

main = Driftline(
    name="driftline",
    help="GitOps for Terraform and OpenTofu: plans changes in Git, reports drift, applies approved plans.",
    params=[*common_options(at_root=True), _VERSION],
    context_settings={
        "auto_envvar_prefix": "DRIFTLINE",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 110,
    },
)
