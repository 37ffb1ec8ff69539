"""What the commands share: the context object, the options that stand anywhere, and the types of names."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from runner.cli import suggest
from runner.cli.screen.output import Console
from runner.errors import BadConfig, BadUsage, NoDatabase
from runner.model.values.moment import LONGEST, Moment
from runner.model.values.span import Seconds
from runner.view.document import document

if TYPE_CHECKING:
    from runner.api.caller import Caller
    from runner.api.operation import Operation
    from runner.app import App
    from runner.cli.screen.output import Screen
    from runner.model.approval.approval import Person
    from runner.remote.client import Remote

P = ParamSpec("P")
T = TypeVar("T")

MAX_ID = 2**63 - 1  # what SQLite can count to


@dataclass
class Cli:
    """One invocation: what the common options say, and what is made of it when it is first needed."""

    config: Path | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    server: str | None = None
    insecure_http: bool = False
    creates: bool = False  # set by the commands that may begin an installation

    @cached_property
    def app(self) -> "App":
        """The installation on this host; BadUsage where a server was named for a command that needs the host."""
        if self.remote is not None:
            context = click.get_current_context(silent=True)
            command = context.command_path if context is not None else "this command"
            raise BadUsage(
                f"{command} works only on the host, not with --server", hint="run it there, without --server"
            )
        from runner.app import App

        return App.from_config(self.config, creates=self.creates)

    def begin_installation(self) -> None:
        """Before a command that works without a daemon: it may make the database on this host, and says so."""
        if self.remote is not None:
            return
        self.show_warnings()
        self.creates = True
        if self.app.store.made:
            self.console.warn(f"created a new database in {self.app.settings.data_dir}")

    def to_list(self) -> "App":
        """The app of a list, which is empty where there is no database yet: nothing is made by looking."""
        try:
            _ = self.app.store
        except NoDatabase as none:
            from runner.store.empty import empty_store

            self.console.warn(none.message)
            vars(self.app)["store"] = empty_store(self.app.clock)
        return self.app

    @cached_property
    def person(self) -> "Person":
        """Who changes something. Nobody does so on an older database that was put in place and not noticed yet."""
        from runner.cli.person import who_acts
        from runner.service.cycle.begin import begin, must_begin

        if must_begin(self.app.control):
            self.show_warnings()
            if problem := begin(self.app.control):
                self.console.warn(problem)
        return who_acts()

    def show_warnings(self) -> None:
        """The log of a command that shows its own progress: on stderr, and in the log's own form."""
        from runner.host import log

        log.configure(verbose=self.verbose, quiet=True)

    def begin_to_list(self) -> None:
        """Before a list, which is empty where this installation has no database yet."""
        if self.remote is None:
            self.to_list()

    @cached_property
    def remote(self) -> "Remote | None":
        """The server that was named, where the command is not for an installation on this host (also DRIFTLINE_SERVER)."""
        from runner.remote.place import place

        chosen = place(self.server, self.config, os.environ, _has_config, _last_server)
        if self.verbose:
            self.console.say(f"Asking {chosen.server or 'this host'}, by {chosen.because}.")
        if chosen.server is None:
            return None
        from runner.remote.client import saved_token

        return self.server_at(chosen.server, saved_token(chosen.server))

    def server_at(self, url: str, token: str | None) -> "Remote":
        """For as long as the command takes."""
        from runner.remote.client import Remote

        remote = Remote.at(url, insecure=self.insecure_http, token=token)
        if (context := click.get_current_context(silent=True)) is not None:
            context.call_on_close(remote.http.close)
        return remote

    @cached_property
    def caller(self) -> "Caller":
        from runner.api.caller import Caller

        return Caller(self.app, lambda: self.person)

    def call(self, operation: "Operation[P, T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it here, or have the server do it: the answer is the same."""
        if self.remote is not None:
            return self.remote.call(operation, *args, **kwargs)
        return operation(self.caller, *args, **kwargs)

    @property
    def now(self) -> datetime:
        """By the clock that wrote the records."""
        return self.app.clock.now() if self.remote is None else self.remote.now

    def present(self, output: str, look: T, draw: "Callable[[T], Screen] | None" = None) -> None:
        """One look under two faces: as JSON, or drawn from nothing but the look, where there is something to draw."""
        if output == "json":
            self.console.json(document(look))
        elif draw is not None:
            self.console.show(draw(look))

    @property
    def console(self) -> Console:
        return Console(quiet=self.quiet, verbose=self.verbose, no_color=self.no_color)


def _has_config() -> bool:
    from runner.config.server_file import find_config

    try:
        find_config()
    except BadConfig:
        return False
    return True


def _last_server() -> str | None:
    from runner.remote.contexts import Contexts

    return Contexts.saved().current


Function = TypeVar("Function", bound=Callable[..., Any])

pass_cli = click.make_pass_decorator(Cli, ensure=True)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None and parameter.name is not None:
        setattr(context.find_root().ensure_object(Cli), parameter.name, value)


def common_options(*, at_root: bool) -> list[click.Parameter]:
    """The options that may stand before the command or after it; only the first place reads the environment."""
    common: dict[str, Any] = {
        "callback": _remember,
        "expose_value": False,
        "allow_from_autoenv": at_root,
        "hidden": not at_root,
    }
    flag: dict[str, Any] = {**common, "is_flag": True, "default": None}
    return [
        click.Option(
            ["-c", "--config"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Server configuration file (also DRIFTLINE_CONFIG).",
            # Where it is looked for knows the variable, and names it where the file is missing.
            **{**common, "allow_from_autoenv": False},
        ),
        click.Option(
            ["--server"],
            metavar="URL",
            help="Ask the Driftline server at this address instead of an installation on this host.",
            # The variable comes behind -c.
            **{**common, "allow_from_autoenv": False},
        ),
        click.Option(
            ["--insecure-http"], help="Send the token to another host although nothing is encrypted.", **flag
        ),
        click.Option(["-q", "--quiet"], help="Suppress progress and hints.", **flag),
        click.Option(
            ["-v", "--verbose"],
            help="Show logs as they are written, and tracebacks of internal errors.",
            **flag,
        ),
        click.Option(["--no-color"], help="Disable colour (also NO_COLOR).", **flag),
    ]


class Numbered(click.ParamType[int]):
    """An id such as `run-184`, or only its number."""

    def __init__(self, name: str, prefix: str, suggestions: suggest.Suggestions) -> None:
        self.name, self.prefix, self.suggestions = name, prefix, suggestions

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        digits = str(value).removeprefix(f"{self.prefix}-")
        if not (digits.isascii() and digits.isdigit()) or int(digits) > MAX_ID:
            self.fail(f"expected {self.prefix}-N or N, got {value!r}", param, ctx)
        return int(digits)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        return self.suggestions(ctx, param, incomplete)


@dataclass(frozen=True)
class Named:
    """A run, and the digest of the plan that somebody has looked at, where it was given."""

    run: int
    digest: str | None = None


class PlanOfRun(click.ParamType[Named]):
    """`run-184`, or `run-184@5e0c1b7a9f34` to say which plan of it."""

    name = "plan"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        if isinstance(value, Named):
            return value
        run, at, digest = str(value).partition("@")
        return Named(RUN.convert(run, param, ctx), digest if at else None)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        return suggest.waiting(ctx, param, incomplete)


class SpanOfTime(click.ParamType[Seconds]):
    """A span such as `90s`, `4h` or `2w`."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Seconds:
        try:
            span = value if isinstance(value, Seconds) else Seconds.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if span > LONGEST:
            self.fail(f"expected at most {LONGEST}, got {value!r}", param, ctx)
        return span


class MomentInTime(click.ParamType[Moment]):
    """A span such as `7d`, a date, or a time as RFC 3339."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        try:
            return value if isinstance(value, Moment) else Moment.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


RUN = Numbered("run", "run", suggest.runs)
REPORT = Numbered("report", "dr", suggest.reports)
SPAN = SpanOfTime()
MOMENT = MomentInTime()


def run_argument(function: Function) -> Function:
    return click.argument("run_id", type=RUN, metavar="RUN")(function)


def plans_argument(function: Function) -> Function:
    return click.argument("plans", nargs=-1, type=PlanOfRun(), metavar="RUN[@DIGEST]...")(function)


def runs_argument(function: Function) -> Function:
    return click.argument("runs", nargs=-1, type=RUN, metavar="RUN...", shell_complete=suggest.waiting)(
        function
    )


def report_argument(function: Function) -> Function:
    return click.argument("report_id", type=REPORT, metavar="REPORT")(function)


def stack_argument(function: Function) -> Function:
    return click.argument("stack", metavar="STACK", shell_complete=suggest.stacks)(function)


def stacks_argument(*, required: bool) -> Callable[[Function], Function]:
    return click.argument(
        "stacks",
        nargs=-1,
        required=required,
        metavar="STACK..." if required else "[STACK]...",
        shell_complete=suggest.stacks,
    )


def output_option(function: Function) -> Function:
    """`-o json`; the command gets `output` as `table` or `json`."""
    return click.option(
        "-o", "--output", type=click.Choice(["table", "json"]), default="table", help="Output format."
    )(function)


def reason_option(
    name: str = "reason", *, required: bool = True, text: str = "Reason; it is recorded."
) -> Callable[[Function], Function]:
    """`-m`, which is the same everywhere, whatever its long name is remembered as."""
    return click.option(
        "-m", "--message", "--reason", name, required=required, default=None if required else "",
        metavar="TEXT", help=text,
    )  # fmt: skip


def labels_option(text: str) -> Callable[[Function], Function]:
    """`-l env=prod`, which may be repeated; the command gets `labels`."""
    return click.option(
        "-l",
        "--label",
        "labels",
        type=Label(),
        multiple=True,
        metavar="KEY=VALUE",
        shell_complete=suggest.labels,
        help=text,
    )


def history_options(function: Function) -> Function:
    """Whose and of when; the command gets `by`, `since`, `until` and `absolute`."""
    for option in (
        click.option("--absolute", is_flag=True, help="Show times as RFC 3339 in UTC."),
        click.option(
            "--until",
            type=MOMENT,
            metavar="TIME",
            help="Show only entries up to this time; a date includes the whole day.",
        ),
        click.option(
            "--since",
            type=MOMENT,
            metavar="TIME",
            help="Show only entries since this time: 7d, 2026-12-24, or RFC 3339.",
        ),
        click.option(
            "--by", "--actor", "by", metavar="PERSON", help="Show only entries that involve this person."
        ),
    ):
        function = option(function)
    return function


def window(
    since: Moment | None, until: Moment | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """What `--since` and `--until` come to."""
    return (
        since.since(now) if since else None,
        until.until(now) if until else None,
    )


def yes_option(function: Function) -> Function:
    return click.option("--yes", is_flag=True, help="Skip the confirmation prompt.")(function)


Labels = tuple[tuple[str, str], ...]


class Label(click.ParamType[tuple[str, str]]):
    name = "label"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, wanted = value.partition("=")
        if not equals:
            self.fail(f"expected key=value, got {value!r}", param, ctx)
        return key, wanted
