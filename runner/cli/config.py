"""`driftline config`: check the configuration, show what counts, print its schema."""

from pathlib import Path
from typing import Literal

import click

from runner.cli import shapes
from runner.cli.options import Cli, output_option, pass_cli
from runner.errors import BadConfig


@click.group()
def command() -> None:
    """The configuration: validate, show, schema."""


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@output_option
@pass_cli
def validate(cli: Cli, file: Path | None, output: str) -> None:
    """Check FILE, or the configuration that counts: all problems at once, each with its place."""
    from runner.config.server import check, find_config

    path = find_config(file or cli.config)
    settings, problems = check(path)
    if output == "json":
        cli.console.json([shapes.problem(problem) for problem in problems])
    else:
        cli.console.data(*map(str, problems))
    if settings is None or problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise BadConfig(f"{path} has {count}", hint="driftline config schema")
    names = ", ".join(source.name for source in settings.sources) or "none"
    cli.console.say(f"{path} is sound; sources: {names}; data in {settings.data_dir}")


@command.command()
@output_option
@pass_cli
def show(cli: Cli, output: str) -> None:
    """The configuration that counts, defaults included and secrets masked."""
    from runner.config.show import show as shown

    settings = shown(cli.app.settings)
    if output == "json":
        cli.console.json(settings)
        return
    import yaml

    cli.console.say(f"# {cli.app.config_path}")
    cli.console.data(*yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).splitlines())


@command.command()
@click.option("--kind", type=click.Choice(["server", "stack"]), default="server", help="Of which file.")
@pass_cli
def schema(cli: Cli, kind: Literal["server", "stack"]) -> None:
    """The JSON schema, for editors: what each key means, and what it may be."""
    from runner.config.schema import json_schema

    cli.console.json(json_schema(kind))
