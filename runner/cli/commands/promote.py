"""`driftline promote`: the stages of promotions, and planning the next one early."""

import click

from runner.api.promotions import list_promotions, show_next_stage, show_promotion
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, reason_option
from runner.errors import BadUsage
from runner.view.poll import PollRow


@click.command()
@click.argument("name", required=False, metavar="[NAME]", shell_complete=suggest.promotions)
@click.option(
    "--to",
    metavar="STAGE",
    shell_complete=suggest.stacks,
    help="Plan this stage now; without it, the first one that waits.",
)
@reason_option(required=False, text="Plan a stage now, for this reason; it is recorded.")
@click.option("--no-wait", is_flag=True, help="Queue the plan and return immediately.")
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def command(
    cli: Cli, name: str | None, to: str | None, reason: str, no_wait: bool, full: bool, output: str
) -> int:
    """Show the promotion NAME, or all, and what each stage waits for. With -m, plan the next stage now.

    That skips the soak and the drift check of the stage before, not its apply. The plan needs approval as always.
    """
    if to and not reason:
        raise BadUsage("specify the reason with -m", hint=f"driftline promote {name} --to {to} -m REASON")
    if reason and name is None:
        raise BadUsage("specify the promotion", hint="driftline promote")
    if name is not None and reason:
        return _promote(cli, name, to, reason, wait=not no_wait, full=full, output=output)
    _show(cli, name, output)
    return 0


def _show(cli: Cli, name: str | None, output: str) -> None:
    from runner.cli.screen.promotion import promotion_screen, promotions_screen

    cli.begin_to_list()
    if name is not None:
        page = cli.call(show_promotion, name)
        cli.present(output, page, lambda page: promotion_screen(page, cli.now))
        return
    pages = cli.call(list_promotions)
    cli.present(output, pages, lambda pages: promotions_screen(pages, cli.now))
    if not pages:
        cli.console.say("No promotions. Add them under promotion in the configuration.")


def _promote(cli: Cli, name: str, to: str | None, reason: str, *, wait: bool, full: bool, output: str) -> int:
    from runner.cli.commands.plan import Wish, plan_all, poll_sources
    from runner.cli.perform import Performer

    cli.begin_installation()
    performer, untaken = Performer.of(cli, waited_for=wait), dict[str, PollRow]()
    if performer.works:
        stages = tuple(stage.stack for stage in cli.call(show_promotion, name).stages)
        untaken = poll_sources(cli, stages, only_unknown=False)
    stage = cli.call(show_next_stage, name, to=to)
    wish = Wish(None, (), destroy=False, wait=wait, full=full, output=output, promote="early", reason=reason)
    return plan_all(cli, performer, (stage,), wish, detailed=False, untaken=untaken)
