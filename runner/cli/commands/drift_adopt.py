"""`driftline drift adopt`: take resources that no stack manages into the code of one."""

from pathlib import Path

import click

from runner.api.adoptions import adopt_into_stack
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.proposed import deliver, patch_options, published


@click.command()
@click.argument("resources", nargs=-1, required=True, metavar="ARN...")
@click.option(
    "--stack",
    required=True,
    metavar="STACK",
    shell_complete=suggest.stacks,
    help="The stack that imports them.",
)
@patch_options
@output_option
@pass_cli
def adopt(
    cli: Cli,
    resources: tuple[str, ...],
    stack: str,
    file: Path | None,
    branch: bool,
    pull_request: bool,
    output: str,
) -> int:
    """Write code that imports resources into STACK, as a patch that a plan has proved. Nothing is applied.

    Exits with 3 if no plan proves it; it then says what is left to do by hand.
    """
    publish = published(branch=branch, pull_request=pull_request)
    page = cli.call(adopt_into_stack, stack, resources=resources, publish=publish)
    cli.present(output, page)
    for one in (*page.adjusted, *page.undecided):
        cli.console.say(one)
    if not page.patch:
        if page.draft and output == "table":
            click.echo(page.draft, nl=False)
        cli.console.say(f"Nothing is adopted into {page.stack}.")
        return 3
    deliver(cli, page.patch, page.branch, page.request, file, output)
    return 0
