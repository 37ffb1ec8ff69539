"""`driftline drift trust`: probe a provider again that once answered otherwise than a plain plan."""

import click

from runner.api.providers import trust_provider
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import reason_option


@click.command()
@click.argument("provider", metavar="PROVIDER")
@reason_option()
@pass_cli
def trust(cli: Cli, provider: str, reason: str) -> None:
    """Probe PROVIDER again, such as "registry.terraform.io/hashicorp/aws 5.100.0", after comparing each stack with a full plan."""
    cli.call(trust_provider, provider=provider, reason=reason)
    cli.console.say(f"{provider} will be probed again, after a comparison with a full plan in each stack")
