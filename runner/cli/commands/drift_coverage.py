"""`driftline drift coverage`: what the accounts have that no stack manages."""

import click

from runner.api.coverage import MOST, list_resources, show_coverage
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.coverage import coverage_screen


@click.command()
@click.option("--account", metavar="ACCOUNT", help="Only this account.")
@click.option("--region", metavar="REGION", help="Only this region, or global.")
@click.option("--type", "kind", metavar="TYPE", help="Only this resource type, such as aws_s3_bucket.")
@click.option(
    "--all", "everything", is_flag=True, help="Also show resources that do not count, each with the reason."
)
@click.option("--now", "fresh", is_flag=True, help="List the accounts now, not as of the last time.")
@click.option(
    "-n",
    "--limit",
    default=200,
    show_default=True,
    type=click.IntRange(0, MOST),
    help="Maximum number of resources.",
)
@output_option
@pass_cli
def coverage(
    cli: Cli,
    account: str | None,
    region: str | None,
    kind: str | None,
    everything: bool,
    fresh: bool,
    limit: int,
    output: str,
) -> None:
    """Show how much of the AWS accounts the stacks manage, and the resources that no stack manages."""
    if fresh:
        cli.call(list_resources, account=account, region=region)
    page = cli.call(
        show_coverage, account=account, region=region, type=kind, left_out=everything, limit=limit
    )
    cli.present(output, page, lambda page: coverage_screen(page, cli.now))
    if page.listed_at is None:
        cli.console.hint("driftline drift coverage --now")
    elif page.unmanaged and output == "table":
        cli.console.hint("driftline drift adopt ARN --stack STACK   writes code that imports a resource")
    if page.missing_actions:
        cli.console.hint("driftline aws policy   prints the policy that the account's role needs")
