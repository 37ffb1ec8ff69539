"""`driftline aws`: what Driftline needs in AWS accounts."""

import click

from runner.cli.commands.aws_events import events
from runner.cli.invocation import Cli, pass_cli
from runner.errors import AwsAccountUnknown, BadUsage
from runner.model.aws.policy import Permission, policy_document
from runner.model.settings.aws import AwsAccount


@click.group()
def command() -> None:
    """Print what Driftline needs in your AWS accounts."""


command.add_command(events)


@command.command()
@click.argument("account", required=False, metavar="[ACCOUNT]")
@click.option("--daemon", "of_daemon", is_flag=True, help="The policy of the daemon's own identity.")
@click.option("--why", is_flag=True, help="Print what each action is for instead of JSON.")
@pass_cli
def policy(cli: Cli, account: str | None, of_daemon: bool, why: bool) -> None:
    """Print the IAM policy of ACCOUNT's read_role: exactly what the configuration makes Driftline use.

    ACCOUNT may be omitted if the configuration has only one.
    """
    from runner.aws import permissions

    accounts = cli.app.settings.aws
    if of_daemon and account is not None:
        raise BadUsage("--daemon and ACCOUNT exclude each other", hint="driftline aws policy --daemon")
    if of_daemon:
        _print(cli, permissions.of_daemon(accounts), why=why)
        return
    chosen = _chosen(accounts, account)
    if chosen.read_role is None:
        cli.console.say(
            f"Account {chosen.account} has no read_role: attach this to the identity of the daemon."
        )
    else:
        cli.console.say(f"For {chosen.read_role}; its trust policy must allow the identity of the daemon.")
    _print(cli, permissions.of_account(chosen), why=why)


def _chosen(accounts: tuple[AwsAccount, ...], number: str | None) -> AwsAccount:
    if number is None and len(accounts) > 1:
        listed = ", ".join(one.account for one in accounts)
        raise BadUsage(
            f"name one of the accounts: {listed}", hint=f"driftline aws policy {accounts[0].account}"
        )
    found = next((one for one in accounts if number in {None, one.account}), None)
    if found is None:
        if number is None:
            raise BadUsage("the configuration has no account", hint="add one to aws; docs/aws.md shows how")
        raise AwsAccountUnknown(account=number)
    return found


def _print(cli: Cli, permissions: tuple[Permission, ...], *, why: bool) -> None:
    if not why:
        cli.console.json(policy_document(permissions))
        return
    for one in permissions:
        for resource in one.resources:
            cli.console.data(f"{one.action}  {resource}  # {one.why}")
