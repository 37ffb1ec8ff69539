"""Options and arguments that commands share, and the types of what they take."""

from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.cli import suggest
from runner.cli.invocation import Cli
from runner.host.uncollected import loading
from runner.model.values.frozen import dataclass
from runner.model.values.moment import LONGEST, Moment
from runner.model.values.span import Seconds

MAX_ID = 2**63 - 1  # what SQLite can count to


Function = TypeVar("Function", bound=Callable[..., Any])


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None and parameter.name is not None:
        setattr(context.find_root().ensure_object(Cli), parameter.name, value)


@cache
def common_options(*, at_root: bool) -> tuple[click.Parameter, ...]:
    """The same for all commands: the options that may stand before the command or after it; only the first place reads the environment."""
    common: dict[str, Any] = {
        "callback": _remember,
        "expose_value": False,
        "allow_from_autoenv": at_root,
        "hidden": not at_root,
    }
    flag: dict[str, Any] = {**common, "is_flag": True, "default": None}
    return (
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
    )


def take_common_options(command: click.Command) -> None:
    """Also for the commands of a group, except those that it loads when they are called."""
    if not any(parameter.name == "no_color" for parameter in command.params):
        command.params.extend(common_options(at_root=False))
    if isinstance(command, click.Group) and not isinstance(command, Noun):
        for below in command.commands.values():
            take_common_options(below)


class Noun(click.Group):
    """A group whose commands are imported when they are called. `below` says where each is: `stack_list:list_`."""

    def __init__(self, *args: Any, below: Mapping[str, str], **options: Any) -> None:
        self._below = below
        super().__init__(*args, **options)

    @property
    def commands(self) -> MutableMapping[str, click.Command]:
        """All of them, which only help and the reference need."""
        for name in self._below:
            self._load(name)
        return self._loaded

    @commands.setter
    def commands(self, loaded: MutableMapping[str, click.Command]) -> None:
        self._loaded = loaded

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        return self._load(cmd_name) if cmd_name in self._below else None

    def _load(self, name: str) -> click.Command:
        if name not in self._loaded:
            module, _, attribute = self._below[name].partition(":")
            with loading():
                command: click.Command = getattr(import_module(f"runner.cli.commands.{module}"), attribute)
            take_common_options(command)
            self._loaded[name] = command
        return self._loaded[name]


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
    # click takes any default, even None, for an answer: a required option has none.
    default: dict[str, Any] = {} if required else {"default": ""}
    return click.option(
        "-m", "--message", "--reason", name, required=required, metavar="TEXT", help=text, **default
    )


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


def choice_options(what: str) -> Callable[[Function], Function]:
    """Choose runs by their stacks; the command gets `labels`, `stacks` and `sources`."""

    def options(function: Function) -> Function:
        for option in (
            click.option(
                "--source",
                "sources",
                multiple=True,
                metavar="NAME",
                shell_complete=suggest.sources,
                help=f"{what} whose stack comes from this source. Repeat for several sources.",
            ),
            click.option(
                "--stack",
                "stacks",
                multiple=True,
                metavar="GLOB",
                shell_complete=suggest.stacks,
                help=f"{what} whose stack matches this pattern, such as 'prod/**'. Repeat for several patterns.",
            ),
            labels_option(f"{what} whose stack has this label. Repeat to require several labels."),
        ):
            function = option(function)
        return function

    return options


def history_options(function: Function) -> Function:
    """Whose and of when; the command gets `by`, `since`, `until` and `absolute`."""
    by = click.option(
        "--by", "--actor", "by", metavar="PERSON", help="Show only entries that involve this person."
    )
    absolute = click.option("--absolute", is_flag=True, help="Show times as RFC 3339 in UTC.")
    return by(window_options(absolute(function)))


def window_options(function: Function) -> Function:
    """Of when; the command gets `since` and `until`."""
    since = click.option(
        "--since",
        type=MOMENT,
        metavar="TIME",
        help="Show only entries since this time: 7d, 2026-12-24, or RFC 3339.",
    )
    until = click.option(
        "--until",
        type=MOMENT,
        metavar="TIME",
        help="Show only entries up to this time; a date includes the whole day.",
    )
    return since(until(function))


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
