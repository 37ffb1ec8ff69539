"""`driftline drift trust`: probe a provider again that once answered otherwise than a plain plan."""

import click

from runner.cli.options import Cli, pass_cli, reason_option
from runner.errors import NotFound


@click.command()
@click.argument("provider", metavar="PROVIDER")
@reason_option()
@pass_cli
def trust(cli: Cli, provider: str, reason: str) -> None:
    """Probe PROVIDER again, such as "registry.terraform.io/hashicorp/aws 5.100.0", after comparing each stack with a full plan."""
    person = cli.person
    with cli.app.store.writing() as writer:
        found = [one for one in writer.distrust_of() if one.provider.is_called(provider)]
        for one in found:
            # After a crash in between it is still not probed.
            cli.app.engine.forget_provider(one.provider.checksum)
            writer.trust(one.provider.checksum, by=person.name, reason=reason)
    if not found:
        raise NotFound(f'provider "{provider}" is not distrusted', hint="driftline status")
    cli.console.say(f"{provider} will be probed again, after a comparison with a full plan in each stack")
