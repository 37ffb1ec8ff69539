"""`driftline drift accept`: let the code say what is there."""

from pathlib import Path
from typing import Literal

import click

from runner.api.drift import accept_report
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, report_argument
from runner.errors import BadUsage
from runner.host.files import write_whole


@click.command()
@report_argument
@click.option(
    "--patch",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the patch to this file, not to standard output.",
)
@click.option("--branch", is_flag=True, help="Push it as a branch of its source.")
@click.option("--pull-request", is_flag=True, help="Push it, and open a pull request.")
@output_option
@pass_cli
def accept(cli: Cli, report_id: int, file: Path | None, branch: bool, pull_request: bool, output: str) -> int:
    """Change the code so that it says what is there, as a patch that a plan has proved. Nothing is applied.

    Exits with 3 if nothing can be accepted; it then says which expression decides the value, and where.
    """
    if branch and pull_request:
        raise BadUsage("specify either --branch or --pull-request")
    publish: Literal["none", "branch", "request"] = (
        "request" if pull_request else "branch" if branch else "none"
    )
    page = cli.call(accept_report, report_id, publish=publish)
    cli.present(output, page)
    for one in (*page.accepted, *page.undecided):
        cli.console.say(one)
    if not page.patch:
        cli.console.say(f"Nothing of {page.report} can be accepted.")
        cli.console.hint(f"driftline drift heal {page.report}")
        return 3
    if page.branch is not None:
        cli.console.say(f"Pushed as {page.branch}." + (f" {page.request}" if page.request else ""))
    content = page.patch.encode(errors="surrogateescape")
    if file is not None:
        write_whole(file, content)
        cli.console.hint(f"git apply --index {file}")
    elif output == "table" and page.branch is None:
        click.echo(content, nl=False)
    return 0
