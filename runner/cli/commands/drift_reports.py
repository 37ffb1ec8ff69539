"""`driftline drift list`, `show`, `ack` and `heal`: what became of what was found."""

import click

from runner.api.drift import (
    MOST,
    acknowledge_report,
    explain_heal,
    heal_report,
    list_reports,
    show_report,
)
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import MOMENT, output_option, reason_option, report_argument
from runner.cli.screen.report import report_screen, reports_screen
from runner.model.drift.report import ReportStatus
from runner.model.values.moment import Moment
from runner.view.when import ahead, ahead_of


@click.command("list")
@click.option(
    "--open", "open_only", is_flag=True, help="Show only open, confirmed reports that are not acknowledged."
)
@click.option("--all", "everything", is_flag=True, help="Include resolved reports.")
@output_option
@pass_cli
def list_(cli: Cli, open_only: bool, everything: bool, output: str) -> None:
    """List unresolved drift reports, newest first."""
    cli.begin_to_list()
    found = cli.call(list_reports, reported=open_only, resolved=everything, limit=MOST)
    cli.present(output, found, lambda pages: reports_screen(pages, cli.now))


@click.command()
@report_argument
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def show(cli: Cli, report_id: int, full: bool, output: str) -> None:
    """What moved, attribute by attribute, and what people did about it."""
    page = cli.call(show_report, report_id)
    cli.present(output, page, lambda page: report_screen(page, cli.now, full=full))
    if output == "table" and page.status is ReportStatus.OPEN:
        cli.console.hint(
            f"driftline drift heal {page.id}   or   driftline drift accept {page.id}"
            f'   or   driftline drift ack {page.id} --until 2w -m "..."'
        )


@click.command()
@report_argument
@click.option(
    "--until",
    type=MOMENT,
    required=True,
    metavar="TIME",
    help="A duration such as 2w, a date such as 2026-12-24 (inclusive), or an RFC 3339 time.",
)
@reason_option()
@output_option
@pass_cli
def ack(cli: Cli, report_id: int, until: Moment, reason: str, output: str) -> None:
    """Known, and to be left so for a while; another drift opens it again at once."""
    now = cli.now
    end = ahead_of(until, now)
    report = cli.call(acknowledge_report, report_id, until=end, reason=reason)
    cli.present(output, report)
    cli.console.say(f"Acknowledged {report.id} of {report.stack}; it returns {ahead(end, now)}.")


@click.command()
@report_argument
@click.option("--no-wait", is_flag=True, help="Queue the plan and return immediately.")
@click.option("--full", is_flag=True, help="Show full values.")
@click.option(
    "--explain", is_flag=True, help="Only show which heal rule decides about each part, and plan nothing."
)
@output_option
@pass_cli
def heal(cli: Cli, report_id: int, no_wait: bool, full: bool, explain: bool, output: str) -> int:
    """Plan what would undo the drift: a change run, with its own approval."""
    if explain:
        from runner.cli.screen.healing import heal_screen

        cli.present(output, cli.call(explain_heal, report_id), heal_screen)
        return 0
    from runner.cli.commands.plan import Wish, finish, tell_unread
    from runner.cli.perform import Performer

    performer = Performer.of(cli, waited_for=not no_wait)
    run = cli.call(heal_report, report_id)
    tell_unread(cli, run)
    wish = Wish(ref=None, targets=(), destroy=False, wait=not no_wait, full=full, output=output)
    page, code = finish(cli, performer, run, wish)
    cli.present(output, (page,))
    return 0 if code == 2 else code
