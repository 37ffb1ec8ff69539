"""`driftline drift accept`: make the code match what is there."""

from pathlib import Path

import click

from runner.api.acceptance import accept_report
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, report_argument
from runner.cli.proposed import deliver, patch_options, published


@click.command()
@report_argument
@patch_options
@output_option
@pass_cli
def accept(cli: Cli, report_id: int, file: Path | None, branch: bool, pull_request: bool, output: str) -> int:
    """Change the code to match what is there, as a patch that a plan has proved. Nothing is applied.

    Exits with 3 if nothing can be accepted; it then says which expression decides the value, and where.
    """
    publish = published(branch=branch, pull_request=pull_request)
    page = cli.call(accept_report, report_id, publish=publish)
    cli.present(output, page)
    for one in (*page.accepted, *page.undecided):
        cli.console.say(one)
    if not page.patch:
        cli.console.say(f"Nothing of {page.report} can be accepted.")
        cli.console.hint(f"driftline drift heal {page.report}")
        return 3
    deliver(cli, page.patch, page.branch, page.request, file, output)
    return 0
