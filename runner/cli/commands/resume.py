"""`driftline resume`: go on with paused stacks."""

import click

from runner.cli.options import Cli, Labels, labels_option, pass_cli, stacks_argument, yes_option
from runner.cli.several import Tally, ask_once, facts_of
from runner.view.facts import StackFacts
from runner.view.stack import stack_row


@click.command("resume")
@stacks_argument(required=False)
@labels_option("All paused stacks with this label. Repeat to require several labels.")
@yes_option
@pass_cli
def command(cli: Cli, stacks: tuple[str, ...], labels: Labels, yes: bool) -> int:
    """Resume planning and checking paused stacks."""
    from runner.service.operator import pause

    found = [facts for facts in facts_of(cli, stacks, labels) if stacks or facts.stack.pause is not None]
    if not found:
        cli.console.say("No paused stacks have this label.")
        return 0
    if labels or len(found) > 1:
        ask_once(cli.console, [stack_row(facts) for facts in found], "resume", wish="resumed", yes=yes)
    person, tally = cli.person, Tally(cli.console)
    for facts in found:
        with tally.each():
            pause.resume(cli.app.control, facts.stack.name, person)
            cli.console.say(_sentence(facts))
    return tally.worst


def _sentence(facts: StackFacts) -> str:
    name = facts.stack.name
    if facts.stack.definition.paused:
        return f"{name} stays paused: its definition in Git says paused: true."
    return f"{name} resumed."
