"""Changes of code that a plan has proved: as a patch, or pushed as a branch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from runner.cli.invocation import Cli
from runner.errors import BadUsage
from runner.host.files import write_whole

Publish = Literal["none", "branch", "request"]


def patch_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Where the change goes: `file`, `branch` and `pull_request`."""
    function = click.option("--pull-request", is_flag=True, help="Push it, and open a pull request.")(
        function
    )
    function = click.option("--branch", is_flag=True, help="Push it as a branch of its source.")(function)
    return click.option(
        "--patch",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the patch to this file, not to standard output.",
    )(function)


def published(*, branch: bool, pull_request: bool) -> Publish:
    if branch and pull_request:
        raise BadUsage("specify either --branch or --pull-request")
    return "request" if pull_request else "branch" if branch else "none"


def deliver(
    cli: Cli, patch: str, branch: str | None, request: str | None, file: Path | None, output: str
) -> None:
    """Say where it was pushed to, and write the patch where it was asked for."""
    if branch is not None:
        cli.console.say(f"Pushed as {branch}." + (f" {request}" if request else ""))
    content = patch.encode(errors="surrogateescape")
    if file is not None:
        write_whole(file, content)
        cli.console.hint(f"git apply --index {file}")
    elif output == "table" and branch is None:
        click.echo(content, nl=False)
