"""The reference pages, made from the tables in the code, so that they cannot say something else."""

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from runner import errors
from runner.cli.main import COMMANDS, main
from runner.config.example import example
from runner.engine.environment import TABLE as ENVIRONMENT
from runner.model.drift.report import COUNTED, DriftClass, ReportStatus
from runner.model.run.life import FINAL, IF_THE_PROCESS_DIES, TRANSITIONS, State
from runner.model.schedule.change_rules import CHANGE_RULES
from runner.model.schedule.check_rules import CHECK_RULES

MADE = "<!-- Made by scripts/reference. Change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """File name -> content."""
    return {
        "commands.md": "\n".join(_commands()),
        "configuration.md": f"# Configuration keys\n\n{MADE}\n```yaml\n{example()}```\n",
        "errors.md": "\n".join(_errors()),
        "states.md": "\n".join(_states()),
    }


def _commands() -> Iterator[str]:
    yield f"# Commands\n\n{MADE}"
    yield "Every option may also come from the environment: `DRIFTLINE_<COMMAND>_<OPTION>`."
    context = click.Context(main, info_name="driftline")
    for section, names in COMMANDS.items():
        yield f"\n## {section}\n"
        for name in names:
            command = main.get_command(context, name)
            assert command is not None
            yield from _command(f"driftline {name}", command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _command(f"{name} {below.name}", below)
        return
    arguments = " ".join(
        p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
    )
    yield f"### `{' '.join(f'{name} {arguments}'.split())}`\n"
    yield f"{cleandoc(command.help or '')}\n"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield f"- `{', '.join((*parameter.opts, *parameter.secondary_opts))}`: {parameter.help}"
    yield ""


def _errors() -> Iterator[str]:
    yield f"# Exit codes and errors\n\n{MADE}"
    yield "| exit code | meaning |\n| --- | --- |"
    yield from (f"| {code} | {meaning} |" for code, meaning in errors.EXIT_CODES.items())
    yield "\n| error | exit code | message | hint |\n| --- | --- | --- | --- |"
    for error in sorted(_all(errors.DriftlineError), key=lambda error: (error.exit_code, error.__name__)):
        message = (error.__doc__ or "").replace("|", "\\|").replace("\n", " ")
        hint = f"`{error.hint_template}`" if error.hint_template else ""
        yield f"| {error.__name__} | {error.exit_code} | {message} | {hint} |"
    yield ""


def _all(kind: type[errors.DriftlineError]) -> Iterator[type[errors.DriftlineError]]:
    if kind.__module__.startswith(f"{errors.__name__}."):
        yield kind
    for below in kind.__subclasses__():
        yield from _all(below)


def _states() -> Iterator[str]:
    yield f"# States\n\n{MADE}"
    yield "## A run\n\n| state | final | if the process dies in it |\n| --- | --- | --- |"
    for state in State:
        yield f"| {state} | {'yes' if state in FINAL else ''} | {IF_THE_PROCESS_DIES[state].removeprefix('final; ')} |"
    yield "\n| from | event | to |\n| --- | --- | --- |"
    yield from (f"| {before} | {event} | {after} |" for (before, event), after in TRANSITIONS.items())
    yield "\n## Why a stack is planned, checked or left alone\n\nThe first that fits.\n"
    for title, rules in (("changes", CHANGE_RULES), ("drift checks", CHECK_RULES)):
        yield f"| reason code ({title}) | what follows |\n| --- | --- |"
        yield from (f"| {rule.code} | {rule.action} |" for rule in rules)
        yield ""
    yield "## Drift\n\n| class | counts |\n| --- | --- |"
    yield from (f"| {kind} | {'yes' if kind in COUNTED else ''} |" for kind in DriftClass)
    yield f"\nA report is {', '.join(ReportStatus)}.\n"
    yield "## The environment of terraform\n\n| name | why |\n| --- | --- |"
    yield from (f"| `{row.name}` | {row.why} |" for row in ENVIRONMENT)
    yield ""


if __name__ == "__main__":
    here = Path(__file__).parent.parent
    for name, text in pages().items():
        (here / "docs" / "reference" / name).write_text(text)
    (here / "config.example.yaml").write_text(example())
