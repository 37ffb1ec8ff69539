"""`driftline doctor`: what is well, what is not, and how to mend it."""

import click

from runner.api.installation import examine_installation
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.finding import finding_screen, findings_sum
from runner.doctor.checks import examine
from runner.view.finding import FindingRows, State


@click.command()
@click.option("--deep", is_flag=True, help="Also try to assume the AWS roles that stacks use.")
@output_option
@pass_cli
def command(cli: Cli, deep: bool, output: str) -> int:
    """Check this installation and show how to fix each problem. Exits with 1 if a check fails."""
    findings: FindingRows = ()
    found = (
        examine(cli.config, deep=deep) if cli.remote is None else cli.call(examine_installation, deep=deep)
    )
    for finding in found:
        findings += (finding,)
        if output == "table":  # each as soon as it is known: a remote that does not answer takes its time
            cli.present(output, finding, finding_screen)
    if output == "json":
        cli.present(output, findings)
    else:
        cli.console.say(findings_sum(findings))
    return 1 if any(finding.state is State.FAIL for finding in findings) else 0
